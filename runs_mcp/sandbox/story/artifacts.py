"""What an execution left behind besides its results: pictures, films, traces."""

from collections.abc import Iterator
from datetime import timedelta

from runs_mcp.sandbox.assets import asset_url
from runs_mcp.sandbox.currents.instance_records import Attachment, Trace, Video
from runs_mcp.sandbox.currents.records import Screenshot
from runs_mcp.sandbox.identifiers import hex_id, utc
from runs_mcp.sandbox.story.execution import AttemptMade, Execution, test_id


def screenshots(execution: Execution) -> tuple[Screenshot, ...]:
    """One of every failed attempt, then those that passing tests took along the way."""
    if execution.exception is not None:
        return ()
    passed = [
        place for place in range(len(execution.spec.tests)) if place not in execution.outcomes
    ]
    taken = [
        _screenshot(execution, place, attempt.index, None)
        for place, attempt in _failed_attempts(execution)
    ]
    if passed:
        for step in range(execution.extra_screenshots):
            place = passed[step % len(passed)]
            taken.append(_screenshot(execution, place, 0, f"step {step + 1}"))
    return tuple(taken)


def videos(execution: Execution) -> tuple[Video, ...]:
    """One of every failed attempt."""
    return tuple(
        Video(
            test_id=test_id(execution.spec, place),
            test_attempt_index=attempt.index,
            video_url=asset_url(f"video {_seed(execution, place, attempt.index)}", "webm"),
        )
        for place, attempt in _failed_attempts(execution)
    )


def traces(execution: Execution) -> tuple[Trace, ...]:
    """One of every first retry."""
    return tuple(
        Trace(
            test_id=test_id(execution.spec, place),
            test_attempt_index=1,
            trace_id=hex_id(f"trace {_seed(execution, place, 1)}", 8),
            name="trace",
            trace_url=asset_url(f"trace {_seed(execution, place, 1)}", "zip"),
        )
        for place, attempt in _failed_attempts(execution)
        if attempt.index == 0
    )


def attachments(execution: Execution) -> tuple[Attachment, ...]:
    """The page's state as text, of every last failed attempt of a failed test."""
    return tuple(
        Attachment(
            test_id=test_id(execution.spec, place),
            test_attempt_index=attempt.index,
            attachment_id=hex_id(f"attachment {_seed(execution, place, attempt.index)}", 8),
            name="error-context",
            content_type="text/markdown",
            attachment_url=asset_url(f"text {_seed(execution, place, attempt.index)}", "md"),
        )
        for place, attempt in _failed_attempts(execution)
        if attempt.index == execution.retries
    )


def _failed_attempts(execution: Execution) -> Iterator[tuple[int, AttemptMade]]:
    for place in sorted(execution.outcomes):
        for attempt in execution.attempts(place):
            if attempt.cause is not None:
                yield place, attempt


def _screenshot(execution: Execution, place: int, attempt: int, name: str | None) -> Screenshot:
    seed = _seed(execution, place, attempt) + (name or "")
    return Screenshot(
        screenshot_id=hex_id(f"screenshot {seed}", 6),
        name=name,
        test_id=test_id(execution.spec, place),
        test_attempt_index=attempt,
        taken_at=utc(execution.started_at + timedelta(seconds=1 + place)),
        screenshot_url=asset_url(f"screenshot {seed}", "png"),
    )


def _seed(execution: Execution, place: int, attempt: int) -> str:
    return f"{execution.instance_id} {place} {attempt}"
