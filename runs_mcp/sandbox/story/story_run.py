"""A played run as the API's records: run, groups, specs; instances when asked for."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cached_property

from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.currents.instance_records import Instance
from runs_mcp.sandbox.currents.records import (
    Cancellation,
    CompletionState,
    Group,
    InstanceTotals,
    Platform,
    Run,
    Spec,
    SpecResults,
    Status,
    TestTotals,
    Timeout,
)
from runs_mcp.sandbox.identifiers import utc
from runs_mcp.sandbox.story.artifacts import screenshots
from runs_mcp.sandbox.story.execution import Execution
from runs_mcp.sandbox.story.instances import instance_of, spec_video
from runs_mcp.sandbox.story.run_plan import OLDEST_CYPRESS, RunPlan, play


class StoryRun:
    """A run source: derives every record from the executions, so that all of them agree."""

    def __init__(self, plan: RunPlan) -> None:
        self._plan = plan
        self._executions = play(plan)
        self._place = {
            execution.instance_id: place for place, execution in enumerate(self._executions)
        }

    @cached_property
    def run(self) -> Run:
        """The run without its specs."""
        plan = self._plan
        is_old = plan.is_oldest_shape
        return Run(
            run_id=plan.run_id,
            project_id=plan.project_id,
            status=UNSET if is_old else self._status(),
            completion_state=UNSET if is_old else plan.completion,
            created_at=utc(plan.created_at),
            duration_ms=self._duration_ms(),
            tags=plan.tags,
            cypress_version=OLDEST_CYPRESS if is_old else UNSET,
            timeout=Timeout(is_timeout=plan.completion == "TIMEOUT"),
            cancellation=self._cancellation(),
            groups=tuple(self._group(*group) for group in plan.groups.items()),
            meta=plan.meta,
        )

    def instance_ids(self) -> Iterable[str]:
        """Of all specs."""
        return self._place

    def specs(self) -> Sequence[Spec]:
        """All specs, unclaimed ones included."""
        return [self._spec(execution) for execution in self._executions]

    def instance(self, instance_id: str) -> Instance | None:
        """One spec's execution; None where it was never claimed."""
        execution = self._executions[self._place[instance_id]]
        return instance_of(execution, self._plan) if execution.is_claimed else None

    def _status(self) -> Status:
        has_failed = any(execution.has_failed for execution in self._executions)
        state: CompletionState = self._plan.completion
        if state == "IN_PROGRESS":
            return "FAILING" if has_failed else "RUNNING"
        return "FAILED" if has_failed or state != "COMPLETE" else "PASSED"

    def _duration_ms(self) -> int | None:
        plan = self._plan
        if plan.completion == "IN_PROGRESS":
            return None
        if plan.stopped_after is not None:
            return plan.stopped_after // timedelta(milliseconds=1)
        ends = [execution.completed_at for execution in self._executions]
        return (max(ends) - plan.created_at) // timedelta(milliseconds=1) if ends else 0

    def _cancellation(self) -> Cancellation | UnsetType:
        plan = self._plan
        if plan.completion != "CANCELED" or plan.stopped_after is None:
            return UNSET
        return Cancellation(
            actor=plan.canceled_by,
            canceled_at=utc(plan.created_at + plan.stopped_after),
            reason="userRequest",
        )

    def _group(self, group_id: str, platform: Platform) -> Group:
        own = [execution for execution in self._executions if execution.group_id == group_id]
        complete = [execution for execution in own if execution.is_complete]
        failures = sum(execution.has_failed for execution in complete)
        stats = [execution.stats for execution in complete]
        return Group(
            group_id=group_id,
            platform=platform,
            instances=InstanceTotals(
                overall=len(own),
                claimed=sum(execution.is_claimed for execution in own),
                complete=len(complete),
                passes=len(complete) - failures,
                failures=failures,
            ),
            tests=TestTotals(
                overall=sum(each.tests for each in stats),
                passes=sum(each.passes for each in stats),
                failures=sum(each.failures for each in stats),
                pending=sum(each.pending for each in stats),
                skipped=sum(each.skipped for each in stats),
                retries=sum(execution.retried() for execution in complete),
                flaky=sum(execution.count("flaky") for execution in complete),
            ),
        )

    def _spec(self, execution: Execution) -> Spec:
        if not execution.is_claimed:
            return Spec(
                group_id=execution.group_id,
                spec=execution.spec.path,
                instance_id=execution.instance_id,
            )
        has_results = execution.is_complete and not self._plan.is_oldest_shape
        return Spec(
            group_id=execution.group_id,
            spec=execution.spec.path,
            instance_id=execution.instance_id,
            claimed_at=utc(execution.claimed_at),
            completed_at=utc(execution.completed_at) if execution.is_complete else None,
            machine_id=execution.machine_id,
            results=_results(execution) if has_results else UNSET,
        )


def _results(execution: Execution) -> SpecResults:
    return SpecResults(
        video_url=spec_video(execution),
        stats=execution.stats,
        screenshots=screenshots(execution),
        flaky=execution.count("flaky"),
    )
