"""What the operator sets: who confirms, what is preapproved, and where it is audited."""

import json
from pathlib import Path

import pytest
from hosts import Era, text_of
from in_process import connect
from mcp_types import ElicitResult
from providers.currents_runs import FAILED, RUNNING, writes
from server.destructive_calls import FakePerson, every_era, report_of

from runs_mcp.sandbox import Sandbox


@every_era
async def test_human_without_a_way_to_ask_refuses_and_says_what_the_operator_can_do(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era, settings={"RUNS_MCP_CONFIRM": "human"}) as client:
        report = report_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))

    assert report["outcome"] == "refused"
    assert "RUNS_MCP_PREAPPROVE=delete" in report["next"]
    assert "confirmation_token" not in report


async def test_token_never_asks_even_where_it_could(sandbox: Sandbox) -> None:
    person = FakePerson(RUNNING[-6:])
    settings = {"RUNS_MCP_CONFIRM": "token"}
    async with connect(sandbox, era="legacy", settings=settings, elicitation=person) as client:
        report = report_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))

    assert report["outcome"] == "confirmation_required"
    assert person.questions == []


@every_era
@pytest.mark.usefixtures("patient")
async def test_preapproved_actions_run_without_asking_and_the_others_do_not(
    sandbox: Sandbox, era: Era, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.jsonl"
    person = FakePerson(ElicitResult(action="decline"))
    settings = {"RUNS_MCP_PREAPPROVE": "cancel", "RUNS_MCP_AUDIT_LOG": str(audit)}
    async with connect(sandbox, era=era, settings=settings, elicitation=person) as client:
        cancel = report_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))
        delete = report_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))

    assert (cancel["outcome"], delete["outcome"]) == ("done", "declined")
    assert writes(sandbox) == ["PUT"]
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [(line["action"], line["confirmed_by"], line["outcome"]) for line in lines] == [
        ("cancel", "preapproved", "started"),
        ("cancel", "preapproved", "done"),
        ("delete", None, "asked"),
        ("delete", None, "declined"),
    ]
    assert {line["run"] for line in lines} == {RUNNING, FAILED}


async def test_an_audit_log_that_cannot_be_written_stops_the_action(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = {"RUNS_MCP_PREAPPROVE": "cancel", "RUNS_MCP_AUDIT_LOG": str(tmp_path / "no" / "x")}
    async with connect(sandbox, settings=settings) as client:
        result = await client.call_tool("currents_cancel_run", {"run_id": RUNNING})

    assert result.is_error
    assert "audit log cannot be written" in text_of(result)
    assert "Nothing was changed." in text_of(result)
    assert str(tmp_path) not in text_of(result)
    assert writes(sandbox) == []


async def test_read_only_mode_has_no_tool_that_writes(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings={"RUNS_MCP_READ_ONLY": "true"}) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("currents_cancel_run", {"run_id": RUNNING})

    assert not any("cancel" in name or "reset" in name or "delete" in name for name in names)
    assert "There is no tool" in text_of(result)
    assert sandbox.requests == []
