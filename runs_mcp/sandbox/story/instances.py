"""An execution as the API's instance: its tests, attempts, errors and artifacts."""

from datetime import timedelta

from msgspec import UNSET

from runs_mcp.sandbox.assets import asset_url
from runs_mcp.sandbox.currents.instance_records import (
    Attempt,
    AttemptError,
    Instance,
    InstanceResults,
    Test,
    TestState,
)
from runs_mcp.sandbox.identifiers import choice, utc
from runs_mcp.sandbox.story.artifacts import attachments, screenshots, traces, videos
from runs_mcp.sandbox.story.causes import Where
from runs_mcp.sandbox.story.execution import AttemptMade, Execution, test_id
from runs_mcp.sandbox.story.run_plan import OLDEST_CYPRESS, RunPlan


def instance_of(execution: Execution, plan: RunPlan) -> Instance:
    """The instance; without results where none were reported."""
    is_old = plan.is_oldest_shape
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
    """Cypress films the whole spec file; Playwright's films are of single attempts."""
    if execution.spec.is_playwright or execution.exception is not None:
        return None
    return asset_url(f"video {execution.instance_id}", "mp4")


def _results(execution: Execution) -> InstanceResults:
    crashed = execution.exception is not None
    places = range(0 if crashed else len(execution.spec.tests))
    is_playwright = execution.spec.is_playwright
    return InstanceResults(
        stats=execution.stats,
        exception=execution.exception,
        tests=tuple(_test(execution, place) for place in places),
        screenshots=screenshots(execution),
        video_url=UNSET if is_playwright else spec_video(execution),
        videos=videos(execution) if is_playwright else UNSET,
        playwright_traces=traces(execution) if is_playwright else UNSET,
        attachments=attachments(execution) if is_playwright else UNSET,
    )


def _test(execution: Execution, place: int) -> Test:
    spec = execution.spec
    outcome = execution.outcomes.get(place)
    kind = "passed" if outcome is None else outcome.kind
    state: TestState = "passed" if kind == "flaky" else kind
    # Where a test starts within its spec file: after all attempts at those before it.
    earlier = sum(
        attempt.duration_ms for before in range(place) for attempt in execution.attempts(before)
    )
    attempts = tuple(
        _attempt(execution, place, made, earlier) for made in execution.attempts(place)
    )
    errors = [attempt.error for attempt in attempts if attempt.error is not None]
    return Test(
        test_id=test_id(spec, place),
        title=(spec.describe, spec.tests[place]),
        original_title=spec.tests[place] if spec.is_playwright else UNSET,
        state=state,
        display_error=_displayed(errors[-1], execution) if errors else None,
        is_flaky=kind == "flaky" if spec.is_playwright else UNSET,
        attempts=attempts,
    )


def _displayed(error: AttemptError, execution: Execution) -> str:
    return error.message if execution.spec.is_playwright else error.stack


def _attempt(execution: Execution, place: int, made: AttemptMade, earlier_ms: int) -> Attempt:
    begin = execution.started_at + timedelta(milliseconds=earlier_ms + made.starts_after_ms)
    where = Where(
        spec=execution.spec, place=place, attempt=made.index, instance_id=execution.instance_id
    )
    is_playwright = execution.spec.is_playwright
    raw_status = "passed" if made.cause is None else made.cause.raw_status
    worker = choice(f"worker {execution.instance_id}", 8) + made.index
    return Attempt(
        state="passed" if made.cause is None else "failed",
        raw_status=raw_status if is_playwright else UNSET,
        error=None if made.cause is None else made.cause.error(where),
        wall_clock_started_at=utc(begin),
        wall_clock_duration=made.duration_ms,
        video_timestamp=None if is_playwright else earlier_ms + made.starts_after_ms,
        worker_index=worker if is_playwright else UNSET,
        parallel_index=worker % 2 if is_playwright else UNSET,
    )
