"""What cancel and reset do to a run."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.sandbox.currents.access import ACTOR
from runs_mcp.sandbox.currents.answers import ApiError
from runs_mcp.sandbox.currents.records import (
    Cancellation,
    Group,
    Record,
    Run,
    Spec,
)
from runs_mcp.sandbox.currents.reset_records import reset_spec
from runs_mcp.sandbox.currents.store import Store, StoredRun
from runs_mcp.sandbox.currents.totals import counts_of_specs, counts_of_tests
from runs_mcp.sandbox.timestamps import utc

_REASON = "apiRequest"


class ReferenceCanceled(Record, frozen=True, kw_only=True):
    """The answer to a cancellation, as the reference has it."""

    run_id: str
    actor: str
    canceled_at: str
    reason: str


class OpenApiCanceled(Record, frozen=True, kw_only=True):
    """The answer to a cancellation, as the OpenAPI document has it."""

    run_id: str
    cancelled: bool
    cancelled_at: str


Canceled = ReferenceCanceled | OpenApiCanceled


def cancel(stored: StoredRun, *, as_open_api: bool = False) -> Canceled:
    """Cancels a run in progress; its status follows from the tests so far.

    Raises:
        ApiError: 422 where the run is not in progress.
    """
    run = stored.run
    if run.completion_state == "CANCELED":
        raise ApiError(422, "Run already cancelled")
    if run.completion_state != "IN_PROGRESS":
        raise ApiError(422, "Run already completed")
    now = datetime.now(UTC)
    age = now - datetime.fromisoformat(run.created_at)
    has_failed = any(spec.has_failed for spec in stored.specs())
    stored.change(
        replace(
            run,
            status="FAILED" if has_failed or run.status == "FAILING" else "PASSED",
            completion_state="CANCELED",
            cancellation=Cancellation.of(ACTOR, utc(now), _REASON, as_open_api=as_open_api),
            duration_ms=max(0, int(age.total_seconds() * 1000)),
        )
    )
    if as_open_api:
        return OpenApiCanceled(run_id=run.run_id, cancelled=True, cancelled_at=utc(now))
    return ReferenceCanceled(run_id=run.run_id, actor=ACTOR, canceled_at=utc(now), reason=_REASON)


def in_progress_from_github(
    store: Store, *, run_id: str, attempt: int, project_id: str | None, ci_build_id: str | None
) -> StoredRun:
    """Returns the newest run in progress of this attempt of a GitHub workflow run.

    Raises:
        ApiError: 404 where there is none.
    """
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
    """Resets the specs that failed on these machines, so that they can run again.

    Raises:
        ApiError: 422 where the run is canceled or no spec failed on these machines.
    """
    if stored.run.completion_state == "CANCELED":
        raise ApiError(422, "Run is cancelled")
    before = stored.specs()
    failed = {
        spec.instance_id for spec in before if spec.has_failed and spec.machine_id in machine_ids
    }
    if not failed:
        raise ApiError(422, "No failed specs to reset on the given machines")
    after = tuple(reset_spec(spec) if spec.instance_id in failed else spec for spec in before)
    groups = tuple(_with_totals(group, after) for group in stored.run.groups)
    run = _in_progress(
        replace(stored.run, groups=groups), still_failing=any(spec.has_failed for spec in after)
    )
    stored.run_again(run, after, frozenset(failed))


def _in_progress(run: Run, *, still_failing: bool) -> Run:
    if run.completion_state is UNSET:
        return run
    return replace(
        run,
        status="FAILING" if still_failing else "RUNNING",
        completion_state="IN_PROGRESS",
        timeout=replace(run.timeout, is_timeout=False),
    )


def _with_totals(group: Group, specs: Sequence[Spec]) -> Group:
    own = [spec for spec in specs if spec.group_id == group.group_id]
    tests = counts_of_tests(spec.results.stats for spec in own if spec.results is not UNSET)
    return replace(group, instances=counts_of_specs(own), tests=tests)
