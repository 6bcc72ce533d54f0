"""Maps the failed executions that the API sends to the model."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from runs_mcp import model
from runs_mcp.error_text.stack_frames import checkout_root_of, read_stack
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.mapping.failure_text import (
    FailureText,
    failure_text,
    without_checkout,
)
from runs_mcp.providers.failure_message import message_of
from runs_mcp.providers.field_values import (
    block,
    count,
    identifier,
    line,
    path,
    timestamp,
    title,
    uncut,
    whole_line,
)
from runs_mcp.providers.nested_errors import causes_shown

TestKey: TypeAlias = tuple[str, ...]
"""What identifies a test of a suite in every run: its ID, or its file and whole title."""

_STACK_CHARS: Final = 800
_TAG_CHARS: Final = 100
_URL_CHARS: Final = 500
_MAX_TAGS: Final = 12
# Collectors add these by themselves, and they do not help to understand a failure.
_AUTOMATIC_TAGS: Final = frozenset(
    {
        *("build.id", "build.job_id", "build.step_id", "ci.worker.id", "code.file.path"),
        *("cloud.provider", "cloud.region", "collector.name", "collector.version"),
        *("host.arch", "host.name", "host.type", "language.name", "language.version"),
        *("result", "scm.branch", "scm.commit_sha", "test.framework.name"),
        *("test.framework.version", "test.selector.primary"),
    }
)
_JOB_TAG: Final = "build.job_id"
_JOB_ID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
_TEST_URL: Final = re.compile(r"/tests/(?P<id>[\w-]{1,64})(?:[/?#]|\Z)", re.ASCII)
_LOCATION: Final = re.compile(
    r"(?P<file>.+?)(?:\[[0-9:]+\])?(?::(?:None|(?P<line>[0-9]{1,9})(?::[0-9]{1,9})?))?"
)
_IS_FILE: Final = re.compile(r"[/\\]|\.\w+$")


class FailedExecution(NamedTuple):
    """One execution of a test that failed.

    Args:
        key: What identifies the test.
        failure: What went wrong.
        text: Its error, uncut.
        job_id: The job that it ran in; empty if it has no tag for that.
        created_at: When it was recorded.
    """

    key: TestKey
    failure: model.Failure
    text: model.ErrorText
    job_id: str
    created_at: str


Executions: TypeAlias = Mapping[TestKey, Sequence[FailedExecution]]
"""The failed executions of each test of a run."""


def failed_execution(sent: wire.WireFailedExecution, organization: str) -> FailedExecution:
    """Returns a failed execution, with the expanded text and stack if they were sent."""
    spec, location = place_of(sent.location, organization)
    text = failure_text(sent, organization)
    tags = sent.tags or {}
    failure = model.Failure(
        test=title(sent.test_name),
        status="failed",
        spec=path(spec),
        location=location,
        error=_shown_error(text, spec),
        duration_ms=count(sent.duration * 1000) if sent.duration is not None else 0,
        execution_id=identifier(sent.execution_id),
        tags=_shown_tags(tags),
        url=line(sent.test_execution_url, _URL_CHARS),
        test_url=line(sent.test_url, _URL_CHARS),
    )
    job = tags.get(_JOB_TAG)
    return FailedExecution(
        key=key_of_test(sent.test_id, sent.test_url, spec, sent.test_name),
        failure=failure,
        text=_uncut_error(text, spec, whole_line(sent.test_name)),
        job_id=job if isinstance(job, str) and _JOB_ID.fullmatch(job) else "",
        created_at=timestamp(sent.created_at),
    )


def _shown_error(text: FailureText, spec: str) -> model.Error:
    stack_text = uncut(text.stack)
    stack = read_stack(stack_text, checkout_root_of(stack_text, spec))
    return model.Error(
        name=text.name,
        message=message_of(text.message),
        frame=path(str(stack.top)) if stack.top else "",
        stack=block(stack.head, _STACK_CHARS),
        causes=causes_shown(text.message, stack_text, text.further),
    )


def _uncut_error(text: FailureText, spec: str, test: str) -> model.ErrorText:
    message, stack = uncut(text.whole), uncut(text.stack)
    return model.ErrorText(
        message=message,
        stack="" if stack in message else stack,
        name=text.name,
        further=tuple(map(uncut, text.further)),
        spec=spec,
        test=test,
    )


def key_of_test(test_id: str | int | None, url: str | None, file: str, name: str | None) -> TestKey:
    """Returns what identifies a test: its ID, the ID in its URL, or its file and title."""
    in_url = _TEST_URL.search(url or "")
    known_id = identifier(str(test_id or "")) or (in_url["id"] if in_url else "")
    return (known_id,) if known_id else ("", file, whole_line(name))


def place_of(location: str | None, organization: str) -> tuple[str, str]:
    """Returns the file of a location, and the location as `file:line`, or the file alone.

    Collectors send `file:line`, Playwright's `file:line:column`, some only a file or a class,
    pytest's sometimes `file:None`; RSpec adds the ID of an example in brackets.
    """
    place = without_checkout(whole_line(location), organization)
    place = place.removeprefix("./")
    parts = _LOCATION.fullmatch(place)
    if parts is None or not _IS_FILE.search(parts["file"]):
        return path(place), path(place)
    file = path(parts["file"])
    return file, f"{file}:{parts['line']}" if parts["line"] else file


def _shown_tags(sent: dict[str, wire.Scalar | None]) -> tuple[str, ...]:
    tags = [
        f"{name}={value}"
        for name, value in sent.items()
        if value is not None and name not in _AUTOMATIC_TAGS
    ]
    more = [f"+{len(tags) - _MAX_TAGS} more"] if len(tags) > _MAX_TAGS else []
    return tuple(line(tag, _TAG_CHARS) for tag in [*tags[:_MAX_TAGS], *more])
