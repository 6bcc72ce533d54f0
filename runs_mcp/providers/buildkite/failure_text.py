"""What a failed execution says: its reason and its expanded parts, as the collectors send them.

What the first line tells differs by collector: for RSpec it is the code that failed, for Go by
gotestsum always «Failed», for pytest's collection errors a banner; Playwright puts every error
with its frames into one part, Mocha the message into the backtrace.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.field_values import line, present
from runs_mcp.stack_frames import is_frame
from runs_mcp.text import one_line, plain

# «AssertionError: …», «urllib.error.URLError: …»; RSpec writes «KeyError:» on a line of its own.
_ERROR_NAME: Final = re.compile(
    r"\s*(?P<name>(?:[A-Za-z_]\w*(?:\.|::))*(?:[A-Z]\w*)?(?:Error|Exception|Failure|Timeout|Exit)"
    r"|Errno::[A-Z][A-Z0-9]+)\b:"
)
_RSPEC_REASON: Final = "Failure/Error:"
# Reasons that say nothing: of gotestsum, and of pytest where a file could not be collected.
_SAYS_NOTHING: Final = re.compile(
    r"Failed|(?:Import|ModuleNotFound)Error while importing .*|Traceback \(.*", re.DOTALL
)
_PYTEST_ERROR: Final = re.compile(r"^E   +(?=\S)")
_GO_BANNER: Final = re.compile(r"\s*(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:FAIL|SKIP|PASS)|FAIL\b)")
# Where the agent has checked the project out: …/builds/<agent>/<organization>/<pipeline>/
_CHECKOUT: Final = re.compile(
    r"(?:[A-Za-z]:)?[/\\][^\s():]*?[/\\]builds[/\\](?:[^/\\\s():]+[/\\]){3}"
)


class FailureText(NamedTuple):
    """What a failed execution says.

    Args:
        name: The type of the error, where it shows.
        message: All that is said.
        stack: The lines that hold frames.
        further: The first line of each further error.
    """

    name: str
    message: str
    stack: str
    further: tuple[str, ...]


class _Part(NamedTuple):
    said: list[str]
    trace: list[str]


def failure_text(sent: wire.WireFailedExecution) -> FailureText:
    """Returns what a failed execution says, the part that tells most first."""
    parts = _parts(sent)
    said = [text for part in parts for text in part.said]
    trace = [text for part in parts for text in part.trace]
    # Some frameworks put their frames into the text.
    stack = trace if any(map(is_frame, trace)) else said
    told = [text for text in said if not is_frame(text) and not _GO_BANNER.match(text)]
    reason = _telling(plain(sent.failure_reason or ""), [*told, *(trace if not told else [])])
    # Many collectors give the first line of the text as the reason as well.
    if told and told[0].strip() == reason.strip():
        told = told[1:]
    return FailureText(
        name=_error_name(reason, said),
        message="\n".join(filter(None, [reason, *told])),
        stack=without_checkout("\n".join(stack)),
        further=tuple(filter(None, (_heading(part) for part in parts[1:]))),
    )


def without_checkout(text: str) -> str:
    """Returns a text without the folder that an agent checked the project out to."""
    return _CHECKOUT.sub("", text) if "builds" in text else text


def _telling(reason: str, lines: Sequence[str]) -> str:
    """Returns the reason, or where that says nothing the first line that does."""
    first_line = reason.strip().partition("\n")[0]
    if first_line and not _SAYS_NOTHING.fullmatch(reason.strip()) and not is_frame(first_line):
        return reason
    errors = [_PYTEST_ERROR.sub("", text) for text in lines if _PYTEST_ERROR.match(text)]
    others = [text.strip() for text in lines if text.strip() and not is_frame(text)]
    if reason.strip() == "Failed" or not reason.strip():
        return next(iter(errors or others), reason)
    return errors[-1] if errors else reason


def _parts(sent: wire.WireFailedExecution) -> list[_Part]:
    expanded = sent.failure_expanded
    if isinstance(expanded, str):
        return [_Part(_lines(expanded), [])]
    parts: list[wire.WireExpanded | str] = present(expanded)
    return [
        _Part(_lines(part), [])
        if isinstance(part, str)
        else _Part(_lines(part.expanded), _lines(part.backtrace))
        for part in parts
    ]


def _lines(sent: Sequence[str | None] | str | None) -> list[str]:
    """Returns plain lines: some collectors leave colour codes in front of what marks a line."""
    lines = sent.splitlines() if isinstance(sent, str) else present(sent)
    return [plain(text) for text in lines]


def _heading(part: _Part) -> str:
    """Returns the first line of a part that is an error's, be it in the backtrace."""
    lines = (*part.said, *part.trace)
    return next((one_line(text) for text in lines if text.strip() and not is_frame(text)), "")


def _error_name(reason: str, expanded: Sequence[str]) -> str:
    lines = expanded if reason.startswith(_RSPEC_REASON) else [reason]
    named = _ERROR_NAME.match(lines[0]) if lines else None
    return line(named["name"]) if named else ""
