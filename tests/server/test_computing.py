"""What is made of a run after it was read: it holds nobody up, and ends in time."""

import threading
from typing import Final

import anyio
import pytest
from hosts import structured_of, text_of
from in_process import connect
from server.story_references import currents

from runs_mcp import deadline
from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import NotableRun

WAIT_SECONDS: Final = 30.0
SMALL: Final = currents(NotableRun.CONSOLE_MAIN)


@pytest.mark.parametrize(
    ("tool", "arguments", "step"),
    [
        ("triage_run", {"run": SMALL}, "triage_run.group_by_cause"),
        ("compare_runs", {"base": SMALL, "head": SMALL}, "compare_runs.compare"),
    ],
)
async def test_computing_ends_in_time_and_other_calls_go_on(
    tool: str,
    arguments: dict[str, str],
    step: str,
    story: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, begun = threading.Event(), threading.Event()

    def hold(*_: object) -> None:
        begun.set()
        held.wait(WAIT_SECONDS)

    monkeypatch.setattr(f"runs_mcp.server.tools.{step}", hold)
    monkeypatch.setattr(deadline, "_GRACE_S", 0.5)
    results = []

    async def call() -> None:
        results.append(await client.call_tool(tool, arguments))

    try:
        async with connect(story, settings={"RUNS_MCP_TIMEOUT_S": "5"}) as client:
            with anyio.fail_after(WAIT_SECONDS):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call)
                    await anyio.to_thread.run_sync(begun.wait, WAIT_SECONDS)
                    structured_of(await client.call_tool("currents_list_projects", {}))
                    assert not results
    finally:
        held.set()
    (result,) = results
    assert "could not be put in order within 5 s" in text_of(result)
    assert "kind=timeout" in text_of(result)
