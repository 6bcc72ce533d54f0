"""What was read of runs that are over, kept for a short time: the same is not downloaded again.

Each caller is given what they read themselves, and nothing of another's.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias, TypeVar

from runs_mcp.telemetry import count_cache_hit

T = TypeVar("T")

KEPT_S: Final = 300.0
"""How long a record is kept. A run that is over can be reset, and is then another one."""
_Place: TypeAlias = tuple[str, str, str]

logger = logging.getLogger(__name__)


class _Kept(NamedTuple):
    record: object
    bytes: int
    run: str
    until: float


class RecordCache:
    """The records of all callers, those used last.

    Args:
        max_bytes: How many bytes they may have together; 0 keeps none.
        clock: Returns seconds that only grow.
    """

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._kept: OrderedDict[_Place, _Kept] = OrderedDict()
        self.bytes = 0
        """How many bytes the records have now."""

    def of(self, caller: str, *, fresh: bool = False) -> "CallerRecords":
        """Returns the records of a caller.

        Args:
            caller: Whose; a digest of a key.
            fresh: Whether what is true now is needed: then none is given.
        """
        return CallerRecords(self, caller, fresh=fresh)

    def get(self, place: _Place) -> object | None:
        """Returns a record, if it is kept and not too old."""
        kept = self._kept.get(place)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._forget(place)
            return None
        self._kept.move_to_end(place)
        return kept.record

    def put(self, place: _Place, record: object, size: int, run: str) -> None:
        """Keeps a record of so many bytes, in place of those that were not used for longest."""
        self._forget(place)
        if size > self._max_bytes:
            return
        while self.bytes + size > self._max_bytes:
            self._forget(next(iter(self._kept)))
        self._kept[place] = _Kept(record, size, run, self._clock() + KEPT_S)
        self.bytes += size

    def drop(self, run: str | None = None) -> None:
        """Forgets a run and all that belongs to it, for every caller; by default everything."""
        for place in [place for place, kept in self._kept.items() if run in (None, kept.run)]:
            self._forget(place)

    def _forget(self, place: _Place) -> None:
        kept = self._kept.pop(place, None)
        self.bytes -= kept.bytes if kept else 0


class CallerRecords:
    """The records of one caller; see `RecordCache.of`."""

    def __init__(self, cache: RecordCache, caller: str, *, fresh: bool) -> None:
        self._cache = cache
        self._caller = caller
        self._fresh = fresh

    def get(self, kind: str, identifier: str, record_type: type[T]) -> T | None:
        """Returns a record that the caller has read, or None.

        Args:
            kind: What it is, such as `run`.
            identifier: Its ID.
            record_type: Its type.
        """
        if self._fresh:
            return None
        record = self._cache.get((self._caller, kind, identifier))
        if not isinstance(record, record_type):
            return None
        logger.info("a %s is known from before", kind)
        count_cache_hit(kind)
        return record

    def has(self, kind: str, identifier: str) -> bool:
        """Returns whether `get` would give a record."""
        place = (self._caller, kind, identifier)
        return not self._fresh and self._cache.get(place) is not None

    def put(self, kind: str, identifier: str, record: object, size: int, run: str) -> None:
        """Keeps a record.

        Args:
            kind: What it is.
            identifier: Its ID.
            record: The record, which nobody changes.
            size: About how many bytes it has in memory.
            run: The ID of the run that it belongs to.
        """
        if not self._fresh:
            self._cache.put((self._caller, kind, identifier), record, size, run)

    def drop(self, run: str | None = None) -> None:
        """Forgets a run and all that belongs to it, for every caller; by default everything."""
        self._cache.drop(run)
