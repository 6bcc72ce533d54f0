"""The plan of a run, and the executions that follow from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runs_mcp.sandbox.currents.records import (
    CompletionState,
    Framework,
    Meta,
    Platform,
)
from runs_mcp.sandbox.seeded import uuid_id
from runs_mcp.sandbox.story.currents.causes import Outcome
from runs_mcp.sandbox.story.currents.execution import Execution, Progress, outcomes_of
from runs_mcp.sandbox.story.currents.spec_files import SpecFile

Outcomes = Callable[[str, SpecFile], Mapping[int, Outcome]]
"""Returns the outcomes of tests that did not simply pass, by index, of a spec file in a group."""
PLAYWRIGHT = Framework(type="pw", version="1.58.2", client_version="1.19.1")
OLD_REPORTER = Framework(type="pw", version="1.58.2", client_version="1.2.0")
"""A reporter whose runs list the screenshots of every spec file."""
CYPRESS = Framework(type="cypress", version="15.4.0", client_version="3.2.0")
OLDEST_CYPRESS = "9.5.4"
"""What payloads of the oldest form name instead of a framework."""


def all_pass(_: str, __: SpecFile) -> Mapping[int, Outcome]:
    """Returns no outcomes: all tests pass."""
    return {}


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """A run of the story; by default, a completed one where all tests passed."""

    run_id: str
    project_id: str
    created_at: datetime
    meta: Meta
    groups: Mapping[str, Platform]
    """By group ID."""
    specs: Sequence[SpecFile]
    tags: tuple[str, ...] = ()
    completion: CompletionState = "COMPLETE"
    outcomes: Outcomes = all_pass
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """The error of each spec file that cannot be loaded, by its path."""
    completed: int | None = None
    """How many spec files of each group reported; None for all."""
    running: int = 0
    """How many further ones were claimed but have not reported."""
    machines: int = 4
    """How many machines run each group."""
    retries: int = 2
    extra_screenshots: int = 1
    """The number of screenshots of every spec file taken by tests that passed."""
    last_screenshots: int = 0
    """The number of additional screenshots of the last spec file."""
    stopped_after: timedelta | None = None
    """The time after which it was canceled or timed out."""
    canceled_by: str = "ida.krag@skerry.example"
    lists_screenshots: bool = False
    """Whether the specs list their screenshots: for Cypress, and for old reporters."""
    cancels_as_open_api: bool = False
    """Whether its cancellation has the fields of the OpenAPI document."""
    has_oldest_form: bool = False
    """Whether it has the form of the oldest payloads, without status and results."""


def play(plan: RunPlan) -> list[Execution]:
    """Returns the executions of all spec files; each machine takes one after the other."""
    executions = []
    for group_id in plan.groups:
        machines = [uuid_id(f"{plan.run_id} {group_id} {at}") for at in range(plan.machines)]
        free_at = [plan.created_at + timedelta(seconds=8 + at) for at in range(plan.machines)]
        for at in range(len(plan.specs)):
            machine = at % plan.machines
            execution = _execution(plan, group_id, at, machines[machine], free_at[machine])
            executions.append(execution)
            free_at[machine] = execution.completed_at + timedelta(milliseconds=900)
    return executions


def instance_id_of(plan: RunPlan, group_id: str, spec: SpecFile) -> str:
    """Returns the ID of the execution of a spec file in a group."""
    return uuid_id(f"{plan.run_id} {group_id} {spec.path}")


def _execution(
    plan: RunPlan, group_id: str, at: int, machine_id: str, claimed_at: datetime
) -> Execution:
    spec = plan.specs[at]
    exception = plan.exceptions.get(spec.path)
    is_last = at == len(plan.specs) - 1
    return Execution(
        spec=spec,
        group_id=group_id,
        instance_id=instance_id_of(plan, group_id, spec),
        machine_id=machine_id,
        progress=_progress(plan, at, exception),
        claimed_at=claimed_at,
        outcomes={} if exception else outcomes_of(spec, plan.outcomes(group_id, spec)),
        retries=plan.retries,
        extra_screenshots=plan.extra_screenshots + (plan.last_screenshots if is_last else 0),
        exception=exception,
    )


def _progress(plan: RunPlan, at: int, exception: str | None) -> Progress:
    completed = len(plan.specs) if plan.completed is None else plan.completed
    if at < completed:
        return "completed" if exception is None else "crashed"
    return "running" if at < completed + plan.running else "unclaimed"
