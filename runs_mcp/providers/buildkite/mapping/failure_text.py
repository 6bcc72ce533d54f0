"""The text of a failed execution, from the reason and the expanded parts that collectors send.

The first line of a reason is not always the error: RSpec's is the code that failed, gotestsum's is
always «Failed», pytest's of a collection error is a banner. Playwright puts every error with its
frames into one part, Mocha the message into the backtrace.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from runs_mcp.error_text.stack_frames import is_frame
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.field_values import bounded, line, present
from runs_mcp.text import one_line, plain

# «AssertionError: …», «urllib.error.URLError: …»; RSpec writes «KeyError:» on a line of its own.
_ERROR_NAME: Final = re.compile(
    r"\s*(?P<name>(?:[A-Za-z_]\w*(?:\.|::))*(?:[A-Z]\w*)?(?:Error|Exception|Failure|Timeout|Exit)"
    r"|Errno::[A-Z][A-Z0-9]+)\b:"
)
_RSPEC_REASON: Final = "Failure/Error:"
# Reasons without the error: gotestsum's, and pytest's if a file cannot be collected.
_NO_ERROR: Final = re.compile(
    r"Failed|(?:Import|ModuleNotFound)Error while importing .*|Traceback \(.*", re.DOTALL
)
_PYTEST_ERROR: Final = re.compile(r"^E   +(?=\S)")
_GO_BANNER: Final = re.compile(r"\s*(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:FAIL|SKIP|PASS)|FAIL\b)")
_PANIC: Final = re.compile(r"^thread '[^'\n]*' (?:\([0-9]+\) )?panicked at", re.MULTILINE)


class FailureText(NamedTuple):
    """The text of a failed execution.

    Args:
        name: The type of the error, if the text names it.
        message: The message, with all lines that are not frames.
        whole: The message, with all lines, frames as well.
        stack: The lines that hold frames.
        further: The first line of each further error.
    """

    name: str
    message: str
    whole: str
    stack: str
    further: tuple[str, ...]


class _Part(NamedTuple):
    """A part of an expanded failure, in lines."""

    expanded: list[str]
    backtrace: list[str]


def failure_text(sent: wire.WireFailedExecution, organization: str) -> FailureText:
    """Returns the text of a failed execution, the line with the error first.

    Args:
        sent: The execution.
        organization: The slug of its organization, which is in the paths of an agent.
    """
    parts = _parts(sent)
    expanded = [text for part in parts for text in part.expanded]
    backtrace = [text for part in parts for text in part.backtrace]
    # Some frameworks put their frames into the expanded text.
    frames_in_text = any(map(is_frame, expanded)) and not any(map(is_frame, backtrace))
    stack = expanded if frames_in_text or not backtrace else backtrace
    whole = [text for text in expanded if not _GO_BANNER.match(text)]
    lines = [text for text in whole if not is_frame(text)]
    sent_reason = plain(bounded(sent.failure_reason or ""))
    reason = _reason_with_error(sent_reason, lines, _before_frames(backtrace))
    if lines and lines[0].strip() == reason.strip():
        lines = lines[1:]
    if whole and whole[0].strip() == reason.strip():
        whole = whole[1:]
    return FailureText(
        name=_error_name(reason, expanded),
        message="\n".join(filter(None, [reason, *lines])),
        whole=without_checkout("\n".join([reason, *whole]), organization),
        stack=without_checkout("\n".join(stack), organization),
        further=tuple(filter(None, (_first_line(part) for part in parts[1:]))),
    )


def without_checkout(text: str, organization: str) -> str:
    """Returns a text without the folder that an agent checked the project out to.

    It is an absolute path: `…/builds/<agent>/<organization>/<pipeline>/`.
    """
    if not organization or "builds" not in text:
        return text
    return _checkout(organization).sub("", text)


@lru_cache
def _checkout(organization: str) -> re.Pattern[str]:
    step = r"[^/\\\s():]++[/\\]"
    return re.compile(
        rf"(?<![^\s(\"'`@])(?:file://)?(?:[A-Za-z]:)?[/\\](?:{step}){{0,40}}?builds[/\\]{step}"
        rf"{re.escape(organization)}[/\\]{step}"
    )


def _reason_with_error(reason: str, lines: Sequence[str], heading: Sequence[str]) -> str:
    """Returns the reason or, if it does not name the error, the text that does.

    Args:
        reason: The reason that was sent.
        lines: The lines of the expanded text.
        heading: The lines of the backtrace before its frames: Mocha and Cypress put the message
            there.
    """
    if panic := _PANIC.search(reason):  # Rust sends all of the test's output.
        return reason[panic.start() :]
    first_line = reason.strip().partition("\n")[0]
    if first_line and not _NO_ERROR.fullmatch(reason.strip()) and not is_frame(first_line):
        return reason
    errors = [_PYTEST_ERROR.sub("", text) for text in lines if _PYTEST_ERROR.match(text)]
    if errors and first_line:
        return errors[-1]
    if heading:
        return "\n".join(heading)
    others = [text.strip() for text in lines if text.strip()]
    if first_line in ("", "Failed"):
        return next(iter(errors or others), reason)
    return reason


def _before_frames(backtrace: Sequence[str]) -> list[str]:
    """Returns the lines of a backtrace before its first frame."""
    return [text for text in takewhile(lambda text: not is_frame(text), backtrace) if text.strip()]


def _parts(sent: wire.WireFailedExecution) -> list[_Part]:
    expanded = sent.failure_expanded
    if not isinstance(expanded, list):
        expanded = [expanded]
    parts: list[wire.WireExpanded | list[str | None] | str] = present(expanded)
    return [
        _Part(_lines(part.expanded), _lines(part.backtrace))
        if isinstance(part, wire.WireExpanded)
        else _Part(_lines(part), [])
        for part in parts
    ]


def _lines(sent: Sequence[str | None] | str | None) -> list[str]:
    """Returns plain lines: some collectors leave colour codes at the start of a line."""
    texts = [sent] if isinstance(sent, str) else present(sent)
    return [line for text in texts for line in plain(bounded(text)).split("\n")]


def _first_line(part: _Part) -> str:
    """Returns the first line of a part that is not a frame, in its text or its backtrace."""
    lines = (*part.expanded, *part.backtrace)
    return next((one_line(text) for text in lines if text.strip() and not is_frame(text)), "")


def _error_name(reason: str, expanded: Sequence[str]) -> str:
    lines = expanded if reason.startswith(_RSPEC_REASON) else [reason]
    named = _ERROR_NAME.match(lines[0]) if lines else None
    return line(named["name"]) if named else ""
