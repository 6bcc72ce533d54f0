"""Instances of schema 2, of Playwright."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.schema2_records import (
    Claim,
    ListedTest,
    Schema2Instance,
    Schema2Results,
    StoredText,
    TestAttempt,
    TestName,
    TestResult,
)
from runs_mcp.sandbox.seeded import choice, hex_id
from runs_mcp.sandbox.story.currents.annotations import annotations_of
from runs_mcp.sandbox.story.currents.artifacts import (
    attachments,
    screenshots,
    stdout_url,
    traces,
    videos,
)
from runs_mcp.sandbox.story.currents.causes import FailedAttempt
from runs_mcp.sandbox.story.currents.execution import AttemptMade, Execution, test_id
from runs_mcp.sandbox.story.currents.reporter_rules import attempt_state
from runs_mcp.sandbox.story.currents.run_plan import RunPlan
from runs_mcp.sandbox.timestamps import utc

_STORED_AFTER = timedelta(seconds=10)


def schema2_instance_of(execution: Execution, plan: RunPlan) -> Schema2Instance:
    """Returns the instance of an execution; while it runs, with the tests that are done."""
    spec, instance_id = execution.spec, execution.instance_id
    ids = [test_id(spec, place) for place in range(execution.known)]
    claim = Claim(
        machine_id=execution.machine_id, at_ms=int(execution.claimed_at.timestamp() * 1000)
    )
    last_seen = execution.completed_at if execution.is_complete else execution.claimed_at
    annotations = {one: annotations_of(execution, place) for place, one in enumerate(ids)}
    return Schema2Instance(
        database_id=hex_id(f"database {instance_id}", 24),
        instance_id=instance_id,
        org_id=hex_id("organization", 24),
        commit=plan.meta.commit,
        created_at=utc(plan.created_at),
        framework=plan.meta.framework,
        group_id=execution.group_id,
        machine_id=execution.machine_id,
        platform=plan.groups[execution.group_id],
        project_id=plan.project_id,
        results=_results(execution, ids),
        run_id=plan.run_id,
        signature=hex_id(f"signature {plan.project_id} {spec.path}"),
        spec=spec.path,
        tags=spec.tags,
        test_list=dict(zip(ids, _names(execution, ids), strict=True)),
        test_tags=dict.fromkeys(ids, spec.tags),
        touched_at=utc(last_seen + _STORED_AFTER),
        claim_records={f"{claim.machine_id}_{claim.at_ms}": claim},
        test_annotations={one: found for one, found in annotations.items() if found},
        test_results={
            ids[place]: _result(execution, place, begin) for place, begin in _begins(execution)
        },
        claim_list=(claim,),
        claimed_at=utc(execution.claimed_at),
    )


def _results(execution: Execution, ids: list[str]) -> Schema2Results:
    begins = dict(_begins(execution))
    return Schema2Results(
        # The API has 0 here, even where tests were retried.
        stats=replace(execution.stats, retries=0),
        exception=UNSET if execution.exception is None else execution.exception,
        tests=tuple(_listed(execution, place, begins.get(place)) for place in range(len(ids))),
        attachments=attachments(execution),
        playwright_traces=traces(execution),
        screenshots=screenshots(execution),
        videos=videos(execution),
        stdout=StoredText(read_url=stdout_url(execution)) if execution.is_complete else UNSET,
    )


def _begins(execution: Execution) -> Iterator[tuple[int, datetime]]:
    """Yields the indexes of the tests that are done, and when each began."""
    clock = execution.started_at
    for place in range(execution.done):
        yield place, clock
        clock += _duration(execution, place)


def _duration(execution: Execution, place: int) -> timedelta:
    return timedelta(milliseconds=execution.test_ms(place))


def _names(execution: Execution, ids: list[str]) -> Iterator[TestName]:
    spec = execution.spec
    for place, one in enumerate(ids):
        yield TestName(
            test_id=one,
            title=(spec.describe, spec.tests[place]),
            original_title=(spec.original_describe, spec.tests[place]),
        )


def _listed(execution: Execution, place: int, begin: datetime | None) -> ListedTest:
    spec = execution.spec
    duration = timedelta(0) if begin is None else _duration(execution, place)
    return ListedTest(
        short_state=None if begin is None else execution.state(place),
        is_done=begin is not None,
        is_flaky=begin is not None and execution.is_flaky(place),
        group_id=execution.group_id,
        test_id=test_id(spec, place),
        spec=spec.path,
        title=(spec.describe, spec.tests[place]),
        start_time=None if begin is None else utc(begin),
        end_time=None if begin is None else utc(begin + duration),
        duration=duration // timedelta(milliseconds=1),
        original_title=(spec.original_describe, spec.tests[place]),
    )


def _result(execution: Execution, place: int, begin: datetime) -> TestResult:
    record = hex_id(f"record {execution.instance_id} {place}", 16)
    attempts = tuple(
        _attempt(execution, place, made, begin, record) for made in execution.attempts(place)
    )
    errors = [attempt.error for attempt in attempts if attempt.error is not None]
    duration = _duration(execution, place)
    return TestResult(
        attempts=attempts,
        display_error=errors[-1].message if errors else None,
        duration=duration // timedelta(milliseconds=1),
        end_time=utc(begin + duration),
        is_flaky=execution.is_flaky(place),
        record_id=record,
        start_time=utc(begin),
        state=execution.state(place),
    )


def _attempt(
    execution: Execution, place: int, made: AttemptMade, begin: datetime, record: str
) -> TestAttempt:
    failed = FailedAttempt(
        spec=execution.spec, place=place, attempt=made.index, instance_id=execution.instance_id
    )
    end = made.end
    ran = made.duration_ms > 0
    worker = choice(f"worker {execution.instance_id}", 8) + made.index if ran else -1
    return TestAttempt(
        attempt_id=f"{record}-{made.index}",
        state="pending" if not end.ran else attempt_state(end.raw_status),
        raw_status=end.raw_status,
        worker_index=worker,
        parallel_index=worker % 2 if ran else -1,
        error=None if end.cause is None else end.cause.error(failed),
        wall_clock_started_at=utc(begin + timedelta(milliseconds=made.starts_after_ms)),
        wall_clock_duration=made.duration_ms,
    )
