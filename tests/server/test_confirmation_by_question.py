"""Writes that a person at the host confirms, in both eras, against a log of what the API got."""

from typing import Final, Literal

import pytest
from hosts import Era
from in_process import connect
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData
from providers.currents_runs import FAILED, RUNNING, writes
from server.destructive_calls import (
    FakePerson,
    calls_of,
    every_action,
    every_era,
    failed_machines,
    report_of,
    typing,
)

from runs_mcp.sandbox import Sandbox
from runs_mcp.text import columns

CANCEL: Final = {"run_id": RUNNING}


@every_era
@every_action
async def test_the_right_answer_leads_to_exactly_one_write(
    sandbox: Sandbox, era: Era, action: str
) -> None:
    tool, arguments, typed = calls_of(sandbox)[action]
    person = FakePerson(typed)
    async with connect(sandbox, era=era, elicitation=person) as client:
        report = report_of(await client.call_tool(tool, arguments))
        again = report_of(await client.call_tool(tool, arguments))

    assert report["outcome"] == "done"
    assert report["effect"].endswith("cannot be undone.")
    assert len(writes(sandbox)) == 1
    assert again["outcome"] == "already_done"
    (question,) = person.questions
    lines = question.split("\n")
    assert len(lines) == 4
    assert max(map(columns, lines)) <= 74
    assert lines[0].endswith("This cannot be undone.")
    assert "last 6 characters" in lines[3]
    assert lines[3].endswith(f"{typed} in 120 s.")


@every_era
@pytest.mark.usefixtures("patient")
async def test_any_other_answer_is_declined_and_nothing_is_written(
    sandbox: Sandbox, era: Era
) -> None:
    answers: list[ElicitResult] = [
        typing(""),
        typing("wrong!"),
        typing("yes"),
        typing(RUNNING),
        ElicitResult(action="accept", content={}),
        ElicitResult(action="accept"),
        ElicitResult(action="accept", content={"confirm": True}),
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
        ElicitResult(action="decline", content={"last_characters": RUNNING[-6:]}),
        ElicitResult(action="cancel", content={"last_characters": RUNNING[-6:]}),
    ]
    person = FakePerson(*answers)
    async with connect(sandbox, era=era, elicitation=person) as client:
        for answer in answers:
            report = report_of(await client.call_tool("currents_cancel_run", CANCEL))
            assert report["outcome"] == "declined", answer

    assert len(person.questions) == len(answers)
    assert writes(sandbox) == []


async def test_an_error_instead_of_an_answer_is_no_answer(sandbox: Sandbox) -> None:
    person = FakePerson(ErrorData(code=-32601, message="not shown"))
    async with connect(sandbox, era="legacy", elicitation=person) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))

    assert report["outcome"] == "no_answer"
    assert "RUNS_MCP_CONFIRM=page" in report["next"]
    assert writes(sandbox) == []


@every_era
async def test_a_run_that_changes_while_the_person_thinks_is_left_alone(
    sandbox: Sandbox, era: Era
) -> None:
    reset = {"run_id": FAILED, "machine_ids": failed_machines(sandbox)}

    async def answer(
        context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        del context, params
        async with connect(sandbox, settings={"RUNS_MCP_PREAPPROVE": "reset"}) as other:
            await other.call_tool("currents_reset_run", reset)
        return typing(FAILED[-6:])

    async with connect(sandbox, era=era, elicitation=answer) as client:
        report = report_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))

    assert report["outcome"] == "changed"
    assert writes(sandbox) == ["PUT"]


@every_era
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_host_that_refuses_by_itself_is_told_from_a_person(
    sandbox: Sandbox, era: Era, action: Literal["decline", "cancel"]
) -> None:
    person = FakePerson(ElicitResult(action=action))
    async with connect(sandbox, era=era, elicitation=person) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))

    assert report["outcome"] == "no_answer"
    assert "seems to have answered by itself" in report["next"]
    assert "RUNS_MCP_CONFIRM=page" in report["next"]
    assert writes(sandbox) == []


@every_era
async def test_the_form_has_nothing_at_its_root_that_a_host_could_refuse(
    sandbox: Sandbox, era: Era
) -> None:
    """Codex refuses a schema with more, and then answers by itself."""
    schemas: list[dict[str, object]] = []

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        assert isinstance(params, ElicitRequestFormParams)
        schemas.append(params.requested_schema)
        return typing(RUNNING[-6:])

    async with connect(sandbox, era=era, elicitation=answer) as client:
        await client.call_tool("currents_cancel_run", CANCEL)

    (schema,) = schemas
    assert sorted(schema) == ["properties", "required", "type"]
    assert schema["required"] == ["last_characters"]
