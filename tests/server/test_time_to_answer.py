"""A question does not wait for ever: tried in one process, where the time can be made short."""

import json
import time
from pathlib import Path
from typing import Final

import anyio
import pytest
from hosts import structured_of
from in_process import configured
from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult
from providers.currents_runs import RUNNING, writes
from server.destructive_calls import typing

from runs_mcp.sandbox import Sandbox
from runs_mcp.server.build import build_server

CALL: Final = {"run_id": RUNNING}


async def test_a_question_that_nobody_answers_ends_with_no_answer(sandbox: Sandbox) -> None:
    async def never(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context, params
        await anyio.sleep_forever()
        raise AssertionError

    server = build_server(configured(sandbox.variables), answer_seconds=0.1)
    with anyio.fail_after(20):
        async with Client(server, mode="legacy", elicitation_callback=never) as client:
            result = await client.call_tool("currents_cancel_run", CALL)

    assert structured_of(result)["outcome"] == "no_answer"
    assert writes(sandbox) == []


async def test_a_late_answer_is_no_answer_and_is_said_so(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = time.time
    audit = tmp_path / "audit"

    async def late(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context, params
        monkeypatch.setattr(time, "time", lambda: now() + 121)
        return typing(RUNNING[-6:])

    configuration = configured(sandbox.variables, {"audit_log": str(audit)})
    async with Client(build_server(configuration), elicitation_callback=late) as client:
        report = structured_of(await client.call_tool("currents_cancel_run", CALL))

    assert report["outcome"] == "no_answer"
    assert "Nothing was changed. The answer came too late to count." in report["next"]
    assert [json.loads(line)["outcome"] for line in audit.read_text().splitlines()] == [
        "asked",
        "no_answer",
    ]
    assert writes(sandbox) == []
