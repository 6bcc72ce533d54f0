"""Why a test failed: from the records of the Currents API to those of the model."""

import re
from typing import Final, NamedTuple

from runs_mcp import model
from runs_mcp.error_text.stack_frames import (
    Stack,
    checkout_root,
    checkout_root_of,
    is_frame,
    read_stack,
    without_root,
)
from runs_mcp.providers.currents.mapping.outcomes import worst_attempt
from runs_mcp.providers.currents.mapping.recorded_tests import RecordedTest
from runs_mcp.providers.currents.wire import instances as wire
from runs_mcp.providers.failure_message import message_of
from runs_mcp.providers.field_values import (
    PATH_CHARS,
    block,
    bounded,
    count,
    line,
    path,
    present,
    uncut,
)
from runs_mcp.providers.nested_errors import causes_shown
from runs_mcp.text import plain

_CODE_CHARS: Final = 800
_LINE_NUMBER_CHARS: Final = 10  # after a path of up to 300 characters
_TYPE: Final = re.compile(
    r"\s*(?P<type>(?:[A-Za-z_$][\w$]*(?:\.|::))*[A-Z][\w$]*(?:Error|Exception|Failure)|Error)\b"
    r"(?: \[\w+\])?(?::|\s*$)"
)


class Explained(NamedTuple):
    """An error as answers show it, where it was thrown, and its uncut text."""

    error: model.Error
    location: str
    text: model.ErrorText


def explained(test: RecordedTest, spec: str, title: str) -> Explained:
    """Returns the error of a test's last failed attempt, and where it was thrown (`file:line`).

    Args:
        test: The test.
        spec: Its file.
        title: Its whole title.
    """
    error, further = _main_error(test)
    printed_stack = uncut(error.stack)
    root = _root(error, printed_stack, spec)
    text = model.ErrorText(
        message=uncut(text_of(error)),
        stack=printed_stack,
        name=line(error.name) or _type_of(error),
        code_frame=uncut(_code(error)),
        further=tuple(uncut(text_of(other)) for other in further),
        spec=spec,
        test=title,
    )
    stack = read_stack(text.stack, root)
    shown = model.Error(
        name=text.name,
        message=message_of(text.message),
        frame=path(str(stack.top)) if stack.top else "",
        code_frame=block(text.code_frame, _CODE_CHARS),
        stack=block(stack.head, _CODE_CHARS),
        causes=causes_shown(text.message, text.stack, text.further),
    )
    location = line(_location(error, stack, root, spec), PATH_CHARS + _LINE_NUMBER_CHARS)
    return Explained(shown, location, text)


def _main_error(test: RecordedTest) -> tuple[wire.WireError, list[wire.WireError]]:
    """Returns the error of a test's last failed attempt, and its further errors."""
    sent = _errors_of(worst_attempt(test))
    error = sent[0] if sent else wire.WireError(message=test.display_error)
    if not error.message and not error.stack and error.value is None:
        error = wire.WireError(
            message=test.display_error,
            name=error.name,
            code_frame=error.code_frame,
            location=error.location,
        )
    return error, sent[1:]


def text_of(error: wire.WireError) -> str:
    """Returns an error's message; without one, the head of its stack, its value or its name."""
    message = bounded(error.message or "")
    if message.strip():
        return message
    lines = plain(bounded(error.stack or "")).splitlines()
    first_frame = next((at for at, text in enumerate(lines) if is_frame(text)), len(lines))
    head = "\n".join(lines[:first_frame] or lines).strip()
    value = "" if error.value is None else str(error.value)
    return head or value or error.name or ""


def _errors_of(attempt: wire.WireAttempt | None) -> list[wire.WireError]:
    """Returns the errors of an attempt, the main one first."""
    if attempt is None:
        return []
    sent: list[wire.WireError | str] = present([attempt.error, *(attempt.errors or ())])
    errors = [wire.WireError(message=error) if isinstance(error, str) else error for error in sent]
    unique: dict[tuple[str, str | None], wire.WireError] = {}
    for error in errors:  # `errors` repeats the main one.
        unique.setdefault((text_of(error), error.stack), error)
    return list(unique.values())


def _type_of(error: wire.WireError) -> str:
    """Returns the type that the text begins with, or that JUnit uploads send as the value."""
    named = _TYPE.match(plain(text_of(error))) or _TYPE.fullmatch(str(error.value or ""))
    return line(named["type"]) if named else ""


def _code(error: wire.WireError) -> str | None:
    frame = error.code_frame
    return frame.frame if isinstance(frame, wire.WireCodeFrame) else frame


def _location(error: wire.WireError, stack: Stack, root: str, spec: str) -> str:
    frame = error.code_frame
    if isinstance(frame, wire.WireCodeFrame) and frame.line is not None:
        file = frame.relative_file or frame.original_file or frame.file
        return f"{without_root(file or spec, root)}:{count(frame.line)}"
    thrown = error.location
    if thrown is not None and thrown.line is not None:
        return f"{without_root(thrown.file or spec, root)}:{count(thrown.line)}"
    return f"{stack.top.file}:{stack.top.line}" if stack.top else ""


def _root(error: wire.WireError, stack: str, spec: str) -> str:
    """Returns the folder of the checkout on the machine that ran the test; empty if not known."""
    frame = error.code_frame if isinstance(error.code_frame, wire.WireCodeFrame) else None
    if frame is not None and frame.relative_file:
        root = checkout_root(frame.absolute_file or frame.file or "", frame.relative_file)
        if root:
            return root
    if root := checkout_root_of(stack, spec):
        return root
    files = [frame.file if frame else None, error.location.file if error.location else None]
    return next((root for file in present(files) if (root := checkout_root(file, spec))), "")
