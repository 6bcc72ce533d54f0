"""What cancel, reset and delete do to a run."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import UNSET
from msgspec.structs import asdict, replace

from runs_mcp.sandbox.currents.access import ACTOR
from runs_mcp.sandbox.currents.answers import ApiError
from runs_mcp.sandbox.currents.records import (
    Cancellation,
    Group,
    InstanceTotals,
    Run,
    Spec,
    TestTotals,
)
from runs_mcp.sandbox.currents.store import Store, StoredRun
from runs_mcp.sandbox.identifiers import utc


def cancel(stored: StoredRun) -> Cancellation:
    """Stop a run in progress; one that is over is refused."""
    run = stored.run
    if run.completion_state == "CANCELED":
        raise ApiError(422, "Run already cancelled")
    if run.completion_state != "IN_PROGRESS":
        raise ApiError(422, "Run already completed")
    now = datetime.now(UTC)
    cancellation = Cancellation(actor=ACTOR, canceled_at=utc(now), reason="apiRequest")
    age = now - datetime.fromisoformat(run.created_at)
    stored.change(
        replace(
            run,
            status="FAILED",
            completion_state="CANCELED",
            cancellation=cancellation,
            duration_ms=max(0, int(age.total_seconds() * 1000)),
        )
    )
    return cancellation


def in_progress_from_github(
    store: Store, *, run_id: str, attempt: int, project_id: str | None, ci_build_id: str | None
) -> StoredRun:
    """The newest run in progress that this attempt of a GitHub workflow run started."""
    started_by = re.compile(rf"(?<![0-9]){re.escape(run_id)}-{attempt}(?![0-9])")
    for run in store.runs(project_id):
        stored = store.run(run.run_id)
        if (
            stored is not None
            and run.completion_state == "IN_PROGRESS"
            and started_by.search(run.meta.ci_build_id)
            and ci_build_id in (None, run.meta.ci_build_id)
        ):
            return stored
    raise ApiError(404, "No run in progress was started by this GitHub workflow run")


def reset(stored: StoredRun, machine_ids: Sequence[str]) -> None:
    """Let the specs that failed on these machines run again."""
    if stored.run.completion_state == "CANCELED":
        raise ApiError(422, "Run is cancelled")
    before = stored.specs()
    failed = {
        spec.instance_id for spec in before if spec.has_failed and spec.machine_id in machine_ids
    }
    if not failed:
        raise ApiError(422, "No failed specs to reset on the given machines")
    after = tuple(
        replace(spec, completed_at=None, results=UNSET) if spec.instance_id in failed else spec
        for spec in before
    )
    groups = tuple(_without(group, before, failed, stored) for group in stored.run.groups)
    run = replace(stored.run, groups=groups, duration_ms=None)
    stored.change(_in_progress(run, still_failing=any(spec.has_failed for spec in after)), after)


def _in_progress(run: Run, *, still_failing: bool) -> Run:
    if run.completion_state is UNSET:
        return run
    return replace(
        run,
        status="FAILING" if still_failing else "RUNNING",
        completion_state="IN_PROGRESS",
        timeout=replace(run.timeout, is_timeout=False),
    )


def _without(group: Group, specs: Sequence[Spec], gone: set[str], stored: StoredRun) -> Group:
    """The group's totals without the results that are gone."""
    instances, tests = group.instances, group.tests
    for spec in specs:
        if spec.group_id != group.group_id or spec.instance_id not in gone:
            continue
        instances = _minus(instances, InstanceTotals(complete=1, failures=1))
        tests = _minus(tests, _tests_of(spec, stored))
    return replace(group, instances=instances, tests=tests)


def _tests_of(spec: Spec, stored: StoredRun) -> TestTotals:
    if spec.results is UNSET:
        return TestTotals()
    stats = spec.results.stats
    return TestTotals(
        overall=stats.tests,
        passes=stats.passes,
        failures=stats.failures,
        pending=stats.pending,
        skipped=stats.skipped,
        flaky=spec.results.flaky,
        retries=_retries_of(spec, stored),
    )


def _retries_of(spec: Spec, stored: StoredRun) -> int:
    # The run's own payload does not say how many retries a spec file needed.
    instance = stored.instance(spec.instance_id)
    if instance is None or instance.results is UNSET:
        return 0
    return sum(max(0, len(test.attempts) - 1) for test in instance.results.tests)


_TotalsT = TypeVar("_TotalsT", InstanceTotals, TestTotals)


def _minus(totals: _TotalsT, gone: _TotalsT) -> _TotalsT:
    lost = asdict(gone)
    return replace(totals, **{name: count - lost[name] for name, count in asdict(totals).items()})
