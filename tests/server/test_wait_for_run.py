"""Waiting until a run is over, as a host asks it."""

from typing import Final

import anyio
import pytest
from hosts import ERAS, Era, structured_of
from in_process import connect
from server.story_references import currents

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import NotableRun

RUN: Final = NotableRun.IN_PROGRESS


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs_mcp.server.tools.wait_for_run.FIRST_PAUSE_S", 0.05)


async def test_waiting_ends_when_the_run_is_over(story: Sandbox) -> None:
    run = NotableRun.FAILING
    reported = anyio.Event()

    async def note(progress: float, total: float | None, message: str | None) -> None:
        del progress, total, message
        reported.set()

    async with connect(story, settings={"RUNS_MCP_PREAPPROVE": "cancel"}) as client:

        async def cancel_once_it_waits() -> None:
            await reported.wait()
            await client.call_tool("currents_cancel_run", {"run_id": run.value})

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(cancel_once_it_waits)
                query = {"run": currents(run), "timeout_s": 600}
                result = await client.call_tool("wait_for_run", query, progress_callback=note)

    report = structured_of(result)
    assert report["finished"] is True
    assert report["run"]["completion"] == "canceled"


async def test_waiting_ends_when_the_time_is_up(story: Sandbox) -> None:
    async with connect(story) as client:
        query = {"run": currents(RUN), "timeout_s": 0}
        report = structured_of(await client.call_tool("wait_for_run", query))

    assert report["finished"] is False
    assert report["run"]["completion"] == "in_progress"


@pytest.mark.parametrize("era", ERAS)
async def test_waiting_ends_at_once_when_the_client_cancels(story: Sandbox, era: Era) -> None:
    """Another wait, longer than the pauses of the first, shows that the first reads no more."""
    other = NotableRun.CONSOLE_IN_PROGRESS
    earlier = len(story.requests)
    waiting = anyio.Event()

    def reads_of(run: NotableRun) -> int:
        return sum(request.path.endswith(run.value) for request in story.requests[earlier:])

    async def note(progress: float, total: float | None, message: str | None) -> None:
        del progress, total, message
        waiting.set()

    async with connect(story, era=era) as client:

        async def wait() -> None:
            query = {"run": currents(RUN), "timeout_s": 600}
            await client.call_tool("wait_for_run", query, progress_callback=note)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            with anyio.fail_after(20):
                await waiting.wait()
            tasks.cancel_scope.cancel()
        reads = reads_of(RUN)
        await client.call_tool("wait_for_run", {"run": currents(other), "timeout_s": 1})

    assert reads_of(other)
    assert reads_of(RUN) == reads
