"""The files of an execution: screenshots, videos, traces and other attachments."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec import UNSET

from runs_mcp.sandbox.assets import asset_url, stored_url
from runs_mcp.sandbox.currents.instance_records import Attachment, Trace, Video
from runs_mcp.sandbox.currents.records import Screenshot
from runs_mcp.sandbox.seeded import hex_id
from runs_mcp.sandbox.story.currents.execution import AttemptMade, Execution, test_id
from runs_mcp.sandbox.timestamps import utc


def screenshots(execution: Execution) -> tuple[Screenshot, ...]:
    """Returns one for every failed attempt, then those that passing tests took."""
    passed = [place for place in range(execution.done) if place not in execution.outcomes]
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
    """Returns one for every failed attempt."""
    return tuple(
        Video(
            test_id=test_id(execution.spec, place),
            test_attempt_index=attempt.index,
            video_url=stored_url(f"video {_seed(execution, place, attempt.index)}", "webm"),
        )
        for place, attempt in _failed_attempts(execution)
    )


def traces(execution: Execution) -> tuple[Trace, ...]:
    """Returns one for every first retry."""
    return tuple(
        Trace(
            test_id=test_id(execution.spec, place),
            test_attempt_index=1,
            trace_id=hex_id(f"trace {_seed(execution, place, 1)}"),
            name="trace",
            trace_url=stored_url(f"trace {_seed(execution, place, 1)}", "zip"),
        )
        for place in _places_with_outcome(execution)
        for attempt in execution.attempts(place)
        if attempt.index == 1 and attempt.end.ran
    )


def attachments(execution: Execution) -> tuple[Attachment, ...]:
    """Returns the state of the page for every failed attempt, then the console of the file."""
    of_attempts = [
        _attachment(execution, place, attempt) for place, attempt in _failed_attempts(execution)
    ]
    if not of_attempts:
        return ()
    seed = f"console {execution.instance_id}"
    of_file = Attachment(
        id=hex_id(f"attachment {seed}"),
        read_url=stored_url(seed, "txt"),
        name="browser-console",
        content_type="text/plain",
        filename=f"browser-console-{hex_id(seed, 40)}.txt",
        created_at=utc(execution.completed_at),
    )
    return (*of_attempts, of_file)


def stdout_url(execution: Execution) -> str:
    """Returns the URL of the output of the spec file."""
    return stored_url(f"stdout {execution.instance_id}", "txt")


def _attachment(execution: Execution, place: int, attempt: AttemptMade) -> Attachment:
    seed = _seed(execution, place, attempt.index)
    ended = timedelta(seconds=1 + place, milliseconds=attempt.starts_after_ms + attempt.duration_ms)
    return Attachment(
        id=hex_id(f"attachment {seed}"),
        test_id=test_id(execution.spec, place),
        test_attempt_index=attempt.index,
        read_url=stored_url(f"text {seed}", "md"),
        name="error-context",
        content_type="text/markdown",
        filename=f"error-context-{hex_id(seed, 40)}.md",
        created_at=utc(execution.started_at + ended),
    )


def _places_with_outcome(execution: Execution) -> list[int]:
    return sorted(place for place in execution.outcomes if place < execution.done)


def _failed_attempts(execution: Execution) -> Iterator[tuple[int, AttemptMade]]:
    for place in _places_with_outcome(execution):
        for attempt in execution.attempts(place):
            if attempt.end.cause is not None and attempt.end.ran:
                yield place, attempt


def _screenshot(execution: Execution, place: int, attempt: int, name: str | None) -> Screenshot:
    seed = _seed(execution, place, attempt) + (name or "")
    is_playwright = execution.spec.is_playwright
    url_of = stored_url if is_playwright else asset_url
    return Screenshot(
        screenshot_id=hex_id(f"screenshot {seed}", 32 if is_playwright else 6),
        name=name or ("screenshot" if is_playwright else None),
        test_id=test_id(execution.spec, place),
        test_attempt_index=attempt,
        taken_at=utc(execution.started_at + timedelta(seconds=1 + place)),
        screenshot_url=url_of(f"screenshot {seed}", "png"),
        height=UNSET if is_playwright else 720,
        width=UNSET if is_playwright else 1280,
    )


def _seed(execution: Execution, place: int, attempt: int) -> str:
    return f"{execution.instance_id} {place} {attempt}"
