"""What was read of a run that is over is not downloaded again, and nothing else is remembered."""

from typing import Any, Final

import pytest
from hosts import structured_of, text_of
from in_process import connect
from mcp import Client
from run_of_size import add_run_of_size
from server.destructive_calls import ALL_PREAPPROVED
from server.story_references import currents

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun
from runs_mcp.settings import Settings

Json = dict[str, Any]
FAILED: Final = NotableRun.THREE_CAUSES.value
LONG: Final = NotableRun.LONG_HISTORY.value
KEEPING: Final = {"RUNS_MCP_CACHE_BYTES": str(Settings.model_fields["cache_bytes"].default)}


def asked(sandbox: Sandbox, what: str = "") -> list[str]:
    """Returns the paths that were asked for, and forgets them."""
    paths = [request.path for request in sandbox.requests if what in request.path]
    sandbox.requests.clear()
    return paths


async def answer(client: Client, tool: str, **arguments: object) -> Json:
    return structured_of(await client.call_tool(tool, arguments))


async def test_the_next_page_of_a_run_takes_no_request(sandbox: Sandbox) -> None:
    add_run_of_size(sandbox, "large", 3_000_000)
    async with connect(sandbox, settings=KEEPING) as client:
        page = await answer(client, "currents_get_run", run_id="large", detail="full")
        asked(sandbox)
        cursor = page["trim"]["next_cursor"]
        await answer(client, "currents_get_run", run_id="large", detail="full", cursor=cursor)
        assert asked(sandbox) == []


async def test_a_triage_after_reading_the_run_does_not_read_it_again(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings=KEEPING) as client:
        await answer(client, "currents_get_run", run_id=FAILED)
        asked(sandbox)
        await answer(client, "triage_run", run=f"currents:{FAILED}")
        assert not any(path.endswith(f"/runs/{FAILED}") for path in asked(sandbox))
        again = await answer(client, "triage_run", run=f"currents:{FAILED}")
        # The baseline is looked for again: there may be another one.
        assert len(asked(sandbox)) <= 2
    assert again["causes_total"] == 3


async def test_a_history_takes_two_requests_the_second_time(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings=KEEPING) as client:
        first = await answer(client, "failure_history", run=f"currents:{LONG}")
        asked(sandbox)
        second = await answer(client, "failure_history", run=f"currents:{LONG}")
        assert len(asked(sandbox)) <= 2
    assert second == first


async def test_a_run_that_was_just_canceled_is_read_each_time(sandbox: Sandbox) -> None:
    """What was under way may still report."""
    async with connect(sandbox, settings=KEEPING) as client:
        for _ in range(2):
            await answer(client, "currents_get_run", run_id=NotableRun.CANCELED.value)
            assert len(asked(sandbox)) == 1


async def test_a_run_in_progress_is_read_each_time(sandbox: Sandbox) -> None:
    run = NotableRun.FAILING.value
    async with connect(sandbox, settings=KEEPING) as client:
        await answer(client, "triage_run", run=f"currents:{run}", baseline=f"currents:{run}")
        first = asked(sandbox)
        await answer(client, "triage_run", run=f"currents:{run}", baseline=f"currents:{run}")
        assert sorted(asked(sandbox)) == sorted(first)
    assert sum("/instances/" in path for path in first) > 1


async def test_waiting_reads_the_run_each_time(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings=KEEPING) as client:
        await answer(client, "currents_get_run", run_id=FAILED)
        asked(sandbox)
        await answer(client, "wait_for_run", run=f"currents:{FAILED}")
        assert len(asked(sandbox)) == 1


async def test_a_write_is_preceded_by_a_read_and_the_run_is_read_again_after_it(
    sandbox: Sandbox,
) -> None:
    (machine, *_) = sorted({str(spec.machine_id) for spec in sandbox.currents.specs_of(FAILED)})
    async with connect(sandbox, settings={**KEEPING, **ALL_PREAPPROVED}) as client:
        before = await answer(client, "currents_get_run", run_id=FAILED)
        asked(sandbox)
        done = await answer(client, "currents_reset_run", run_id=FAILED, machine_ids=[machine])
        assert done["outcome"] == "done"
        requests = [(request.method, request.path) for request in sandbox.requests]
        write = next(n for n, (method, _) in enumerate(requests) if method == "PUT")
        assert ("GET", f"/v1/runs/{FAILED}") in requests[:write]
        asked(sandbox)
        after = await answer(client, "currents_get_run", run_id=FAILED)
        assert len(asked(sandbox)) == 1
    assert before["run"]["completion"] == "complete"
    assert after["run"]["completion"] == "in_progress"


async def test_it_can_be_switched_off(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings={"RUNS_MCP_CACHE_BYTES": "0"}) as client:
        for _ in range(2):
            await answer(client, "currents_get_run", run_id=FAILED)
            assert len(asked(sandbox)) == 1


async def test_a_run_that_is_asked_for_again_is_read_again_and_may_be_gone(
    sandbox: Sandbox,
) -> None:
    async with connect(sandbox, settings={**KEEPING, **ALL_PREAPPROVED}) as client:
        await answer(client, "currents_get_run", run_id=FAILED)
        sandbox.fail(Fault(path=f"/v1/runs/{FAILED}", status=404))
        gone = await client.call_tool("currents_get_run", {"run_id": FAILED})
        assert "kind=not_found" in text_of(gone)
        gone = await client.call_tool("triage_run", {"run": f"currents:{FAILED}"})
        assert "kind=not_found" in text_of(gone)


async def test_a_hit_is_in_the_log_without_an_id(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "runs_mcp.api.record_cache")
    async with connect(sandbox, settings=KEEPING) as client:
        for _ in range(2):
            result = await client.call_tool("triage_run", {"run": currents(NotableRun.MAIN)})
            assert not result.is_error, text_of(result)
    assert "a Currents run is known from before" in caplog.messages
    assert NotableRun.MAIN.value not in caplog.text
