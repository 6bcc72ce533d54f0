"""Cancelling a Currents run: what decides, when it is over already, and whether it took effect."""

import socket

import pytest
from providers.currents_runs import (
    OWN,
    RUNNING,
    client_of,
    put_run,
    remove_run,
    some_specs,
)
from report_stub import Route, Stub

from runs_mcp.errors import AnswerLost, NotFound, RunsError
from runs_mcp.providers.currents.actions.cancel_run import CancelRun
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.currents.records import CompletionState, TestTotals


async def test_counts_do_not_decide_on_a_cancel(sandbox: Sandbox) -> None:
    specs = some_specs(sandbox)
    async with client_of(sandbox.currents_url) as client:
        action = CancelRun(client, OWN)
        put_run(sandbox, completion="IN_PROGRESS", specs=[specs["ok"]], complete=1)
        before = await action.inspect()
        put_run(
            sandbox,
            completion="IN_PROGRESS",
            status="FAILING",
            specs=list(specs.values()),
            complete=8,
            tests=TestTotals(overall=99, failures=9, flaky=4),
        )
        after = await action.inspect()

    assert before.deciding_facts == after.deciding_facts
    assert before.description != after.description
    assert (before.already_done, after.already_done) == ("", "")


@pytest.mark.parametrize("over", ["COMPLETE", "CANCELED", "TIMEOUT"])
async def test_a_run_that_is_over_needs_no_cancel(sandbox: Sandbox, over: CompletionState) -> None:
    put_run(sandbox, completion=over)
    async with client_of(sandbox.currents_url) as client:
        ended = await CancelRun(client, OWN).inspect()
        running = await CancelRun(client, RUNNING).inspect()

    assert f"The run is over already: {over.lower()}" in ended.already_done
    assert ended.deciding_facts != running.deciding_facts
    assert running.already_done == ""


@pytest.mark.parametrize(
    ("completion", "took_effect"),
    [("CANCELED", True), ("IN_PROGRESS", False), ("COMPLETE", False), ("TIMEOUT", False)],
)
async def test_a_cancel_took_effect_where_the_run_is_canceled(
    sandbox: Sandbox, completion: CompletionState, took_effect: bool
) -> None:
    async with client_of(sandbox.currents_url) as client:
        action = CancelRun(client, OWN)
        put_run(sandbox, completion="IN_PROGRESS")
        before = await action.inspect()
        put_run(sandbox, completion=completion)
        assert await action.verify(before) is took_effect
        remove_run(sandbox, OWN)
        with pytest.raises(NotFound):
            await action.verify(before)


async def test_a_write_without_a_connection_is_not_a_lost_answer() -> None:
    """It was never sent, so there is nothing to settle, and nothing unknown."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        async with client_of(url, timeout_s=0.3) as client:
            with pytest.raises(RunsError) as failed:
                await CancelRun(client, OWN).execute()
    assert not isinstance(failed.value, AnswerLost)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "ERROR", "data": {}},
        {"status": "not_ok"},
        {"status": "FAILED ", "data": {"cancelled": True}},
        {"status": 500, "data": {}},
        {"status": "OK", "data": {}, "error": {"message": "refused"}},
        {"status": "OK", "data": {}, "error": ["refused"]},
        {"data": {}, "error": 1},
        {"status": "OK", "data": {"runId": "another-run-123456", "cancelled": True}},
    ],
)
async def test_an_answer_that_does_not_say_that_it_was_done_is_settled_by_reading(
    body: object,
) -> None:
    with Stub() as stub:
        stub.serve([Route(path="/cancel", method="PUT", body=body)])
        url = stub.environment["CURRENTS_API_URL"]
        async with client_of(url) as client:
            with pytest.raises(AnswerLost):
                await CancelRun(client, OWN).execute()
    assert len(stub.asked) == 1


@pytest.mark.parametrize("body", [{"status": "OK"}, {"status": "ok", "data": {}}, {"data": {}}])
async def test_an_answer_that_says_so_was_done(body: object) -> None:
    with Stub() as stub:
        stub.serve([Route(path="/cancel", method="PUT", body=body)])
        async with client_of(stub.environment["CURRENTS_API_URL"]) as client:
            await CancelRun(client, OWN).execute()
