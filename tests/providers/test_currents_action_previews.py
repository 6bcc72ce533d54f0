"""What the previews of all actions on Currents runs say, and how they show strangers' texts."""

from typing import Final

import pytest
from msgspec.structs import replace
from providers.currents_runs import (
    ATTEMPT,
    FAILED,
    OWN,
    PROJECT,
    WORKFLOW_RUN,
    by_ci,
    client_of,
    from_github,
    put_run,
    some_specs,
)
from providers.hostile_texts import HOSTILE, assert_plain_line

from runs_mcp.confirmation.action import Action
from runs_mcp.confirmation.wording import question_message
from runs_mcp.providers.currents.actions.cancel_run import CancelRun
from runs_mcp.providers.currents.actions.delete_run import DeleteRun
from runs_mcp.providers.currents.actions.reset_run import ResetRun
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import TestTotals

BUILD: Final = f"x-{WORKFLOW_RUN}-{ATTEMPT}"
every_action = pytest.mark.parametrize("name", ["cancel", "reset", "delete", "cancel by CI"])


def action_of(name: str, client: CurrentsClient) -> Action:
    actions: dict[str, Action] = {
        "cancel": CancelRun(client, OWN),
        "reset": ResetRun(client, OWN, ("machine-a",), batched=False),
        "delete": DeleteRun(client, OWN),
        "cancel by CI": by_ci(client, ci_build_id=BUILD),
    }
    return actions[name]


@every_action
async def test_a_preview_says_what_run_it_is_and_how_it_stands(sandbox: Sandbox, name: str) -> None:
    """CONTRACT, Confirmation 1: IDs, project, branch, commit, status, counts, age, effect."""
    put_run(
        sandbox,
        completion="IN_PROGRESS",
        specs=list(some_specs(sandbox).values()),
        tests=TestTotals(overall=30, failures=3),
        **from_github(BUILD, sandbox),
    )
    async with client_of(sandbox.currents_url) as client:
        preview = await action_of(name, client).inspect()

    commit = sandbox.currents.run_of(OWN).meta.commit
    for fact in (OWN, PROJECT, commit.branch, commit.sha[:12], "running, in progress", " ago"):
        assert fact in preview.description
    assert "3 tests failed" in preview.description
    assert "cannot be undone" in preview.effect
    assert preview.run is not None
    assert preview.run.id == OWN


@every_action
async def test_strangers_texts_are_plain_bounded_and_one_line_in_previews(
    sandbox: Sandbox, name: str
) -> None:
    specs = [
        replace(spec, spec=f"e2e/{number} {HOSTILE * 5}.spec.ts", machine_id="machine-a")
        for number, spec in enumerate([some_specs(sandbox)["a1"]] * 30)
    ]
    meta = sandbox.currents.run_of(FAILED).meta
    commit = replace(
        meta.commit, branch=HOSTILE * 40, message=HOSTILE * 40, author_name=HOSTILE * 40
    )
    put_run(
        sandbox,
        completion="IN_PROGRESS",
        specs=specs,
        tags=(HOSTILE * 9,) * 20,
        meta=replace(meta, ci_build_id=BUILD, commit=commit),
    )
    async with client_of(sandbox.currents_url) as client:
        preview = await action_of(name, client).inspect()

    assert OWN in preview.description
    assert_plain_line(preview.description, 1600)
    assert_plain_line(preview.effect, 400)
    question = question_message("cancel", preview.description, preview.effect, OWN)
    assert question.count("\n") == 3
