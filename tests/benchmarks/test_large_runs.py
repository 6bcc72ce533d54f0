"""Time for large runs, as ratios measured in one run, and peak memory of a whole process.

Run with `pytest tests/benchmarks -m benchmark -s`.
"""

import statistics
import sys
import time
from pathlib import Path
from typing import Final

import pytest
from hosts import connect, text_of
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from msgspec import UNSET
from run_of_size import add_run_of_size
from server_memory import MemoryOfServer

from runs_mcp.sandbox import READ_WRITE_KEY, Fault, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun

pytestmark = pytest.mark.benchmark

ROUNDS: Final = 7
MAX_RATIO: Final = 0.15
"""The product's time, of that of the bare server."""
MAX_PEAK_BYTES: Final = 250_000_000
SIZE_OF_120_FAILING_SPECS: Final = 8_000_000
DELAY_S: Final = 0.05
MAX_TRIAGE_RATIO: Final = 0.25
"""The time of triage, of that of reading one instance after the other."""
BARE_SERVER: Final = Path(__file__).with_name("bare_server.py")


async def seconds_of(client: Client, tool: str) -> float:
    started = time.perf_counter()
    result = await client.call_tool(tool, {"run_id": "large"})
    assert not result.is_error, text_of(result)
    return time.perf_counter() - started


async def test_an_8_mb_run_is_answered_in_a_fraction_of_the_time_to_parse_and_write_it(
    sandbox: Sandbox,
) -> None:
    add_run_of_size(sandbox, "large", 8_000_000)
    bare_server = StdioServerParameters(
        command=sys.executable,
        args=[str(BARE_SERVER)],
        env={"CURRENTS_API_URL": sandbox.currents_url, "CURRENTS_API_KEY": READ_WRITE_KEY},
    )
    ratios = []
    async with (
        connect(sandbox) as ours,
        Client(bare_server, read_timeout_seconds=60) as bare,
    ):
        for _ in range(ROUNDS + 1):
            our_time = await seconds_of(ours, "currents_get_run")
            bare_time = await seconds_of(bare, "get_run")
            ratios.append(our_time / bare_time)
            sys.stdout.write(f"\n8 MB: {our_time * 1000:.0f} ms against {bare_time * 1000:.0f} ms")

    ratio = statistics.median(ratios[1:])  # the first has the imports and the connections
    sys.stdout.write(f"\nmedian ratio {ratio:.3f}\n")
    assert ratio <= MAX_RATIO


async def test_a_server_that_answered_a_40_mb_run_used_little_memory(sandbox: Sandbox) -> None:
    add_run_of_size(sandbox, "large", 40_000_000)
    async with connect(sandbox) as client:
        took = await seconds_of(client, "currents_get_run")
        peak = MemoryOfServer.measured().peak

    sys.stdout.write(f"\n40 MB: {took * 1000:.0f} ms, peak of {peak / 1e6:.0f} MB\n")
    assert peak < MAX_PEAK_BYTES


async def test_triage_reads_120_failing_specs_at_the_same_time(sandbox: Sandbox) -> None:
    """120 instances at 50 ms each would take 6 s one after the other; triage may take 1.5 s."""
    add_run_of_size(sandbox, "large", SIZE_OF_120_FAILING_SPECS)
    failing = [
        spec
        for spec in sandbox.currents.specs_of("large")
        if spec.results is not UNSET and (spec.results.stats.failures or spec.results.flaky)
    ]
    arguments = {"run": "currents:large", "baseline": f"currents:{NotableRun.EMPTY.value}"}
    async with connect(sandbox) as client:
        await client.call_tool("triage_run", arguments)
        sandbox.fail(Fault(path="/v1/instances", delay_s=DELAY_S))
        started = time.perf_counter()
        result = await client.call_tool("triage_run", arguments)
        took = time.perf_counter() - started

    assert not result.is_error, text_of(result)
    one_by_one = len(failing) * DELAY_S
    sys.stdout.write(f"\ntriage of {len(failing)} specs: {took:.2f} s, one by one {one_by_one} s\n")
    assert len(failing) >= 120
    assert took / one_by_one <= MAX_TRIAGE_RATIO
