"""The audit log: one JSON line for each outcome and question, on stderr and in a file if set."""

import errno
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
from anyio import to_thread
from msgspec.structs import asdict

from runs_mcp.errors import InternalError
from runs_mcp.model import Record

try:
    import fcntl
except ImportError:  # Windows has no advisory locks
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

ConfirmedBy: TypeAlias = Literal["elicitation", "page", "token", "preapproved"]


LOCKED_SECONDS: Final = 5.0
_LOCK_PAUSE_SECONDS: Final = 0.005


class AuditEntry(Record, frozen=True, kw_only=True):
    """Who did what to which run, and how it was confirmed."""

    action: str
    provider: str
    run: str
    caller: str
    confirmed_by: ConfirmedBy | None
    outcome: str


class AuditLog:
    """Writes entries to stderr and to a file, each as a line of its own, on disk at once.

    The file may be a pipe, which has to have a reader.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def require_writable(self) -> None:
        """Checks that an entry could be written now; writes nothing.

        Raises:
            InternalError: The file cannot be written.
        """
        if self._path is not None:
            await self._in_thread(self._path, b"")

    async def write(self, entry: AuditEntry) -> None:
        """Writes one line.

        Raises:
            InternalError: The file cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = msgspec.json.encode({"time": now, **asdict(entry)})
        logger.info("audit %s", line.decode())
        if self._path is not None:
            await self._in_thread(self._path, line + b"\n")

    @staticmethod
    async def _in_thread(path: Path, line: bytes) -> None:
        try:
            await to_thread.run_sync(append_line, path, line)
        except OSError as error:
            raise InternalError(
                f"The audit log cannot be written ({error.strerror}).",
                next_step="Ask the operator to fix RUNS_MCP_AUDIT_LOG.",
            ) from error


def append_line(path: Path, line: bytes) -> None:
    """Appends a line to a file or a pipe; an empty one only tries whether it could be.

    The file is created if there is none, and readable by its owner alone. On return the line is on
    disk. A line that does not fit leaves a file as it was.

    Raises:
        OSError: It cannot be written.
    """
    # Without O_NONBLOCK, a pipe that nobody reads would hold up the call for ever.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        if not line:
            return
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            with _locked(descriptor):
                _append_to_file(descriptor, path, line)
        else:
            _write_whole(descriptor, line)
    finally:
        os.close(descriptor)


def _append_to_file(descriptor: int, path: Path, line: bytes) -> None:
    end = os.fstat(descriptor).st_size
    start = b"" if _ends_with_newline(path) else b"\n"
    try:
        _write_whole(descriptor, start + line)
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, end)
        raise


def _write_whole(descriptor: int, line: bytes) -> None:
    # A disk that fills up takes what still fits, and says how much that was.
    if os.write(descriptor, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _ends_with_newline(path: Path) -> bool:
    """Returns whether a file ends with a whole line; also if it is empty, or may not be read."""
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"
    except OSError:
        return True


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Lets one process at a time append; waits for the others a bounded time."""
    if fcntl is not None:
        give_up = time.monotonic() + LOCKED_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(_LOCK_PAUSE_SECONDS)
    yield
