"""A run of the story as the records of the API."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cached_property

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from runs_mcp.sandbox.currents.records import (
    Cancellation,
    CompletionState,
    Group,
    Platform,
    Run,
    Spec,
    SpecResults,
    Status,
    Timeout,
)
from runs_mcp.sandbox.currents.schema2_records import AnyInstance
from runs_mcp.sandbox.currents.totals import counts_of_specs, counts_of_tests
from runs_mcp.sandbox.story.currents.artifacts import screenshots
from runs_mcp.sandbox.story.currents.execution import Execution
from runs_mcp.sandbox.story.currents.run_plan import OLDEST_CYPRESS, RunPlan, instance_id_of, play
from runs_mcp.sandbox.story.currents.schema1_instances import instance_of, spec_video
from runs_mcp.sandbox.story.currents.schema2_instances import schema2_instance_of
from runs_mcp.sandbox.timestamps import utc

_TIMEOUT_MS = 3_600_000


class StoryRun:
    """Derives all records from the executions of a plan, so that they agree."""

    def __init__(self, plan: RunPlan) -> None:
        self._plan = plan

    @property
    def run_id(self) -> str:
        """The run's ID."""
        return self._plan.run_id

    @property
    def project_id(self) -> str:
        """The ID of its project."""
        return self._plan.project_id

    @cached_property
    def run(self) -> Run:
        """The run without its specs."""
        plan = self._plan
        is_old = plan.has_oldest_form
        return Run(
            run_id=plan.run_id,
            project_id=plan.project_id,
            status=UNSET if is_old else self._status(),
            completion_state=UNSET if is_old else plan.completion,
            created_at=utc(plan.created_at),
            duration_ms=UNSET if is_old else self._duration_ms(),
            tags=plan.tags,
            cypress_version=OLDEST_CYPRESS if is_old else UNSET,
            timeout=self._timeout(),
            cancellation=self._cancellation(),
            groups=tuple(self._group(*group) for group in plan.groups.items()),
            meta=plan.meta,
        )

    def instance_ids(self) -> Iterable[str]:
        """The IDs of all specs."""
        plan = self._plan
        return (
            instance_id_of(plan, group_id, spec) for group_id in plan.groups for spec in plan.specs
        )

    def specs(self) -> Sequence[Spec]:
        """Returns all specs, including unclaimed ones."""
        if not self._plan.lists_screenshots or self._plan.has_oldest_form:
            return list(map(self._spec, self._executions))
        return list(map(self._spec_with_screenshots, self._executions))

    def instance(self, instance_id: str) -> AnyInstance | None:
        """Returns the execution of a spec; None where it was never claimed."""
        execution = self._executions[self._place[instance_id]]
        if not execution.is_claimed:
            return None
        if execution.spec.is_playwright:
            return schema2_instance_of(execution, self._plan)
        return instance_of(execution, self._plan)

    @cached_property
    def _executions(self) -> list[Execution]:
        return play(self._plan)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {execution.instance_id: at for at, execution in enumerate(self._executions)}

    def _status(self) -> Status:
        has_failed = any(execution.has_failed for execution in self._executions)
        state: CompletionState = self._plan.completion
        if state == "IN_PROGRESS":
            return "FAILING" if has_failed else "RUNNING"
        return "FAILED" if has_failed or state == "TIMEOUT" else "PASSED"

    def _duration_ms(self) -> int:
        stopped_after = self._plan.stopped_after
        if stopped_after is not None:
            return stopped_after // timedelta(milliseconds=1)
        return _duration_ms(self._executions)

    def _timeout(self) -> Timeout:
        is_timeout = self._plan.completion == "TIMEOUT"
        # Some recorded payloads lack it: so it is only in timed out runs and in the older project.
        has_value = is_timeout or self._plan.cancels_as_open_api
        return Timeout(is_timeout=is_timeout, timeout_value_ms=_TIMEOUT_MS if has_value else UNSET)

    def _cancellation(self) -> Cancellation | UnsetType:
        plan = self._plan
        if plan.completion != "CANCELED" or plan.stopped_after is None:
            return UNSET
        when = utc(plan.created_at + plan.stopped_after)
        return Cancellation.of(
            plan.canceled_by, when, "userRequest", as_open_api=plan.cancels_as_open_api
        )

    def _group(self, group_id: str, platform: Platform) -> Group:
        own = [execution for execution in self._executions if execution.group_id == group_id]
        tests = counts_of_tests(execution.stats for execution in own)
        instances = counts_of_specs(own)
        if self._plan.has_oldest_form:
            return Group(
                group_id=group_id,
                platform=platform,
                instances=instances,
                tests=replace(tests, tests=UNSET),
            )
        return Group(
            group_id=group_id,
            platform=platform,
            instances=instances,
            tests=tests,
            coverage_enabled=False,
            tags=self._plan.tags,
            duration_ms=_duration_ms(own),
            spec_count=len(own),
        )

    def _spec(self, execution: Execution) -> Spec:
        claimed, is_old = execution.is_claimed, self._plan.has_oldest_form
        return Spec(
            instance_id=execution.instance_id,
            spec=execution.spec.path,
            group_id=execution.group_id,
            claimed_at=utc(execution.claimed_at) if claimed else None,
            completed_at=utc(execution.completed_at) if execution.is_complete else None,
            machine_id=execution.machine_id if claimed else "",
            tags=UNSET if is_old else execution.spec.tags,
            inactivity_timeout_ms=UNSET if is_old else None,
            results=UNSET
            if is_old
            else SpecResults(
                stats=execution.stats, flaky=execution.flaky, video_url=spec_video(execution)
            ),
        )

    def _spec_with_screenshots(self, execution: Execution) -> Spec:
        spec = self._spec(execution)
        if spec.results is UNSET:
            return spec
        return replace(spec, results=replace(spec.results, screenshots=screenshots(execution)))


def _duration_ms(executions: Sequence[Execution]) -> int:
    """Returns the time from the first claim to the last claim or completion."""
    claimed = [execution for execution in executions if execution.is_claimed]
    if not claimed:
        return 0
    last = max(each.completed_at if each.is_complete else each.claimed_at for each in claimed)
    return (last - min(each.claimed_at for each in claimed)) // timedelta(milliseconds=1)
