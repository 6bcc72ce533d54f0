"""The memory of a server levels off.

Run with `pytest tests/benchmarks -m benchmark -s`.
"""

import sys
from typing import Final

import anyio
import pytest
from hosts import connect
from mcp import Client
from providers.currents_runs import FAILED
from server_memory import MemoryOfServer

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT

pytestmark = pytest.mark.benchmark

CALLS: Final = 5000
AT_ONCE: Final = 20
MAX_GROWTH: Final = 1.05
TOOLS: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("currents_list_projects", {}),
    ("currents_list_runs", {"project_id": BOOKING_PROJECT, "limit": 5}),
    ("currents_get_run", {"run_id": FAILED}),
    ("currents_get_run", {"run_id": "no-such-run"}),
    ("currents_delete_run", {"run_id": FAILED}),
    ("buildkite_get_run", {"run_id": NotableBuildkiteRun.MAIN.value}),
    ("triage_run", {"run": f"currents:{FAILED}"}),
    ("no_such_tool", {}),
)


async def test_memory_levels_off_over_5000_calls(story: Sandbox) -> None:
    sizes = []
    async with connect(story) as client:
        for thousand in range(CALLS // 1000):
            await thousand_calls(client)
            sizes.append(MemoryOfServer.measured().now)
            story.requests.clear()
            megabytes = sizes[-1] / 1e6
            sys.stdout.write(f"\nafter {thousand + 1},000 calls: {megabytes:.1f} MB")
    assert sizes[-1] / sizes[1] < MAX_GROWTH


async def thousand_calls(client: Client) -> None:
    for start in range(0, 1000, AT_ONCE):
        async with anyio.create_task_group() as tasks:
            for number in range(start, start + AT_ONCE):
                tool, arguments = TOOLS[number % len(TOOLS)]
                tasks.start_soon(client.call_tool, tool, arguments)
