"""Browsers, workers and machines that did not start or died. Pure functions over plain text."""

import re
from collections.abc import Mapping
from typing import Final

_TROUBLES: Final[Mapping[str, tuple[str, ...]]] = {
    "browser missing": (
        r"Executable doesn't exist|browserType\.launch|Failed to launch the browser",
        r"cannot find \w+ binary|Unable to (?:obtain|locate) (?:driver|the \w+driver)",
        r"Host system is missing dependencies|SessionNotCreated\w*|session not created",
        r"Could not (?:find|start) (?:Chrome|Firefox|chromium|browser)\b",
    ),
    "service not started": (
        r"Process from config\.webServer (?:was not able to start|exited)",
        r"Could not find a valid Docker environment|Cannot connect to the Docker daemon",
    ),
    "page crashed": (
        r"(?:[Tt]arget|[Pp]age|[Tt]ab) crashed|[Rr]enderer process (?:just )?(?:crashed|gone)",
        r"Chrom\w{1,40} (?:\w{1,40} ){0,6}process (?:just )?crashed|DevToolsActivePort",
    ),
    "browser closed": (
        r"Target page, context or browser has been closed|[Bb]rowser has been closed",
        r"Target closed|[Bb]rowser (?:was )?disconnected|invalid session id|no such window",
        r"chrome not reachable|not connected to DevTools",
    ),
    "out of memory": (
        r"out of memory|OutOfMemory\w*|Cannot allocate memory|ENOMEM|MemoryError|OOMKilled",
        r"Allocation failed|Allowed memory size of|killed by signal: ?9|SIGKILL",
        r"(?:exit(?:ed with)? (?:code|status)|code)[ =:]+137\b",
    ),
    "disk full": (r"[Nn]o space left on device|ENOSPC|[Dd]isk quota exceeded|EDQUOT",),
    "too many open files": (r"EMFILE|ENFILE|[Tt]oo many open files",),
    "worker died": (
        r"[Ww]orker process (?:\(pid=?[0-9]*\) )?(?:exited|(?:has )?failed|was terminated|crashed)",
        r"worker '\w+' crashed|[Ww]orker (?:exited|terminated|crashed|died)\b",
        r"forked (?:VM|process) terminated|terminated without (?:properly )?saying goodbye",
        r"Could not find Cypress test run results|Not properly terminated",
        r"Test(?: host)? process (?:crashed|exited)|signal: (?:killed|aborted)|segfault",
        r"runner has received a shutdown signal|lost communication with the server",
        # Go has «[signal SIGSEGV: …]» after each use of nil.
        r"(?<!\[signal )SIG(?:ABRT|SEGV|BUS)|Segmentation fault",
    ),
    "executable missing": (
        r"spawn(?:Sync)? \S+ ENOENT|command not found|executable file not found in \$PATH",
        r"error=2, No such file or directory|[Cc]annot run program",
    ),
}
_ALTERNATIVES: Final = "|".join(f"({'|'.join(some)})" for some in _TROUBLES.values())
_TROUBLE: Final = re.compile(f"(?<![A-Za-z0-9])(?:{_ALTERNATIVES})")


def infrastructure_trouble(text: str) -> str:
    """Returns what happened to a browser, worker or machine; empty if the text names none of that.

    Exit codes, signals and the numbers of workers do not matter: they change from run to run.
    """
    found = _TROUBLE.search(text)
    if found is None:
        return ""
    return next(
        trouble
        for trouble, value in zip(_TROUBLES, found.groups(), strict=True)
        if value is not None
    )
