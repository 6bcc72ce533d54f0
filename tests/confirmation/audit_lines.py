"""Lines of the audit log, as tests write and read them."""

import json
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.lowlevel

from runs_mcp.confirmation.audit import AuditEntry, AuditLog

ENTRY: Final = AuditEntry(
    action="cancel",
    provider="currents",
    run="run-1",
    caller="0123456789abcdef",
    confirmed_by=None,
    outcome="declined",
)


def write(path: Path | None, entry: AuditEntry = ENTRY) -> None:
    anyio.run(AuditLog(path).write, entry)


def write_often(path: Path) -> None:
    for _ in range(2000):
        write(path)


def require_writable(path: Path | None) -> None:
    anyio.run(AuditLog(path).require_writable)


def lines_of(file: Path) -> list[dict[str, Any]]:
    text = file.read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]
