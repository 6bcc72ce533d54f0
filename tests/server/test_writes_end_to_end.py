"""Cancel, reset and delete over stdio, in both eras, against a log of what reached the API."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from hosts import ERAS, Era, structured_of, text_of
from in_process import connect
from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, ErrorData
from msgspec import UNSET

from runs_mcp.sandbox import READ_ONLY_KEY, Fault, Sandbox
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)

RUNNING: Final = NotableRun.IN_PROGRESS.value
FAILED: Final = NotableRun.THREE_CAUSES.value
every_era = pytest.mark.parametrize("era", ERAS)


class Answering:
    """A person before the host; what they do with each question, and the questions they saw."""

    def __init__(self, *answers: ElicitResult | ErrorData | str) -> None:
        self._answers = list(answers)
        self.questions: list[str] = []

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        del context
        self.questions.append(params.message)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, str):
            return ElicitResult(action="accept", content={"last_characters": answer})
        return answer


def machines_that_failed(sandbox: Sandbox, run: str) -> list[str]:
    return sorted(
        {
            spec.machine_id
            for spec in sandbox.currents.specs_of(run)
            if spec.results is not UNSET and spec.results.stats.failures and spec.machine_id
        }
    )


def calls_of(sandbox: Sandbox) -> dict[str, tuple[str, dict[str, object], str]]:
    """Returns for each action its tool, its arguments, and what the person types."""
    machines = machines_that_failed(sandbox, FAILED)
    github_run, attempt = PUSH_IN_PROGRESS
    github: dict[str, object] = {"github_run_id": github_run, "github_run_attempt": attempt}
    return {
        "cancel": ("currents_cancel_run", {"run_id": RUNNING}, RUNNING[-6:]),
        "cancel by CI": (
            "currents_cancel_run_by_github_ci",
            {**github, "project_id": BOOKING_PROJECT},
            github_run[-6:],
        ),
        "reset": (
            "currents_reset_run",
            {"run_id": FAILED, "machine_ids": machines},
            FAILED[-6:],
        ),
        "delete": ("currents_delete_run", {"run_id": FAILED}, FAILED[-6:]),
    }


every_action = pytest.mark.parametrize("action", ["cancel", "cancel by CI", "reset", "delete"])


def writes(sandbox: Sandbox) -> list[str]:
    return [request.method for request in sandbox.requests if request.method != "GET"]


def outcome_of(result: CallToolResult) -> dict[str, Any]:
    report = structured_of(result)
    assert f"outcome {report['outcome']}" in text_of(result)
    unchanged = "Nothing was changed." in report["next"]
    assert unchanged is (report["outcome"] not in ("done", "already_done", "unknown"))
    return report


@asynccontextmanager
async def asked(
    sandbox: Sandbox, person: Answering, era: Era, **settings: str
) -> AsyncIterator[Client]:
    async with connect(sandbox, era=era, settings=settings, elicitation=person) as client:
        yield client


@every_era
@every_action
async def test_the_right_answer_leads_to_exactly_one_write(
    sandbox: Sandbox, era: Era, action: str
) -> None:
    tool, arguments, typed = calls_of(sandbox)[action]
    person = Answering(typed)
    async with asked(sandbox, person, era) as client:
        report = outcome_of(await client.call_tool(tool, arguments))
        again = outcome_of(await client.call_tool(tool, arguments))

    assert report["outcome"] == "done"
    assert report["effect"].endswith("cannot be undone.")
    assert len(writes(sandbox)) == 1
    assert again["outcome"] == "already_done"
    (question,) = person.questions
    assert report["preview"] in question
    assert "type the last 6 characters" in question


@every_era
@pytest.mark.parametrize(
    "answer",
    [
        "",
        "wrong!",
        "yes",
        RUNNING,
        ElicitResult(action="accept", content={}),
        ElicitResult(action="accept"),
        ElicitResult(action="accept", content={"confirm": True}),
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
    ],
    ids=str,
)
async def test_any_other_answer_is_declined_and_nothing_is_written(
    sandbox: Sandbox, era: Era, answer: ElicitResult | str
) -> None:
    async with asked(sandbox, Answering(answer), era) as client:
        report = outcome_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))

    assert report["outcome"] == "declined"
    assert writes(sandbox) == []


async def test_an_error_instead_of_an_answer_is_no_answer(sandbox: Sandbox) -> None:
    person = Answering(ErrorData(code=-32601, message="not shown"))
    async with asked(sandbox, person, "legacy") as client:
        report = outcome_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))

    assert report["outcome"] == "no_answer"
    assert "RUNS_MCP_CONFIRM=token" in report["next"]
    assert writes(sandbox) == []


@every_era
@every_action
async def test_a_token_acts_where_nobody_can_be_asked(
    sandbox: Sandbox, era: Era, action: str
) -> None:
    tool, arguments, _ = calls_of(sandbox)[action]
    async with connect(sandbox, era=era) as client:
        first = outcome_of(await client.call_tool(tool, arguments))
        assert writes(sandbox) == []
        token = first["confirmation_token"]
        second = outcome_of(
            await client.call_tool(tool, {**arguments, "confirmation_token": token})
        )
        third = outcome_of(await client.call_tool(tool, {**arguments, "confirmation_token": token}))

    assert (first["outcome"], first["expires_in_s"]) == ("confirmation_required", 300)
    assert second["outcome"] == "done"
    assert third["outcome"] == "already_done"
    assert len(writes(sandbox)) == 1


async def test_a_token_is_worth_nothing_for_another_call(sandbox: Sandbox) -> None:
    machines = machines_that_failed(sandbox, FAILED)
    failing = NotableRun.FAILING.value
    async with connect(sandbox) as client:

        async def outcome(tool: str, token: str, **arguments: object) -> dict[str, Any]:
            given = {**arguments, "confirmation_token": token}
            return outcome_of(await client.call_tool(tool, given))

        cancel = (await outcome("currents_cancel_run", "", run_id=RUNNING))["confirmation_token"]
        reset = (await outcome("currents_reset_run", "", run_id=FAILED, machine_ids=machines))[
            "confirmation_token"
        ]
        others = [
            await outcome("currents_cancel_run", cancel, run_id=failing),
            await outcome("currents_delete_run", cancel, run_id=RUNNING),
            await outcome("currents_reset_run", reset, run_id=FAILED, machine_ids=machines[:1]),
            await outcome(
                "currents_reset_run", reset, run_id=FAILED, machine_ids=machines, batched=True
            ),
            await outcome("currents_cancel_run", cancel[:-2] + "xx", run_id=RUNNING),
            await outcome("currents_cancel_run", "yes", run_id=RUNNING),
        ]

    for report in others:
        assert report["outcome"] == "confirmation_required"
        assert report["preview"]
    assert writes(sandbox) == []


async def test_a_token_of_another_caller_or_server_is_worth_nothing(sandbox: Sandbox) -> None:
    keys = {"RUNS_MCP_STATE_KEYS": "k" * 32}
    other_caller = {**keys, "CURRENTS_API_KEY": READ_ONLY_KEY}
    async with connect(sandbox, settings=keys) as client:
        report = outcome_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))
    call = {"run_id": RUNNING, "confirmation_token": report["confirmation_token"]}
    for settings in ({}, other_caller):
        async with connect(sandbox, settings=settings) as client:
            refused = outcome_of(await client.call_tool("currents_cancel_run", call))
            assert refused["outcome"] == "confirmation_required"
    assert writes(sandbox) == []

    async with connect(sandbox, settings=keys) as client:
        done = outcome_of(await client.call_tool("currents_cancel_run", call))
    assert done["outcome"] == "done"


@every_era
async def test_a_run_that_has_changed_since_it_was_shown_is_left_alone(
    sandbox: Sandbox, era: Era
) -> None:
    machines = machines_that_failed(sandbox, FAILED)
    reset = {"run_id": FAILED, "machine_ids": machines[:1]}
    async with connect(sandbox, era=era) as client:
        shown = outcome_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))
        first = outcome_of(await client.call_tool("currents_reset_run", reset))
        token = {"confirmation_token": first["confirmation_token"]}
        assert (
            outcome_of(await client.call_tool("currents_reset_run", {**reset, **token}))["outcome"]
            == "done"
        )
        late = {"run_id": FAILED, "confirmation_token": shown["confirmation_token"]}
        report = outcome_of(await client.call_tool("currents_delete_run", late))

    assert report["outcome"] == "changed"
    assert report["confirmation_token"]
    assert writes(sandbox) == ["PUT"]


@every_era
async def test_a_run_that_changes_while_the_person_thinks_is_left_alone(
    sandbox: Sandbox, era: Era
) -> None:
    async def answer(
        context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult | ErrorData:
        del context, params
        async with connect(sandbox, settings={"RUNS_MCP_PREAPPROVE": "reset"}) as other:
            machines = machines_that_failed(sandbox, FAILED)
            await other.call_tool("currents_reset_run", {"run_id": FAILED, "machine_ids": machines})
        return ElicitResult(action="accept", content={"last_characters": FAILED[-6:]})

    async with connect(sandbox, era=era, elicitation=answer) as client:
        report = outcome_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))

    assert report["outcome"] == "changed"
    assert writes(sandbox) == ["PUT"]


@every_era
async def test_human_without_a_way_to_ask_refuses_and_says_what_the_operator_can_do(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era, settings={"RUNS_MCP_CONFIRM": "human"}) as client:
        report = outcome_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))

    assert report["outcome"] == "refused"
    assert "RUNS_MCP_PREAPPROVE=delete" in report["next"]
    assert "confirmation_token" not in report


async def test_token_never_asks_even_where_it_could(sandbox: Sandbox) -> None:
    person = Answering(RUNNING[-6:])
    async with asked(sandbox, person, "legacy", RUNS_MCP_CONFIRM="token") as client:
        report = outcome_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))

    assert report["outcome"] == "confirmation_required"
    assert person.questions == []


@every_era
async def test_preapproved_actions_run_without_asking_and_the_others_do_not(
    sandbox: Sandbox, era: Era, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.jsonl"
    person = Answering(ElicitResult(action="decline"))
    async with asked(
        sandbox, person, era, RUNS_MCP_PREAPPROVE="cancel", RUNS_MCP_AUDIT_LOG=str(audit)
    ) as client:
        cancel = outcome_of(await client.call_tool("currents_cancel_run", {"run_id": RUNNING}))
        delete = outcome_of(await client.call_tool("currents_delete_run", {"run_id": FAILED}))

    assert (cancel["outcome"], delete["outcome"]) == ("done", "declined")
    assert writes(sandbox) == ["PUT"]
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [(line["action"], line["confirmed_by"], line["outcome"]) for line in lines] == [
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


@every_action
async def test_a_lost_answer_is_settled_by_reading(sandbox: Sandbox, action: str) -> None:
    tool, arguments, _ = calls_of(sandbox)[action]
    for fault in (Fault(method="PUT", lose_answer=True), Fault(method="DELETE", lose_answer=True)):
        sandbox.fail(fault)
    preapprove = {"RUNS_MCP_PREAPPROVE": "cancel,reset,delete"}
    async with connect(sandbox, settings=preapprove) as client:
        report = outcome_of(await client.call_tool(tool, arguments))

    assert report["outcome"] == "done"
    assert len(writes(sandbox)) == 1


@every_action
@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 503}, {"status": 500}], ids=str)
async def test_a_write_that_did_nothing_and_lost_its_answer_is_unknown_and_not_repeated(
    sandbox: Sandbox, action: str, fault: dict[str, Any]
) -> None:
    tool, arguments, _ = calls_of(sandbox)[action]
    for method in ("PUT", "DELETE"):
        sandbox.fail(Fault(method=method, **fault))
    preapprove = {"RUNS_MCP_PREAPPROVE": "cancel,reset,delete"}
    async with connect(sandbox, settings=preapprove) as client:
        report = outcome_of(await client.call_tool(tool, arguments))

    assert report["outcome"] == "unknown"
    assert "do not simply repeat the call" in report["next"]
    assert len(writes(sandbox)) == 1


@every_action
@pytest.mark.parametrize(
    ("status", "kind"), [(403, "forbidden"), (409, "conflict"), (422, "conflict"), (429, "rate")]
)
async def test_a_refused_write_is_an_error_that_says_nothing_was_changed(
    sandbox: Sandbox, action: str, status: int, kind: str
) -> None:
    tool, arguments, _ = calls_of(sandbox)[action]
    for method in ("PUT", "DELETE"):
        sandbox.fail(Fault(method=method, status=status))
    preapprove = {"RUNS_MCP_PREAPPROVE": "cancel,reset,delete"}
    async with connect(sandbox, settings=preapprove) as client:
        result = await client.call_tool(tool, arguments)

    assert result.is_error
    assert f"kind={kind}" in text_of(result)
    assert "Nothing was changed." in text_of(result)
    assert len(writes(sandbox)) == 1


async def test_a_read_only_key_is_told_which_key_is_needed(sandbox: Sandbox) -> None:
    settings = {"CURRENTS_API_KEY": READ_ONLY_KEY, "RUNS_MCP_PREAPPROVE": "cancel"}
    async with connect(sandbox, settings=settings) as client:
        result = await client.call_tool("currents_cancel_run", {"run_id": RUNNING})

    assert "kind=forbidden" in text_of(result)
    assert "CURRENTS_API_KEY" in text_of(result)
    assert "write access" in text_of(result)


async def test_read_only_mode_has_no_such_tools(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings={"RUNS_MCP_READ_ONLY": "true"}) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("currents_cancel_run", {"run_id": RUNNING})

    assert not any("cancel" in name or "reset" in name or "delete" in name for name in names)
    assert "There is no tool" in text_of(result)
    assert sandbox.requests == []


async def test_a_hundred_attempts_at_once_lead_to_one_write(sandbox: Sandbox) -> None:
    reports: list[str] = []
    async with connect(sandbox, settings={"RUNS_MCP_PREAPPROVE": "cancel"}) as client:

        async def attempt() -> None:
            result = await client.call_tool("currents_cancel_run", {"run_id": RUNNING})
            reports.append(outcome_of(result)["outcome"])

        with anyio.fail_after(60):
            async with anyio.create_task_group() as attempts:
                for _ in range(100):
                    attempts.start_soon(attempt)

    assert sorted(reports) == ["already_done"] * 99 + ["done"]
    assert len(writes(sandbox)) == 1


async def test_reset_names_the_machines_that_there_are(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool(
            "currents_reset_run", {"run_id": FAILED, "machine_ids": ["no-such-machine"]}
        )

    assert "kind=invalid_argument" in text_of(result)
    assert "no machine no-such-machine" in text_of(result)
    for machine in machines_that_failed(sandbox, FAILED):
        assert machine in text_of(result)


async def test_cancel_by_ci_says_which_runs_it_means_or_that_the_api_alone_decides(
    sandbox: Sandbox,
) -> None:
    github_run, attempt = PUSH_IN_PROGRESS
    call: dict[str, object] = {"github_run_id": github_run, "github_run_attempt": attempt}
    async with connect(sandbox) as client:

        async def preview(**more: object) -> dict[str, Any]:
            result = await client.call_tool("currents_cancel_run_by_github_ci", {**call, **more})
            return outcome_of(result)

        shown = await preview(project_id=BOOKING_PROJECT)
        without = await preview()
        missing = await preview(project_id=BOOKING_PROJECT, ci_build_id="no-such-build")

    assert shown["run"]["id"] == RUNNING
    assert "run" not in without
    assert "the API alone decides" in without["preview"]
    assert "the API alone decides" in missing["preview"]
    assert writes(sandbox) == []


async def test_what_is_no_id_is_refused_before_anything_is_read(sandbox: Sandbox) -> None:
    bad: Sequence[tuple[str, dict[str, object]]] = [
        ("currents_cancel_run", {"run_id": "../webhooks/abc"}),
        ("currents_delete_run", {"run_id": "../webhooks/abc"}),
        ("currents_delete_run", {"run_id": ""}),
        ("currents_delete_run", {"run_id": "find"}),
        ("currents_reset_run", {"run_id": "a/b", "machine_ids": ["m"]}),
        ("currents_reset_run", {"run_id": RUNNING, "machine_ids": []}),
        ("currents_reset_run", {"run_id": RUNNING, "machine_ids": ["m"] * 64}),
        ("currents_cancel_run_by_github_ci", {"github_run_id": "x", "github_run_attempt": 1}),
        ("currents_cancel_run_by_github_ci", {"github_run_id": "1", "github_run_attempt": 0}),
        ("currents_cancel_run", {"run_id": RUNNING, "force": True}),
    ]
    async with connect(sandbox) as client:
        for tool, arguments in bad:
            result = await client.call_tool(tool, arguments)
            assert "kind=invalid_argument" in text_of(result), (tool, arguments)

    assert sandbox.requests == []
