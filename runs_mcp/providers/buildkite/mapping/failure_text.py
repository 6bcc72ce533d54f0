"""What a failed execution says: its reason and its expanded parts, as the collectors send them.

What the first line tells differs by collector: for RSpec it is the code that failed, for Go by
gotestsum always «Failed», for pytest's collection errors a banner; Playwright puts every error
with its frames into one part, Mocha the message into the backtrace.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.field_values import line, present
from runs_mcp.providers.stack_frames import is_frame
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
_PANIC: Final = re.compile(r"^thread '[^'\n]*' (?:\([0-9]+\) )?panicked at", re.MULTILINE)


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


def failure_text(sent: wire.WireFailedExecution, organization: str) -> FailureText:
    """Returns what a failed execution says, the part that tells most first.

    Args:
        sent: The execution.
        organization: The slug of its organization, which is in the paths of an agent.
    """
    parts = _parts(sent)
    said = [text for part in parts for text in part.said]
    trace = [text for part in parts for text in part.trace]
    # Some frameworks put their frames into the text.
    in_text = any(map(is_frame, said)) and not any(map(is_frame, trace))
    stack = said if in_text or not trace else trace
    told = [text for text in said if not is_frame(text) and not _GO_BANNER.match(text)]
    reason = _telling(plain(sent.failure_reason or ""), told, _before_frames(trace))
    if told and told[0].strip() == reason.strip():
        told = told[1:]
    return FailureText(
        name=_error_name(reason, said),
        message="\n".join(filter(None, [reason, *told])),
        stack=without_checkout("\n".join(stack), organization),
        further=tuple(filter(None, (_heading(part) for part in parts[1:]))),
    )


def without_checkout(text: str, organization: str) -> str:
    """Returns a text without the folder that an agent checked the project out to.

    It is `…/builds/<agent>/<organization>/<pipeline>/`, an absolute path.
    """
    if not organization or "builds" not in text:
        return text
    return _checkout(organization).sub("", text)


@lru_cache
def _checkout(organization: str) -> re.Pattern[str]:
    step = r"[^/\\\s():]++[/\\]"
    return re.compile(
        rf"(?<![^\s(\"'`@])(?:file://)?(?:[A-Za-z]:)?[/\\](?:{step})*?builds[/\\]{step}"
        rf"{re.escape(organization)}[/\\]{step}"
    )


def _telling(reason: str, told: Sequence[str], heading: Sequence[str]) -> str:
    """Returns the reason, or where that says nothing what does.

    Args:
        reason: As it was sent.
        told: The lines of the text.
        heading: The lines of the backtrace before its frames; Mocha and Cypress put the message
            there.
    """
    if panic := _PANIC.search(reason):  # Rust sends all of the test's output.
        return reason[panic.start() :]
    first_line = reason.strip().partition("\n")[0]
    if first_line and not _SAYS_NOTHING.fullmatch(reason.strip()) and not is_frame(first_line):
        return reason
    errors = [_PYTEST_ERROR.sub("", text) for text in told if _PYTEST_ERROR.match(text)]
    if errors and first_line:
        return errors[-1]
    if heading:
        return "\n".join(heading)
    others = [text.strip() for text in told if text.strip()]
    if first_line in ("", "Failed"):
        return next(iter(errors or others), reason)
    return reason


def _before_frames(trace: Sequence[str]) -> list[str]:
    """Returns the lines of a backtrace before its first frame."""
    return [text for text in takewhile(lambda text: not is_frame(text), trace) if text.strip()]


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
    """Returns plain lines: some collectors leave colour codes in front of what marks a line."""
    texts = [sent] if isinstance(sent, str) else present(sent)
    return [line for text in texts for line in plain(text).split("\n")]


def _heading(part: _Part) -> str:
    """Returns the first line of a part that is an error's, be it in the backtrace."""
    lines = (*part.said, *part.trace)
    return next((one_line(text) for text in lines if text.strip() and not is_frame(text)), "")


def _error_name(reason: str, expanded: Sequence[str]) -> str:
    lines = expanded if reason.startswith(_RSPEC_REASON) else [reason]
    named = _ERROR_NAME.match(lines[0]) if lines else None
    return line(named["name"]) if named else ""
