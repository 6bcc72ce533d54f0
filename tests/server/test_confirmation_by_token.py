"""Writes that a token confirms, where the operator says so: for one call, one run, one write."""

from functools import partial
from typing import Any, Final

import anyio
import pytest
from hosts import Era, text_of
from in_process import connect as connect_in_process
from mcp import Client
from providers.currents_runs import (
    CONSOLE_RUNNING,
    FAILED,
    OWN,
    RUNNING,
    put_run,
    some_specs,
    writes,
)
from server.destructive_calls import (
    ATTEMPT,
    BY_GITHUB,
    GITHUB_RUN,
    calls_of,
    every_action,
    every_era,
    failed_machines,
    report_of,
)

from runs_mcp.sandbox import READ_ONLY_KEY, Sandbox
from runs_mcp.sandbox.story.notable import CONSOLE_PROJECT, NotableRun

TOKEN_POLICY: Final = {"RUNS_MCP_CONFIRM": "token"}
connect = partial(connect_in_process, settings=TOKEN_POLICY)
CANCEL: Final[dict[str, object]] = {"run_id": RUNNING}
RESET: Final[dict[str, object]] = {"run_id": OWN, "machine_ids": ["machine-a", "machine-b"]}
BY_GITHUB_TOOL: Final = "currents_cancel_run_by_github_ci"
OTHER_RUN: Final = OWN + "x"


async def report_on(
    client: Client, tool: str, arguments: dict[str, object], token: str = ""
) -> dict[str, Any]:
    given = {**arguments, "confirmation_token": token}
    return report_of(await client.call_tool(tool, given))


async def token_for(client: Client, tool: str, arguments: dict[str, object]) -> str:
    token: str = (await report_on(client, tool, arguments))["confirmation_token"]
    return token


@every_era
@every_action
async def test_a_token_acts_where_the_operator_says_so(
    sandbox: Sandbox, era: Era, action: str
) -> None:
    tool, arguments, _ = calls_of(sandbox)[action]
    async with connect(sandbox, era=era) as client:
        first = report_of(await client.call_tool(tool, arguments))
        assert writes(sandbox) == []
        token = first["confirmation_token"]
        second = await report_on(client, tool, arguments, token)
        third = await report_on(client, tool, arguments, token)

    assert (first["outcome"], first["expires_in_s"]) == ("confirmation_required", 300)
    assert second["outcome"] == "done"
    assert third["outcome"] == "already_done"
    assert len(writes(sandbox)) == 1


GITHUB_DIFFERENCES: Final[list[dict[str, object]]] = [
    {"project_id": ""},
    {"project_id": CONSOLE_PROJECT},
    {"github_run_attempt": ATTEMPT + 1},
    {"github_run_id": f"0{GITHUB_RUN}"},
    {"ci_build_id": f"skerry-lines/booking-site-{GITHUB_RUN}-{ATTEMPT}"},
]
DIFFERENCES: Final[list[tuple[str, dict[str, object], str, dict[str, object]]]] = [
    ("currents_cancel_run", CANCEL, "currents_cancel_run", {"run_id": NotableRun.FAILING.value}),
    ("currents_cancel_run", CANCEL, "currents_delete_run", {}),
    ("currents_reset_run", RESET, "currents_reset_run", {"run_id": OTHER_RUN}),
    ("currents_reset_run", RESET, "currents_reset_run", {"batched": True}),
    ("currents_reset_run", RESET, "currents_reset_run", {"machine_ids": ["machine-a"]}),
    *((BY_GITHUB_TOOL, BY_GITHUB, BY_GITHUB_TOOL, other) for other in GITHUB_DIFFERENCES),
]


async def test_a_call_that_differs_in_tool_or_any_argument_needs_its_own_token(
    sandbox: Sandbox,
) -> None:
    for run_id in (OWN, OTHER_RUN):
        put_run(sandbox, run_id, specs=list(some_specs(sandbox).values()))
    async with connect(sandbox) as client:
        for tool, arguments, other_tool, difference in DIFFERENCES:
            token = await token_for(client, tool, arguments)
            report = await report_on(client, other_tool, {**arguments, **difference}, token)
            assert report["outcome"] == "confirmation_required", (other_tool, difference)
            assert report["preview"]
    assert writes(sandbox) == []


SPELLINGS: Final[dict[str, tuple[str, dict[str, object], dict[str, object]]]] = {
    "the URL for the ID": (
        "currents_delete_run",
        {"run_id": OWN},
        {"run_id": f"<https://app.currents.dev/run/{OWN}/overview?x=y#z>"},
    ),
    "machines in another order, twice": (
        "currents_reset_run",
        RESET,
        {
            "run_id": f" app.currents.dev/run/{OWN} ",
            "machine_ids": ["machine-b", "machine-a", "machine-b"],
            "batched": False,
        },
    ),
    "a number for a text": (
        BY_GITHUB_TOOL,
        BY_GITHUB,
        {
            **BY_GITHUB,
            "github_run_id": int(GITHUB_RUN),
            "github_run_attempt": str(ATTEMPT),
            "ci_build_id": "",
        },
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_spelling_of_the_same_call_is_the_same_call(
    sandbox: Sandbox, spelling: str
) -> None:
    put_run(sandbox, specs=list(some_specs(sandbox).values()))
    tool, shown, called = SPELLINGS[spelling]
    async with connect(sandbox) as client:
        token = await token_for(client, tool, shown)
        assert (await report_on(client, tool, called, token))["outcome"] == "done"
        assert (await report_on(client, tool, called, token))["outcome"] == "already_done"
    assert len(writes(sandbox)) == 1


async def test_a_token_of_another_caller_or_server_is_worth_nothing(sandbox: Sandbox) -> None:
    keys = {**TOKEN_POLICY, "RUNS_MCP_STATE_KEYS": "k" * 32}
    other_caller = {**keys, "CURRENTS_API_KEY": READ_ONLY_KEY}
    async with connect(sandbox, settings=keys) as client:
        token = await token_for(client, "currents_cancel_run", CANCEL)
    for settings in (TOKEN_POLICY, other_caller):
        async with connect(sandbox, settings=settings) as client:
            refused = await report_on(client, "currents_cancel_run", CANCEL, token)
            assert refused["outcome"] == "confirmation_required"
    assert writes(sandbox) == []

    async with connect(sandbox, settings=keys) as client:
        done = await report_on(client, "currents_cancel_run", CANCEL, token)
    assert done["outcome"] == "done"


@every_era
async def test_a_run_that_has_changed_since_it_was_shown_is_left_alone(
    sandbox: Sandbox, era: Era
) -> None:
    delete: dict[str, object] = {"run_id": FAILED}
    reset: dict[str, object] = {"run_id": FAILED, "machine_ids": failed_machines(sandbox)[:1]}
    async with connect(sandbox, era=era) as client:
        shown = await token_for(client, "currents_delete_run", delete)
        token = await token_for(client, "currents_reset_run", reset)
        done = await report_on(client, "currents_reset_run", reset, token)
        report = await report_on(client, "currents_delete_run", delete, shown)

    assert done["outcome"] == "done"
    assert report["outcome"] == "changed"
    assert report["confirmation_token"]
    assert writes(sandbox) == ["PUT"]


async def test_a_hundred_calls_with_one_token_lead_to_one_write(sandbox: Sandbox) -> None:
    put_run(sandbox, specs=list(some_specs(sandbox).values()))
    outcomes: list[str] = []
    async with connect(sandbox) as client:
        token = await token_for(client, "currents_reset_run", RESET)

        async def attempt() -> None:
            report = await report_on(client, "currents_reset_run", RESET, token)
            outcomes.append(report["outcome"])

        with anyio.fail_after(60):
            async with anyio.create_task_group() as attempts:
                for _ in range(100):
                    attempts.start_soon(attempt)
    assert sorted(outcomes) == ["already_done"] * 99 + ["done"]
    assert writes(sandbox) == ["PUT"]


async def test_one_token_for_what_the_api_alone_decides_cancels_one_run(sandbox: Sandbox) -> None:
    """Both runs in progress are of this workflow run; the person agreed to one call."""
    tool, arguments = BY_GITHUB_TOOL, {**BY_GITHUB, "project_id": ""}
    async with connect(sandbox) as client:
        token = await token_for(client, tool, arguments)
        done = await report_on(client, tool, arguments, token)
        again = await report_on(client, tool, arguments, token)

    assert done["outcome"] == "done"
    assert again["outcome"] in ("confirmation_required", "already_done")
    assert writes(sandbox) == ["PUT"]
    states = {sandbox.currents.run_of(run).completion_state for run in (RUNNING, CONSOLE_RUNNING)}
    assert states == {"CANCELED", "IN_PROGRESS"}


async def test_no_argument_stands_in_for_a_confirmation(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        for name in ("confirm", "confirmed", "force", "yes", "preapprove", "typed", "action"):
            result = await client.call_tool("currents_cancel_run", {**CANCEL, name: True})
            assert "kind=invalid_argument" in text_of(result)
        genuine = await token_for(client, "currents_cancel_run", CANCEL)
        made_up = ("true", "yes", RUNNING[-6:], RUNNING, "\0", "." * 1000, "x" * 1001, 1, True)
        for token in (*made_up, genuine[:-2] + "xx"):
            result = await client.call_tool(
                "currents_cancel_run", {**CANCEL, "confirmation_token": token}
            )
            assert result.is_error or "confirmation_required" in text_of(result)
    assert writes(sandbox) == []
