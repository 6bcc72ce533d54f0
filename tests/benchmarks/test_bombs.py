"""Answers made to exhaust a server: it says so in time, and answers others meanwhile.

Run with `pytest tests/benchmarks -m benchmark -s`.
"""

import re
import sys
import time
from collections.abc import Mapping
from typing import Final

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent, TextResourceContents
from report_stub import Route, Stub
from server_memory import MemoryOfServer

pytestmark = pytest.mark.benchmark

DEADLINE_S: Final = 2.0
LATE_S: Final = 2.0
SLOW_S: Final = 10.0  # for the stub, which sends gigabytes
MAX_PEAK_BYTES: Final = 400_000_000
MEGABYTES: Final = 1_000_000
BUILDKITE_RUN: Final = "01867216-8478-7fde-a55a-0300f88bb49b"
IN_SUITE: Final = {"organization": "acme", "suite": "web"}


def run_with(fields: str) -> str:
    return f'{{"status":"OK","data":{{"runId":"r","projectId":"p",{fields}}}}}'


def instance_with(tests: str) -> str:
    instance = f'"instanceId":"i","runId":"r","spec":"a","results":{{"tests":[{tests}]}}'
    return f'{{"status":"OK","data":{{{instance}}}}}'


def failed_with(message: str) -> str:
    return (
        f'{{"testId":"t","title":["x"],"state":"failed","attempts":'
        f'[{{"state":"failed","error":{{"message":"{message}"}}}}]}}'
    )


def many(item: str, count: int) -> str:
    return ",".join([item] * count)


def listed(name: str, item: str, count: int) -> str:
    return f'"{name}":[{many(item, count)}]'


FAILED_SPEC: Final = '{"spec":"s","results":{"stats":{"failures":1}}}'
EXECUTION: Final = '{"execution_id":"e","failure_reason":"boom"}'
EMPTY: Final = '""'
TOKENS: Final = "https://x/?token=a " * 2_000_000
RUNS: Final[Mapping[str, str]] = {
    "10 million specs": run_with(listed("specs", "{}", 10_000_000)),
    "400,000 empty specs": run_with(listed("specs", "{}", 400_000)),
    "400,000 empty groups": run_with(listed("groups", "{}", 400_000)),
    "100,000 failed specs": run_with(listed("specs", FAILED_SPEC, 100_000)),
    "4 million tags": run_with(listed("tags", EMPTY, 4_000_000)),
    "2 million tokens": run_with(f'"meta":{{"commit":{{"message":"{TOKENS}"}}}}'),
    "30 million brackets": '{"data":' + "[" * 30_000_000,
    "150 MB": "a" * 150 * MEGABYTES,
}
INSTANCES: Final[Mapping[str, str]] = {
    "400,000 empty tests": instance_with(many("{}", 400_000)),
    "100,000 failed tests": instance_with(many(failed_with("Error: boom"), 100_000)),
    "half an emoji, 30 MB of line ends": instance_with(
        failed_with(r"\ud83d" + r"\n" * (15 * MEGABYTES))
    ),
    "5 million halves": instance_with(failed_with(r"\ud83d" * (5 * MEGABYTES))),
    "an emoji in 90 MB": instance_with(failed_with("\U0001f600" + "a" * (90 * MEGABYTES))),
    "an emoji in each of 60 MB": instance_with(
        many(failed_with("\U0001f600" + "a" * MEGABYTES), 60)
    ),
    "a letter in 60 MB": instance_with(failed_with("\ud55c" + "a" * (60 * MEGABYTES))),
    "20 MB of colours": instance_with(failed_with(r"\u001b[31m" * (2 * MEGABYTES))),
    "8 MB of colours without ESC": instance_with(failed_with(r"[31m\n" * (8 * MEGABYTES // 6))),
}
EXECUTIONS: Final[Mapping[str, str]] = {
    "100,000 executions": f"[{many(EXECUTION, 100_000)}]",
    "200,000 expansions": "[{"
    + listed("failure_expanded", '{"expanded":[""],"backtrace":[""]}', 200_000)
    + "}]",
    "4 million lines": '[{"failure_expanded":[{' + listed("expanded", EMPTY, 4_000_000) + "}]}]",
}
Call = tuple[str, dict[str, object]]
ON_RUNS: Final[tuple[Call, ...]] = (
    ("currents_get_run", {"run_id": "r"}),
    ("triage_run", {"run": "currents:r"}),
    ("currents://runs/r", {}),
)
ON_INSTANCES: Final[tuple[Call, ...]] = (
    ("currents_get_instance", {"instance_id": "i"}),
    ("currents://instances/i", {}),
)
ON_EXECUTIONS: Final[tuple[Call, ...]] = (
    ("buildkite_get_failed_executions", {"run_id": BUILDKITE_RUN, **IN_SUITE}),
    ("triage_run", {"run": f"buildkite:acme/web/{BUILDKITE_RUN}"}),
)


SPECS: Final = ",".join(
    f'{{"spec":"s{n}","instanceId":"i{n}","completedAt":"2026-01-01","results":'
    '{"stats":{"failures":1}}}'
    for n in range(32)
)
OF_ANY_SPEC: Final = '{"instanceId":"i",'
AT_ONCE: Final[Mapping[str, str]] = {
    "20 MB of passed tests": instance_with(many('{"state":"passed","title":["x"]}', 600_000)),
    "20 MB of one message": instance_with(failed_with("a" * 20 * MEGABYTES)),
    "20 MB of messages": instance_with(many(failed_with("a " * 1_000), 9_000)),
    "200,000 empty tests": instance_with(many("{}", 200_000)),
    "50 MB": "a" * 50 * MEGABYTES,
}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("triage_run", {"run": "currents:r"}),
        ("compare_runs", {"base": "currents:r", "head": "currents:q"}),
    ],
)
@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in AT_ONCE.items()])
async def test_many_bombs_at_once_are_answered_in_time_and_so_are_other_calls(
    body: str, tool: str, arguments: dict[str, object], stub: Stub
) -> None:
    run = run_with(f'"status":"FAILED","completionState":"COMPLETE","specs":[{SPECS}]')
    await bombed(
        stub,
        (tool, arguments),
        [
            Route(path="/v1/runs/", raw=run),
            Route(path="/v1/instances/", raw=body.replace(OF_ANY_SPEC, "{")),
        ],
        SLOW_S,
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"[{many(EXECUTION, 50_000)}]", id="50,000 executions"),
        pytest.param('[{"failure_reason":"' + "a" * 20 * MEGABYTES + '"}]', id="20 MB"),
    ],
)
async def test_a_list_of_bombs_is_answered_in_time_and_so_are_other_calls(
    body: str, stub: Stub
) -> None:
    more = {"Link": '<https://api.example/?page=2>; rel="next"'}
    await bombed(stub, ON_EXECUTIONS[1], [Route(path="/failed_executions", raw=body, headers=more)])


@pytest.mark.parametrize(
    ("body", "call"),
    [
        pytest.param(body, call, id=f"{name}-{call[0]}")
        for bodies, calls in (
            (RUNS, ON_RUNS),
            (INSTANCES, ON_INSTANCES),
            (EXECUTIONS, ON_EXECUTIONS),
        )
        for name, body in bodies.items()
        for call in calls
    ],
)
async def test_a_bomb_is_answered_in_time_and_so_are_other_calls(
    body: str, call: Call, stub: Stub
) -> None:
    await bombed(stub, call, [Route(path="/v1/(runs|instances)/|/failed_executions", raw=body)])


@pytest.mark.parametrize("call", [ON_RUNS[1], ON_INSTANCES[0], ON_EXECUTIONS[1]])
async def test_interim_responses_without_end_hold_up_no_other_call(call: Call, stub: Stub) -> None:
    run = run_with(f'"status":"FAILED","completionState":"COMPLETE","specs":[{SPECS}]')
    endless = Route(path="/v1/instances/|/failed_executions", only_interim=True)
    await bombed(stub, call, [endless, Route(path="/v1/runs/", raw=run)])


async def bombed(
    stub: Stub, call: Call, bombs: list[Route], deadline_s: float = DEADLINE_S
) -> None:
    """Makes the call at an API that sends bombs, and checks how the server bears it."""
    stub.serve(
        [
            *bombs,
            Route(path="/v1/projects[?]", body={"status": "OK", "data": [], "has_more": False}),
            Route(path="/v2/", body={"id": BUILDKITE_RUN, "state": "finished", "result": "failed"}),
        ]
    )
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "runs_mcp"],
        env={**stub.environment, "RUNS_MCP_TIMEOUT_S": str(deadline_s)},
    )
    async with Client(server, read_timeout_seconds=60) as client:
        longest = await longest_other_call(client, call, deadline_s)
        memory = MemoryOfServer.measured()
    sys.stdout.write(f"; other calls {longest:.2f} s; peak {memory.peak // MEGABYTES} MB\n")
    assert longest <= LATE_S
    assert memory.peak < MAX_PEAK_BYTES


async def longest_other_call(client: Client, call: Call, deadline_s: float) -> float:
    """Makes the call, and returns how long the longest of the other calls meanwhile took."""
    longest = 0.0
    over = anyio.Event()

    async def make_call() -> None:
        began = time.perf_counter()
        told = await kind_of(client, *call)
        took = time.perf_counter() - began
        over.set()
        sys.stdout.write(f"\n{told} in {took:.2f} s")
        assert took <= deadline_s + LATE_S
        assert told in ("ok", "too_large", "timeout", "malformed_response", "unreachable")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(make_call)
        while not over.is_set():
            began = time.perf_counter()
            await client.call_tool("currents_list_projects", {})
            longest = max(longest, time.perf_counter() - began)
    return longest


async def kind_of(client: Client, tool: str, arguments: Mapping[str, object]) -> str:
    """Returns the kind of error that a call or a resource ended with, or "ok"."""
    if "://" in tool:
        try:
            (content,) = (await client.read_resource(tool)).contents
        except MCPError as error:
            text = str(error)
        else:
            assert isinstance(content, TextResourceContents)
            return "ok"
    else:
        result = await client.call_tool(tool, dict(arguments))
        if not result.is_error:
            return "ok"
        (block,) = result.content
        assert isinstance(block, TextContent)
        text = block.text
    found = re.search(r"\[kind=(\w+)", text)
    assert found, text
    return found[1]
