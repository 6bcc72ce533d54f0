"""Calls per second over HTTP, as ratios measured in one run.

Run with `pytest tests/benchmarks/test_http_load.py -m benchmark -s`.
"""

import statistics
import sys
from typing import Final

import pytest
from http_load import api_of_one_run, calls_per_second, running

pytestmark = pytest.mark.benchmark

ROUNDS: Final = 5
CALLS: Final = 300
AT_ONCE: Final = 20
OURS: Final = "runs_mcp.server.http:create_app"
BARE: Final = "bare_http_server:create_app"
LEAST_RATIO: Final = 0.6
LEAST_GAIN: Final = 1.6
"""Of a second worker, where there are two cores for them."""


async def measured(name: str, one: int, other: int) -> float:
    """Returns the median ratio of the calls per second at two ports, one after the other."""
    ratios = []
    for number in range(ROUNDS + 1):
        first = await calls_per_second(one, CALLS, AT_ONCE)
        second = await calls_per_second(other, CALLS, AT_ONCE)
        if number:  # the first has the imports and the connections
            ratios.append(first / second)
            sys.stdout.write(f"\n{name}: {first:.0f} against {second:.0f} calls/s")
    ratio = statistics.median(ratios)
    sys.stdout.write(f"\n{name}: median ratio {ratio:.2f}\n")
    return ratio


async def test_small_calls_are_answered_at_most_of_the_rate_of_a_bare_server() -> None:
    async with api_of_one_run() as api:
        with running(OURS, api) as ours, running(BARE, api) as bare:
            assert await measured("ours, a bare server", ours, bare) >= LEAST_RATIO


async def test_two_workers_answer_more_calls_than_one() -> None:
    async with api_of_one_run() as api:
        with running(OURS, api, workers=2) as two, running(OURS, api) as one:
            assert await measured("two workers, one", two, one) >= LEAST_GAIN
