"""Writes that the API refuses, and writes whose answer is lost."""

from typing import Any, Final

import pytest
from hosts import text_of
from in_process import connect
from providers.currents_runs import FAILED, OWN, RUNNING, put_run, writes
from server.destructive_calls import ALL_PREAPPROVED, calls_of, every_action, report_of

from runs_mcp.sandbox import READ_ONLY_KEY, Fault, Sandbox

CANCEL: Final = {"run_id": OWN}


def fail_writes(sandbox: Sandbox, **fault: Any) -> None:  # noqa: ANN401 - fields of a fault
    for method in ("PUT", "DELETE"):
        sandbox.fail(Fault(method=method, **fault))


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"lose_answer": True}, "done"),
        ({"truncate": True}, "done"),
        ({"malformed": True}, "unknown"),
        ({"oversized": 300_000}, "unknown"),
        ({"status": 500}, "unknown"),
        ({"status": 503}, "unknown"),
        ({"status": 504, "body": "<html>"}, "unknown"),
        ({"reset": True}, "unknown"),
        ({"delay_s": 60.0}, "unknown"),
    ],
    ids=str,
)
async def test_however_an_answer_is_lost_reading_settles_it_and_nothing_is_sent_twice(
    sandbox: Sandbox, fault: dict[str, Any], outcome: str
) -> None:
    put_run(sandbox, completion="IN_PROGRESS")
    fail_writes(sandbox, **fault)
    settings = {
        **ALL_PREAPPROVED,
        "RUNS_MCP_MAX_DOWNLOAD_BYTES": "200000",
        "RUNS_MCP_TIMEOUT_S": "0.5" if "delay_s" in fault else "30",
    }
    async with connect(sandbox, settings=settings) as client:
        report = report_of(await client.call_tool("currents_cancel_run", CANCEL))

    assert report["outcome"] == outcome
    # The sandbox may not yet have recorded a request that it delays.
    assert writes(sandbox) == ["PUT"] or ("delay_s" in fault and writes(sandbox) == [])
    canceled = sandbox.currents.run_of(OWN).completion_state == "CANCELED"
    assert canceled is (outcome == "done")


@every_action
@pytest.mark.parametrize(
    ("fault", "outcome"), [({"lose_answer": True}, "done"), ({"reset": True}, "unknown")], ids=str
)
async def test_every_action_settles_a_lost_answer_by_reading(
    sandbox: Sandbox, action: str, fault: dict[str, Any], outcome: str
) -> None:
    tool, arguments, _ = calls_of(sandbox)[action]
    fail_writes(sandbox, **fault)
    async with connect(sandbox, settings=ALL_PREAPPROVED) as client:
        report = report_of(await client.call_tool(tool, arguments))

    assert report["outcome"] == outcome
    assert ("do not simply repeat the call" in report["next"]) is (outcome == "unknown")
    assert len(writes(sandbox)) == 1


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("cancel", 302, "upstream_error"),
        ("cancel", 400, "invalid_argument"),
        ("cancel", 401, "unauthorized"),
        ("cancel", 402, "upstream_error"),
        ("cancel", 403, "forbidden"),
        ("cancel", 404, "not_found"),
        ("cancel", 408, "upstream_error"),
        ("cancel", 409, "conflict"),
        ("cancel", 413, "too_large"),
        ("cancel", 422, "conflict"),
        ("cancel", 429, "rate_limited"),
        ("cancel by CI", 422, "conflict"),
        ("reset", 429, "rate_limited"),
        ("delete", 403, "forbidden"),
    ],
)
async def test_a_refused_write_is_an_error_that_says_nothing_was_changed(
    sandbox: Sandbox, action: str, status: int, kind: str
) -> None:
    """CONTRACT, Confirmation: 4xx is a tool error, and says that nothing was changed."""
    tool, arguments, _ = calls_of(sandbox)[action]
    fail_writes(sandbox, status=status)
    async with connect(sandbox, settings=ALL_PREAPPROVED) as client:
        result = await client.call_tool(tool, arguments)

    assert result.is_error
    assert f"kind={kind} status={status}" in text_of(result)
    assert "Nothing was changed." in text_of(result)
    assert len(writes(sandbox)) == 1


async def test_a_key_that_may_only_read_is_refused_and_the_needed_key_named(
    sandbox: Sandbox,
) -> None:
    settings = {**ALL_PREAPPROVED, "CURRENTS_API_KEY": READ_ONLY_KEY}
    async with connect(sandbox, settings=settings) as client:
        for tool, run in (("currents_cancel_run", RUNNING), ("currents_delete_run", FAILED)):
            message = text_of(await client.call_tool(tool, {"run_id": run}))
            for part in ("kind=forbidden", "CURRENTS_API_KEY", "write access", "Nothing was chang"):
                assert part in message


async def test_one_deadline_covers_the_reading_and_the_write(sandbox: Sandbox) -> None:
    """CONTRACT, Settings: one deadline for a whole tool call's upstream work."""
    put_run(sandbox, completion="IN_PROGRESS")
    sandbox.fail(Fault(method="GET", delay_s=0.3))
    settings = {**ALL_PREAPPROVED, "RUNS_MCP_TIMEOUT_S": "0.5"}
    async with connect(sandbox, settings=settings) as client:
        result = await client.call_tool("currents_cancel_run", CANCEL)
    assert "kind=timeout" in text_of(result)
    assert writes(sandbox) == []
