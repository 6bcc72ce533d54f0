"""The memory of a server that this process has started."""

from pathlib import Path
from typing import NamedTuple, Self


class MemoryOfServer(NamedTuple):
    """Bytes of memory: those in use, and the most that were in use at once."""

    now: int
    peak: int

    @classmethod
    def measured(cls) -> Self:
        """Returns the memory of the one `runs-mcp` that this process has started."""
        children = Path("/proc/self/task").glob("*/children")
        pids = [pid for listed in children for pid in listed.read_text().split()]
        (server,) = [
            Path("/proc") / pid
            for pid in pids
            if b"runs_mcp" in (Path("/proc") / pid / "cmdline").read_bytes()
        ]
        lines = (server / "status").read_text().splitlines()
        sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
        return cls(*(int(sizes[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")))
