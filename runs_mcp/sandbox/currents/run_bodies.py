"""The bodies of «get run»: large ones are cached, so that only the first request waits."""

import threading
import time
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.answers import One, encode
from runs_mcp.sandbox.currents.records import LastRun, Run
from runs_mcp.sandbox.currents.store import Store, StoredRun
from runs_mcp.sandbox.json_answers import compress

_CACHED_ABOVE_BYTES = 1_000_000
_CACHED_FOR_S = 600
"""Well below the two hours for which the signed URLs are valid."""


@dataclass
class _Body:
    made_at: float
    version: int
    plain: bytes
    gzipped: bytes | None = None


class RunBodies:
    """Encodes whole runs; safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._bodies: dict[str, _Body] = {}

    def body(self, stored: StoredRun) -> bytes:
        """Returns the body of «get run»."""
        with self._lock:
            return self._current(stored).plain

    def gzipped(self, stored: StoredRun) -> bytes:
        """Returns the body of «get run» as gzip."""
        with self._lock:
            body = self._current(stored)
            if body.gzipped is None:
                body.gzipped = compress(body.plain)
            return body.gzipped

    def _current(self, stored: StoredRun) -> _Body:
        run_id, now = stored.run.run_id, time.monotonic()
        kept = self._bodies.get(run_id)
        if kept and kept.version == stored.version and now - kept.made_at < _CACHED_FOR_S:
            return kept
        with self._store.lock:
            version, run = stored.version, whole_run(stored)
        body = _Body(now, version, encode(One(data=run)))
        self._bodies.pop(run_id, None)
        if len(body.plain) > _CACHED_ABOVE_BYTES:
            self._bodies[run_id] = body
        return body


def whole_run(stored: StoredRun, last_run: LastRun | None = None) -> Run:
    """Returns the run with its specs, as «get run» and «find run» answer it."""
    return replace(
        stored.run,
        specs=stored.specs(),
        pw_last_run=UNSET if last_run is None else last_run,
        cursor=UNSET,
    )
