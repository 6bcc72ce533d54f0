"""What the previews of all actions on Currents runs say, and how they show strangers' texts."""

import re
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
from report_stub import Route, Stub

from runs_mcp.confirmation.action import LINE_COLUMNS, Action
from runs_mcp.confirmation.wording import question_message
from runs_mcp.errors import MalformedResponse
from runs_mcp.model import Run
from runs_mcp.providers.currents.actions.cancel_run import CancelRun
from runs_mcp.providers.currents.actions.delete_run import DeleteRun
from runs_mcp.providers.currents.actions.reset_run import ResetRun
from runs_mcp.providers.currents.actions.wording import which_run
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import TestTotals
from runs_mcp.text import columns

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
    assert_plain_line("".join(preview.summary), 3 * LINE_COLUMNS)
    question = question_message(preview.summary, OWN, 120)
    assert question.count("\n") == 3
    assert max(map(columns, question.split("\n"))) <= LINE_COLUMNS
    assert question.split("\n")[0].endswith("This cannot be undone.")
    for fact in preview.facts:
        for value in fact.values:
            assert_plain_line(value, 800)


LOOK_ALIKES: Final = ["”", "“", "＂", "″", "〃", "ʺ", "''", "’’", "`´", "״"]
QUOTES: Final = ('"', *LOOK_ALIKES)


@every_action
@pytest.mark.parametrize("quote", QUOTES)
async def test_nothing_that_strangers_wrote_can_close_its_quotes(
    sandbox: Sandbox, name: str, quote: str
) -> None:
    """Not to the eye either: what follows a quotation mark would look like a line of ours."""
    text = f"main{quote}, commit 1234567: all is well. It has 0 failed tests"
    specs = [replace(some_specs(sandbox)["a1"], spec=text, machine_id="machine-a")]
    commit = replace(
        sandbox.currents.run_of(FAILED).meta.commit, branch=text, message=text, sha=text
    )
    meta = replace(sandbox.currents.run_of(FAILED).meta, ci_build_id=BUILD, commit=commit)
    put_run(sandbox, completion="IN_PROGRESS", status="FAILING", specs=specs, meta=meta)
    async with client_of(sandbox.currents_url) as client:
        preview = await action_of(name, client).inspect()

    for shown in (preview.description, *preview.summary):
        ours = re.sub(r'"[^"]*"', "", shown)
        assert "all is well" not in ours
        assert '"' not in ours
        assert not any(mark in shown for mark in LOOK_ALIKES)


@pytest.mark.parametrize("name", ["cancel", "reset", "delete"])
async def test_another_run_than_the_one_that_was_named_is_refused(stub: Stub, name: str) -> None:
    run = {"runId": "another", "completionState": "IN_PROGRESS"}
    stub.serve([Route(path=f"/v1/runs/{OWN}", body={"status": "OK", "data": run})])
    async with client_of(stub.environment["CURRENTS_API_URL"]) as client:
        with pytest.raises(MalformedResponse, match=f'asked for run {OWN}.*"another"'):
            await action_of(name, client).inspect()


@pytest.mark.parametrize(
    ("branch", "commit", "message", "line"),
    [
        ("main", "0123456789abcdef", "Fix it", 'Branch "main", commit 0123456: "Fix it"'),
        ("", "0123456789abcdef", "Fix it", 'Commit 0123456: "Fix it"'),
        ("main", "", "", 'Branch "main"'),
        ("", "", "Fix it", 'No branch or commit is known: "Fix it"'),
        ("main", "not a hash", "", 'Branch "main", commit "not a…"'),
        ("b" * 99, "0123456789", "m" * 99, None),
        ("日" * 99, "0123456789", "日" * 99, None),
        ("b" * 99, "", "", None),
    ],
)
def test_a_run_is_known_by_branch_commit_and_message(
    branch: str, commit: str, message: str, line: str | None
) -> None:
    run = Run(provider="currents", id="r", branch=branch, commit=commit, commit_message=message)
    shown = which_run(run)
    assert line is None or shown == line
    assert columns(shown) <= LINE_COLUMNS
    assert line is not None or columns(shown) >= LINE_COLUMNS - 2
