"""How many requests a history takes, and how it goes on where they were too many."""

from typing import Any, Final

import pytest
from history_in_stub import ASKED, serve_history
from hosts import structured_of, text_of
from in_process import configured
from mcp import Client
from mcp_types import CallToolResult
from report_stub import Stub

from runs_mcp.server.build import build_server

Json = dict[str, Any]
HARBOUR: Final = "the harbour is closed"
SPECS: Final = [f"specs/{number}.spec.ts" for number in range(20)]


def busy_run(*, has_cause: bool, specs: int = 3) -> dict[str, str]:
    """Returns a run of 20 specs that failed, some of them for the cause or else for others."""
    words = ["an anchor", "a buoy", "a crane", "a dock"] * 5
    other = {spec: f"no {word} for {spec}" for spec, word in zip(SPECS, words, strict=True)}
    return {**other, **dict.fromkeys(SPECS[:specs], HARBOUR)} if has_cause else other


async def call(stub: Stub, tool: str, **arguments: object) -> CallToolResult:
    settings = {**stub.environment, "RUNS_MCP_PROVIDERS": "currents"}
    async with Client(build_server(configured(settings))) as client:
        return await client.call_tool(tool, {"run": ASKED, **arguments})


async def history(stub: Stub, **arguments: object) -> Json:
    result = await call(stub, "failure_history", **arguments)
    assert not result.is_error, text_of(result)
    return structured_of(result)


async def fingerprint_of_cause(stub: Stub) -> str:
    triage = structured_of(await call(stub, "triage_run"))
    (found,) = (group for group in triage["groups"] if HARBOUR in group["cause"])
    return str(found["fingerprint"])


@pytest.mark.parametrize("first_bad", [1, 4, 10])
async def test_one_cause_in_three_specs_over_ten_runs_takes_at_most_60_requests(
    stub: Stub, first_bad: int
) -> None:
    runs = [busy_run(has_cause=number <= first_bad) for number in range(11)]
    serve_history(stub, runs)
    fingerprint = await fingerprint_of_cause(stub)
    serve_history(stub, runs)
    answer = await history(stub, fingerprint=fingerprint)
    assert len(stub.asked) <= 60
    (cause,) = answer["causes"]
    assert cause["since"]["run"] == f"currents:run{first_bad}"
    assert answer["runs_read"] == 10
    if first_bad < 10:
        assert cause["last_good"]["run"] == f"currents:run{first_bad + 1}"
    assert len(set(stub.asked)) == len(stub.asked)


async def test_where_that_is_too_few_the_next_call_goes_on(stub: Stub) -> None:
    """Nine runs without the cause, whose specs failed for others: each takes seven requests."""
    runs = [busy_run(has_cause=number in (0, 9), specs=6) for number in range(11)]
    serve_history(stub, runs)
    fingerprint = await fingerprint_of_cause(stub)
    arguments: Json = {"fingerprint": fingerprint}
    pages: list[Json] = []
    for _ in range(5):
        serve_history(stub, runs)
        pages.append(await history(stub, **arguments))
        assert len(stub.asked) <= 60
        if not (cursor := pages[-1]["trim"].get("next_cursor")):
            break
        assert "next_cursor goes on" in pages[-1]["causes"][0]["note"]
        arguments["cursor"] = cursor
    assert 1 < len(pages) < 5
    (last,) = pages[-1]["causes"]
    assert (last["pattern"], last["last_good"]["run"]) == ("intermittent", "currents:run1")
    assert last["seen"] == {"runs": 1, "of": 10}
    assert pages[-1]["runs_read"] == 10


async def test_a_run_that_was_deleted_meanwhile_is_noticed(stub: Stub) -> None:
    runs = [busy_run(has_cause=number in (0, 9), specs=6) for number in range(11)]
    serve_history(stub, runs)
    fingerprint = await fingerprint_of_cause(stub)
    cursor = (await history(stub, fingerprint=fingerprint))["trim"]["next_cursor"]
    serve_history(stub, runs, deleted=[1])
    result = await call(stub, "failure_history", fingerprint=fingerprint, cursor=cursor)
    assert result.is_error
    assert "kind=conflict" in text_of(result)
    assert "Call again without a cursor" in text_of(result)


async def test_all_causes_of_a_run_come_over_the_pages_each_traced_to_the_end(stub: Stub) -> None:
    runs = [busy_run(has_cause=number < 3) for number in range(11)]
    arguments: Json = {}
    causes: dict[str, Json] = {}
    while True:
        serve_history(stub, runs)
        page = await history(stub, **arguments)
        for cause in page["causes"]:
            causes[cause["fingerprint"]] = cause
        if not (cursor := page["trim"].get("next_cursor")):
            break
        arguments["cursor"] = cursor
    assert len(causes) == page["trim"]["total"]
    assert {cause["seen"]["of"] for cause in causes.values()} == {10}
    patterns = {cause["pattern"] for cause in causes.values() if HARBOUR not in cause["cause"]}
    assert patterns <= {"always", "since"}
