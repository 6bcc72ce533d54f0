"""A failure's message without what frameworks put around what matters, so that it is not cut."""

import re
from typing import Final

from runs_mcp.providers.field_values import BLOCK_CHARS, block
from runs_mcp.text import plain

# Playwright puts what the browser printed, its long command line first, before the call log.
_BROWSER_LOGS: Final = "Browser logs:\n"
_CALL_LOG: Final = "\nCall log:"
# Of pytest's long tracebacks: where it went through, the line that was running, and the error.
_PYTEST_ERROR: Final = re.compile(r"^E  ", re.MULTILINE)
_PYTEST_KEPT: Final = re.compile(
    r"E  |E$|>  |\S.*:[0-9]+: |During handling of |The above exception "
)
_LEFT_OUT: Final = "… (source left out)"
_PYTEST_FUNCTION: Final = re.compile(r"\s*(?:async )?def ")


def message_of(text: str | None) -> str:
    """Returns the message as plain text of bounded length; what is left out is marked."""
    message = _without_browser_logs(plain(text or ""))
    if len(message) > BLOCK_CHARS and _PYTEST_ERROR.search(message):
        message = _without_source(message)
    return block(message)


def _without_browser_logs(message: str) -> str:
    """Returns the message with how many characters the browser printed instead of those."""
    head, logs, rest = message.partition(_BROWSER_LOGS)
    if not logs or (head and not head.endswith("\n")):
        return message
    printed, call_log, rest = rest.partition(_CALL_LOG)
    if not call_log:
        return message
    return f"{head}Browser logs: … ({len(printed) + 1} characters){call_log}{rest}"


def _without_source(message: str) -> str:
    """Returns a pytest traceback without the source around the lines that were running.

    The first line, the reason, stays; of the functions, the one that each of those lines is in.
    """
    first, *lines = message.split("\n")
    kept = [first, _LEFT_OUT]
    function = ""
    for line in lines:
        if _PYTEST_FUNCTION.match(line):
            function = line
        if not _PYTEST_KEPT.match(line):
            continue
        if function and line.startswith(">"):
            kept.append(function)
            function = ""
        kept.append(line)
    # Where that is still too long, the errors stay longest, and what was near the last of them.
    too_much = len("\n".join(kept)) - BLOCK_CHARS
    shorter = kept[:2]
    for line in kept[2:]:
        if too_much > 0 and not line.startswith("E"):
            too_much -= len(line) + 1
        else:
            shorter.append(line)
    return "\n".join(shorter)
