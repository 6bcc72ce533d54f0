"""How a run of the story is described, and played: plan in, executions out."""

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

WentWrong = Callable[[str, SpecFile], Mapping[int, Outcome]]
"""From a group's ID and a spec file to what went wrong in it."""
PLAYWRIGHT = Framework(type="pw", version="1.58.2", client_version="1.19.1")
OLD_REPORTER = Framework(type="pw", version="1.58.2", client_version="1.2.0")
"""One whose runs list the pictures of every spec file."""
CYPRESS = Framework(type="cypress", version="15.4.0", client_version="3.2.0")
OLDEST_CYPRESS = "9.5.4"
"""What a payload of the oldest shape names instead of a framework."""


def all_well(_: str, __: SpecFile) -> Mapping[int, Outcome]:
    """Nothing went wrong."""
    return {}


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """One run of the story; what is not said is an ordinary run that is over."""

    run_id: str
    project_id: str
    created_at: datetime
    meta: Meta
    groups: Mapping[str, Platform]
    """By group ID."""
    specs: Sequence[SpecFile]
    tags: tuple[str, ...] = ()
    completion: CompletionState = "COMPLETE"
    went_wrong: WentWrong = all_well
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """Why a spec file could not be run at all, by its path."""
    completed: int | None = None
    """How many spec files of each group reported; None: all."""
    running: int = 0
    """How many after those were claimed and never reported, or not yet."""
    machines: int = 4
    """In each group."""
    retries: int = 2
    extra_screenshots: int = 1
    """Of every spec file, by tests that passed."""
    last_screenshots: int = 0
    """Still more, of the last spec file alone."""
    stopped_after: timedelta | None = None
    """When it was canceled, or given up."""
    canceled_by: str = "ida.krag@skerry.example"
    lists_pictures: bool = False
    """Whether the specs of the run list their pictures: for Cypress, and for old reporters."""
    cancels_as_open_api: bool = False
    """Whether a cancellation is told in the words of the OpenAPI document."""
    is_oldest_shape: bool = False
    """Whether it was recorded when payloads knew neither a status nor results."""


def play(plan: RunPlan) -> list[Execution]:
    """All spec files in all groups, each machine taking one after the other."""
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
    """The ID of the execution of a spec file in a group."""
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
        outcomes={} if exception else outcomes_of(spec, plan.went_wrong(group_id, spec)),
        retries=plan.retries,
        extra_screenshots=plan.extra_screenshots + (plan.last_screenshots if is_last else 0),
        exception=exception,
    )


def _progress(plan: RunPlan, at: int, exception: str | None) -> Progress:
    completed = len(plan.specs) if plan.completed is None else plan.completed
    if at < completed:
        return "completed" if exception is None else "crashed"
    return "running" if at < completed + plan.running else "unclaimed"
