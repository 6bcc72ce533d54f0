"""The message of a failure, without the logs and source that frameworks put into it."""

import re
from typing import Final

from runs_mcp.providers.field_values import BLOCK_CHARS, block, bounded
from runs_mcp.text import full_length, plain

# Playwright puts the browser's output, with its long command line, before the call log.
_BROWSER_LOGS: Final = "Browser logs:\n"
_CALL_LOG: Final = "\nCall log:"
# Kept of pytest's long tracebacks: the frames, the lines that were running, the errors.
_PYTEST_ERROR: Final = re.compile(r"^E  ", re.MULTILINE)
_PYTEST_KEPT: Final = re.compile(
    r"E  |E$|>  |\S.*:[0-9]+: |During handling of |The above exception "
)
_LEFT_OUT: Final = "… (source left out)"
_PYTEST_FUNCTION: Final = re.compile(r"\s*(?:async )?def ")


def message_of(text: str | None) -> str:
    """Returns the message as plain text of bounded length; marks say what is left out."""
    message = _without_browser_logs(plain(bounded(text or "")))
    if len(message) > BLOCK_CHARS and _PYTEST_ERROR.search(message):
        message = _without_source(message)
    return block(message)


def _without_browser_logs(message: str) -> str:
    """Returns the message with only the length of the browser's output."""
    head, logs, rest = message.partition(_BROWSER_LOGS)
    if not logs or (head and not head.endswith("\n")):
        return message
    printed, call_log, rest = rest.partition(_CALL_LOG)
    if not call_log:
        return message
    return f"{head}Browser logs: … ({full_length(printed) + 1} characters){call_log}{rest}"


def _without_source(message: str) -> str:
    """Returns a pytest traceback without the source around the lines that were running.

    It keeps the first line, which is the reason, and the head of each function that was running.
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
    return _shortened(kept)


def _shortened(lines: list[str]) -> str:
    """Returns the lines as text; if too long, without the first ones that are not errors."""
    too_much = len("\n".join(lines)) - BLOCK_CHARS
    kept = lines[:2]
    for line in lines[2:]:
        if too_much > 0 and not line.startswith("E"):
            too_much -= len(line) + 1
        else:
            kept.append(line)
    return "\n".join(kept)
