"""What must be remembered of confirmations: that they were given, and that they were used."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, Protocol, TypeVar

from anyio import to_thread

from runs_mcp.errors import InternalError

T = TypeVar("T")

LOCKED_SECONDS: Final = 5.0  # how long to wait for another process
MOST_ENTRIES: Final = 5000
"""Past it, the one that expires first makes room: a page that waits, before what was used."""
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT, expires_at REAL)"
)
_MAKE_ROOM: Final = (
    "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries ORDER BY expires_at DESC "
    "LIMIT -1 OFFSET ?)"
)


class Store(Protocol):
    """Short texts by key, each for some seconds. Nothing in it is secret.

    Every method raises a `RunsError` where the store cannot be used.
    """

    async def get(self, key: str) -> str | None:
        """Returns the text of a key, or None."""

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Sets the text of a key."""

    async def add(self, key: str, value: str, seconds: float) -> bool:
        """Sets the text of a key that has none; returns False, and changes nothing, if it has."""

    async def check(self) -> None:
        """Checks that texts can be kept."""


class SqliteStore:
    """Keeps the texts in a file, which processes on this machine can share, or in memory.

    Every method raises `InternalError` where the file cannot be used.

    Args:
        path: The file; it is created when it is first used. None keeps all in this process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()
        self._memory = None if path else _connect(":memory:")

    async def get(self, key: str) -> str | None:
        """Returns the text of a key, or None."""

        def read(connection: sqlite3.Connection) -> str | None:
            query = "SELECT value FROM entries WHERE key = ? AND expires_at > ?"
            row = connection.execute(query, (key, time.time())).fetchone()
            return str(row[0]) if row else None

        return await self._run(read)

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Sets the text of a key."""

        def write(connection: sqlite3.Connection) -> None:
            row = (key, value, time.time() + seconds)
            connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", row)

        await self._run(write)

    async def add(self, key: str, value: str, seconds: float) -> bool:
        """Sets the text of a key that has none; returns False, and changes nothing, if it has."""

        def write(connection: sqlite3.Connection) -> bool:
            row = (key, value, time.time() + seconds)
            return (
                connection.execute("INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", row).rowcount
                > 0
            )

        return await self._run(write)

    async def check(self) -> None:
        """Checks that entries can be kept."""
        await self._run(lambda _: None)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await to_thread.run_sync(self._run_now, work)

    def _run_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._lock, self._connection() as connection:
                # At once for writing: two that read first could not both go on to write.
                connection.execute("BEGIN IMMEDIATE")
                try:
                    connection.execute(_TABLE)
                    connection.execute("DELETE FROM entries WHERE expires_at <= ?", (time.time(),))
                    result = work(connection)
                    connection.execute(_MAKE_ROOM, (MOST_ENTRIES,))
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
                return result
        except (sqlite3.Error, OSError) as error:
            raise InternalError(
                f"Used confirmations cannot be remembered ({type(error).__name__}).",
                next_step="Ask the operator to let runs-mcp write to the user's state folder, "
                "or to set XDG_STATE_HOME to another; `runs-mcp check` tests it.",
            ) from error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            yield self._memory
            return
        assert self._path is not None  # noqa: S101 - one of the two is there
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        connection = _connect(self._path)
        try:
            yield connection
        finally:
            connection.close()


def _connect(place: str | Path) -> sqlite3.Connection:
    # Transactions are begun by hand; the connection in memory is used by one thread at a time.
    return sqlite3.connect(
        place, timeout=LOCKED_SECONDS, isolation_level=None, check_same_thread=False
    )
