"""Instances of schema 1, of Cypress: tests contain their attempts."""

from datetime import timedelta

from msgspec import UNSET

from runs_mcp.sandbox.assets import asset_url
from runs_mcp.sandbox.currents.instance_records import (
    Attempt,
    Instance,
    InstanceResults,
    Test,
)
from runs_mcp.sandbox.seeded import hex_id
from runs_mcp.sandbox.story.currents.artifacts import screenshots
from runs_mcp.sandbox.story.currents.causes import FailedAttempt
from runs_mcp.sandbox.story.currents.execution import AttemptMade, Execution, test_id
from runs_mcp.sandbox.story.currents.run_plan import OLDEST_CYPRESS, RunPlan
from runs_mcp.sandbox.timestamps import utc


def instance_of(execution: Execution, plan: RunPlan) -> Instance:
    """Returns the instance of an execution; without results until it is complete."""
    is_old = plan.has_oldest_form
    return Instance(
        run_id=plan.run_id,
        project_id=plan.project_id,
        group_id=execution.group_id,
        instance_id=execution.instance_id,
        spec=execution.spec.path,
        machine_id=execution.machine_id,
        created_at=utc(execution.claimed_at),
        platform=plan.groups[execution.group_id],
        tags=plan.tags,
        commit=plan.meta.commit,
        cypress_version=OLDEST_CYPRESS if is_old else UNSET,
        framework=plan.meta.framework,
        results=_results(execution) if execution.is_complete else UNSET,
    )


def spec_video(execution: Execution) -> str | None:
    """Returns the URL of Cypress's video of the spec file; Playwright's are of attempts."""
    if execution.spec.is_playwright or execution.exception is not None:
        return None
    return asset_url(f"video {execution.instance_id}", "mp4") if execution.is_complete else None


def _results(execution: Execution) -> InstanceResults:
    return InstanceResults(
        stats=execution.stats,
        exception=execution.exception,
        tests=tuple(_test(execution, place) for place in range(execution.done)),
        screenshots=screenshots(execution),
        video_url=spec_video(execution),
    )


def _test(execution: Execution, place: int) -> Test:
    spec = execution.spec
    # A test starts after all attempts at those before it.
    earlier = sum(execution.test_ms(before) for before in range(place))
    attempts = tuple(
        _attempt(execution, place, made, earlier)
        for made in execution.attempts(place)
        if made.end.raw_status != "skipped"
    )
    errors = [attempt.error for attempt in attempts if attempt.error is not None]
    return Test(
        test_id=test_id(spec, place),
        title=(spec.describe, spec.tests[place]),
        state=execution.state(place),
        display_error=errors[-1].stack if errors else None,
        attempts=attempts,
    )


def _attempt(execution: Execution, place: int, made: AttemptMade, earlier_ms: int) -> Attempt:
    begin = execution.started_at + timedelta(milliseconds=earlier_ms + made.starts_after_ms)
    failed = FailedAttempt(
        spec=execution.spec, place=place, attempt=made.index, instance_id=execution.instance_id
    )
    cause = made.end.cause
    record = hex_id(f"record {execution.instance_id} {place}", 16)
    return Attempt(
        attempt_id=f"{record}-{made.index}",
        state="passed" if cause is None else "failed",
        error=None if cause is None else cause.error(failed),
        wall_clock_started_at=utc(begin),
        wall_clock_duration=made.duration_ms,
        video_timestamp=earlier_ms + made.starts_after_ms,
    )
