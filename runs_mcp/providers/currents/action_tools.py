"""The tools that cancel, reset and delete Currents runs: each returns an action for the guard."""

from typing import Annotated

from pydantic import Field

from runs_mcp.providers.currents.actions.cancel_run import CancelRun
from runs_mcp.providers.currents.actions.cancel_run_by_github_ci import CancelRunByGithubCi
from runs_mcp.providers.currents.actions.delete_run import DeleteRun
from runs_mcp.providers.currents.actions.reset_run import ResetRun
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.references import currents_project_id, currents_run_id
from runs_mcp.providers.currents.tools import CurrentsCall, RunId

GithubRunId = Annotated[
    str,
    Field(
        description="GitHub Actions workflow run ID.",
        pattern=r"^[0-9]{1,20}$",
        max_length=20,
        coerce_numbers_to_str=True,
    ),
]
GithubRunAttempt = Annotated[int, Field(description="Its attempt.", ge=1, le=1000)]
ShownProjectId = Annotated[
    str, Field(description="Project ID; with it the runs are shown.", max_length=128)
]
CiBuildId = Annotated[str, Field(description="Exact CI build ID.", max_length=1000)]
MachineIds = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=128)], ...],
    Field(
        description="Machines whose failed specs run again: machine_id of the specs.",
        min_length=1,
        max_length=63,
    ),
]
Batched = Annotated[bool, Field(description="The run uses batched orchestration.")]


def currents_cancel_run(call: CurrentsCall, run_id: RunId) -> CancelRun:
    """Cancel a run in progress, after a person has confirmed it.

    The first call shows the run and asks; nothing is changed before.
    """
    return CancelRun(CurrentsClient(call.api), currents_run_id(run_id))


def currents_cancel_run_by_github_ci(
    call: CurrentsCall,
    github_run_id: GithubRunId,
    github_run_attempt: GithubRunAttempt,
    project_id: ShownProjectId = "",
    ci_build_id: CiBuildId = "",
) -> CancelRunByGithubCi:
    """Cancel the run that a GitHub Actions workflow run started, after a person has confirmed it.

    Where the run ID is known, use currents_cancel_run.
    """
    return CancelRunByGithubCi(
        CurrentsClient(call.api),
        github_run_id,
        github_run_attempt,
        currents_project_id(project_id) if project_id else None,
        ci_build_id,
    )


def currents_reset_run(
    call: CurrentsCall, run_id: RunId, machine_ids: MachineIds, batched: Batched = False
) -> ResetRun:
    """Let a run's failed specs run again on the given machines, after a person has confirmed it.

    The first call shows which specs; nothing is changed before.
    """
    machines = tuple(sorted(set(machine_ids)))
    return ResetRun(CurrentsClient(call.api), currents_run_id(run_id), machines, batched)


def currents_delete_run(call: CurrentsCall, run_id: RunId) -> DeleteRun:
    """Delete a run with all its results and recordings for good, after a person has confirmed it.

    The first call shows the run and asks; nothing is changed before.
    """
    return DeleteRun(CurrentsClient(call.api), currents_run_id(run_id))
