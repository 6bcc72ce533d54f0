"""The audit log: one JSON line for each outcome and question, on stderr and in a file if set."""

import errno
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from anyio import to_thread
from msgspec.structs import asdict

from runs_mcp.errors import InternalError
from runs_mcp.model import Record

logger = logging.getLogger(__name__)

ConfirmedBy: TypeAlias = Literal["elicitation", "page", "token", "preapproved"]


class AuditEntry(Record, frozen=True, kw_only=True):
    """Who did what to which run, and how it was confirmed."""

    action: str
    provider: str
    run: str
    caller: str
    confirmed_by: ConfirmedBy | None
    outcome: str


class AuditLog:
    """Writes entries to stderr and to a file, each with one append so that lines do not mix."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def require_writable(self) -> None:
        """Checks that an entry could be written now.

        Raises:
            InternalError: The file cannot be written.
        """
        if self._path is not None:
            await to_thread.run_sync(self._append, self._path, b"")

    async def write(self, entry: AuditEntry) -> None:
        """Writes one line.

        Raises:
            InternalError: The file cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = msgspec.json.encode({"time": now, **asdict(entry)})
        logger.info("audit %s", line.decode())
        if self._path is not None:
            await to_thread.run_sync(self._append, self._path, line + b"\n")

    @staticmethod
    def _append(path: Path, line: bytes) -> None:
        try:
            file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if os.write(file, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(file)
        except OSError as error:
            raise InternalError(
                f"The audit log cannot be written ({error.strerror}).",
                next_step="Ask the operator to fix RUNS_MCP_AUDIT_LOG.",
            ) from error
