"""The tools that cancel, reset and delete Currents runs, each behind the guard."""

from collections.abc import Callable
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, InputRequiredResult
from msgspec.structs import replace
from pydantic import Field

from runs_mcp.confirm import Action, Question
from runs_mcp.paging import longest_page
from runs_mcp.providers.currents import CurrentsClient
from runs_mcp.providers.currents.references import currents_project_id, currents_run_id
from runs_mcp.results import ActionReport
from runs_mcp.services import Services
from runs_mcp.tools.currents import RunId
from runs_mcp.tools.currents_actions import (
    CancelRun,
    CancelRunByGithubCi,
    Clients,
    DeleteRun,
    ResetRun,
)
from runs_mcp.tools.person import Host, returned
from runs_mcp.tools.registry import answer

Ctx = Context[Services]

Token = Annotated[
    str,
    Field(
        description="From an answer confirmation_required, after the person agreed.",
        max_length=1000,
    ),
]


async def currents_cancel_run(
    ctx: Ctx, run_id: RunId, confirmation_token: Token = ""
) -> CallToolResult | InputRequiredResult:
    """Cancel a run in progress, after a person has confirmed it.

    The first call shows the run and asks; nothing is changed before.
    """
    run = currents_run_id(run_id)
    return await _guarded(ctx, lambda clients: CancelRun(clients, run), confirmation_token)


async def currents_cancel_run_by_github_ci(
    ctx: Ctx,
    github_run_id: Annotated[
        str,
        Field(
            description="GitHub Actions workflow run ID.",
            pattern=r"^[0-9]{1,20}$",
            max_length=20,
            coerce_numbers_to_str=True,
        ),
    ],
    github_run_attempt: Annotated[int, Field(description="Its attempt.", ge=1, le=1000)],
    project_id: Annotated[
        str, Field(description="Project ID; with it the runs are shown.", max_length=128)
    ] = "",
    ci_build_id: Annotated[str, Field(description="Exact CI build ID.", max_length=1000)] = "",
    confirmation_token: Token = "",
) -> CallToolResult | InputRequiredResult:
    """Cancel the run that a GitHub Actions workflow run started, after a person has confirmed it.

    Where the run ID is known, use currents_cancel_run.
    """
    project = currents_project_id(project_id) if project_id else ""
    return await _guarded(
        ctx,
        lambda clients: CancelRunByGithubCi(
            clients, github_run_id, github_run_attempt, project, ci_build_id
        ),
        confirmation_token,
    )


async def currents_reset_run(
    ctx: Ctx,
    run_id: RunId,
    machine_ids: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=128)], ...],
        Field(
            description="Machines whose failed specs run again: machine_id of the specs.",
            min_length=1,
            max_length=63,
        ),
    ],
    batched: Annotated[bool, Field(description="The run uses batched orchestration.")] = False,
    confirmation_token: Token = "",
) -> CallToolResult | InputRequiredResult:
    """Let a run's failed specs run again on the given machines, after a person has confirmed it.

    The first call shows which specs; nothing is changed before.
    """
    run, machines = currents_run_id(run_id), tuple(sorted(set(machine_ids)))
    return await _guarded(
        ctx, lambda clients: ResetRun(clients, run, machines, batched), confirmation_token
    )


async def currents_delete_run(
    ctx: Ctx, run_id: RunId, confirmation_token: Token = ""
) -> CallToolResult | InputRequiredResult:
    """Delete a run with all its results and recordings for good, after a person has confirmed it.

    The first call shows the run and asks; nothing is changed before.
    """
    run = currents_run_id(run_id)
    return await _guarded(ctx, lambda clients: DeleteRun(clients, run), confirmation_token)


async def _guarded(
    ctx: Ctx, action_of: Callable[[Clients], Action], confirmation_token: str
) -> CallToolResult | InputRequiredResult:
    services = ctx.request_context.lifespan_context
    call_time = services.call_time()
    action = action_of(lambda: CurrentsClient(services.api("currents", call_time)))
    outcome = await services.guard("currents", call_time).carry_out(
        action, Host(ctx, services.answer_seconds), confirmation_token
    )
    if isinstance(outcome, Question):
        return returned(outcome)
    return answer(fitting(outcome, services.settings.result_bytes))


def fitting(report: ActionReport, budget: int) -> ActionReport:
    """Returns the report with as many of the other runs as fit; its preview names them all."""
    return longest_page(
        len(report.others), lambda rows: replace(report, others=report.others[:rows]), budget
    )
