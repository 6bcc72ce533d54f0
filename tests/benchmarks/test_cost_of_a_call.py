"""What a call costs beyond the network, as ratios measured in one run: prints a table.

Run with `pytest tests/benchmarks/test_cost_of_a_call.py -m benchmark -s`.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from hosts import NOTHING_KEPT, connect, environment, structured_of, text_of
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from run_of_size import add_run_of_size
from server_memory import MemoryOfServer

from runs_mcp.sandbox import READ_WRITE_KEY, Sandbox
from runs_mcp.settings import Settings

pytestmark = pytest.mark.benchmark

ROUNDS: Final = 9
HERE: Final = Path(__file__).parent
KEEPING: Final = {"RUNS_MCP_CACHE_BYTES": str(Settings.model_fields["cache_bytes"].default)}
SIZES: Final = {"8 MB": 8_000_000, "40 MB": 40_000_000}
MOST_OF_FLOOR: Final = 2.5
"""What is held at least; the goal is 1.0."""
MOST_OF_FIRST_PAGE: Final = 0.15
MORE_THAN_FLOOR_BYTES: Final = 80_000_000
MOST_OF_START: Final = 1.6

HELLO: Final[dict[str, object]] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}
Timed = Callable[[], Awaitable[None]]


class Floor:
    """The process that only downloads, decompresses and decodes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(HERE / "floor_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "CURRENTS_API_URL": sandbox.currents_url,
                "CURRENTS_API_KEY": READ_WRITE_KEY,
            },
        )

    def read(self, path: str) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "read\n"

    @property
    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@contextmanager
def floor_of(sandbox: Sandbox) -> Iterator[Floor]:
    floor = Floor(sandbox)
    try:
        yield floor
    finally:
        floor.end()


class Host:
    """A host that sends lines and reads lines, and spends no time on what they say."""

    def __init__(self, sandbox: Sandbox, settings: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runs_mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment(sandbox), **settings},
        )
        self._send("initialize", 0, **HELLO)
        self._send("notifications/initialized")

    def call(self, tool: str, **arguments: object) -> bytes:
        """Returns the line that answers a call."""
        return self._send("tools/call", 1, name=tool, arguments=arguments)

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(15)
        self._process.stdout.close()

    def _send(self, method: str, number: int | None = None, **params: object) -> bytes:
        assert self._process.stdin
        assert self._process.stdout
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()
        return b"" if number is None else self._process.stdout.readline()


@contextmanager
def host_of(sandbox: Sandbox, settings: Mapping[str, str]) -> Iterator[Host]:
    host = Host(sandbox, settings)
    try:
        yield host
    finally:
        host.end()


async def call(client: Client, tool: str, **arguments: object) -> dict[str, object]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return structured_of(result)


async def milliseconds(timed: Timed) -> float:
    began = time.perf_counter()
    await timed()
    return (time.perf_counter() - began) * 1000


async def alternating(one: Timed, other: Timed) -> tuple[float, float, float]:
    """Returns the medians of both in milliseconds, and the noise: the spread of the second."""
    ones, others = [], []
    for number in range(ROUNDS + 1):
        first, second = await milliseconds(one), await milliseconds(other)
        if number:  # the first has the imports and the connections
            ones.append(first)
            others.append(second)
    quarters = statistics.quantiles(others, n=4)
    noise = (quarters[2] - quarters[0]) / statistics.median(others)
    return statistics.median(ones), statistics.median(others), noise


def show(what: str, ours: float, against: float, noise: float) -> float:
    ratio = ours / against
    row = f"| {what} | {ours:.0f} ms | {against:.0f} ms | {ratio:.2f} | ±{noise / 2:.0%} |\n"
    sys.stdout.write(f"\n{row}" if what.startswith("first") else row)
    return ratio


@pytest.mark.parametrize("name", SIZES)
async def test_the_first_page_of_a_large_run_and_the_next(sandbox: Sandbox, name: str) -> None:
    add_run_of_size(sandbox, "large", SIZES[name])
    with (
        floor_of(sandbox) as floor,
        host_of(sandbox, NOTHING_KEPT) as host,
        host_of(sandbox, KEEPING) as keeping,
    ):

        async def first_page() -> None:
            assert b'isError":true' not in host.call("currents_get_run", run_id="large")

        async def least() -> None:
            floor.read("/runs/large")

        ratio = show(f"first page, {name}", *await alternating(first_page, least))
        sent = keeping.call("currents_get_run", run_id="large", detail="full")
        cursor = json.loads(sent)["result"]["structuredContent"]["trim"]["next_cursor"]

        async def next_page() -> None:
            keeping.call("currents_get_run", run_id="large", detail="full", cursor=cursor)

        of_first = show(f"next page, {name}", *await alternating(next_page, first_page))
    assert ratio <= MOST_OF_FLOOR
    assert of_first <= MOST_OF_FIRST_PAGE


async def test_the_peak_of_memory_is_little_more_than_the_least(sandbox: Sandbox) -> None:
    add_run_of_size(sandbox, "large", SIZES["40 MB"])
    async with connect(sandbox, settings=KEEPING) as client:
        for _ in range(3):
            await call(client, "currents_get_run", run_id="large")
        peak = MemoryOfServer.measured().peak
    with floor_of(sandbox) as floor:
        for _ in range(3):
            floor.read("/runs/large")
        more = peak - floor.peak_bytes
    sys.stdout.write(
        f"\n| peak, 40 MB | {peak / 1e6:.0f} MB | {(peak - more) / 1e6:.0f} MB | | |\n"
    )
    assert more <= MORE_THAN_FLOOR_BYTES


async def test_the_start_to_the_list_of_tools(sandbox: Sandbox) -> None:
    bare = StdioServerParameters(command=sys.executable, args=[str(HERE / "bare_server.py")])

    async def start_ours() -> None:
        async with connect(sandbox) as client:
            await client.list_tools()

    async def start_bare() -> None:
        async with Client(bare, read_timeout_seconds=60) as client:
            await client.list_tools()

    assert show("start", *await alternating(start_ours, start_bare)) <= MOST_OF_START
