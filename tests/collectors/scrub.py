"""Replaces what differs by machine and time, so that the same suite gives the same recording."""

import re
import sys
from typing import Any, Final

HOME: Final = "/home/ci"
MOMENT: Final = "2026-01-01T00:00:00.000Z"
UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
ISO: Final = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")
LOOPBACK: Final = re.compile(r"127\.0\.0\.1:\d+")
PROCESS_IDS: Final = re.compile(r"\b0x[0-9a-f]{6,}\b")
# Measured numbers: each becomes 0.
MEASURED: Final = frozenset(
    ("start_at", "end_at", "duration", "startedAt", "appliedAt", "_t", "free", "total", "pid")
)
# Descriptions of the machine.
OF_THE_MACHINE: Final = frozenset(
    ("osName", "osVersion", "osCpus", "osMemory", "language_version", "hostname")
)


class Scrubber:
    """Scrubs the uploads of one recording: equal random IDs become equal stable ones."""

    def __init__(self, home: str, kept: frozenset[str] = frozenset()) -> None:
        """Takes the temporary folder, and the IDs that are the same in every recording."""
        self._home = home
        self._kept = kept
        self._ids: dict[str, str] = {}

    def value(self, value: Any, key: str = "") -> Any:  # noqa: ANN401 - plain JSON
        """Returns the value without what differs from one recording to the next."""
        if key in OF_THE_MACHINE:
            return "scrubbed"
        if isinstance(value, dict):
            return {name: self.value(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [self.value(part) for part in value]
        if isinstance(value, str):
            return self.text(value)
        if key in MEASURED and isinstance(value, int | float) and not isinstance(value, bool):
            return 0
        return value

    def text(self, text: str) -> str:
        """Returns the text with stable paths, IDs, times and ports."""
        text = text.replace(self._home, HOME).replace(sys.base_prefix, "/usr/local")
        text = UUID.sub(self._stable_id, text)
        text = ISO.sub(MOMENT, text)
        text = PROCESS_IDS.sub("0x7f0000000000", text)
        text = re.sub(r'("appliedAt":)\d+', r"\g<1>0", text)
        return LOOPBACK.sub("127.0.0.1:8080", text)

    def _stable_id(self, match: re.Match[str]) -> str:
        found = match[0]
        if found in self._kept:
            return found
        return self._ids.setdefault(found, f"00000000-0000-4000-8000-{len(self._ids) + 1:012d}")
