"""Every fault of an API on every tool: a right answer or its kind of error, in time, once.

Other calls go on meanwhile, and the next call works.
"""

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, Final, NamedTuple

import anyio
import pytest
from api_faults import FAULTS, MAX_BYTES, PARTLY, RIGHT, Cell
from calls_of_every_tool import calls_of_every_tool
from hosts import ERAS, Era, environment, structured_of, text_of
from hosts import connect as connect_over_stdio
from in_process import configured
from mcp import Client
from mcp_types import CallToolResult
from providers.currents_runs import from_github, put_run, some_specs, writes
from server.destructive_calls import ALL_PREAPPROVED, BY_GITHUB, GITHUB_RUN
from server.story_references import buildkite, currents
from shared_client import SharedClient, shared_client

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun

DEADLINE_S: Final = 0.4
LATE_S: Final = 10.0
ATTEMPTS: Final = count(100)
KIND: Final = re.compile(r"\[kind=(\w+) ")
pytestmark = pytest.mark.usefixtures("no_pauses")
every_fault = pytest.mark.parametrize("cell", FAULTS.values(), ids=FAULTS)


class ToolCall(NamedTuple):
    """A call of a tool that reads only the API under `path`, and a call of the other API."""

    tool: str
    arguments: dict[str, object]
    path: str
    other: str


def calls(sandbox: Sandbox) -> list[ToolCall]:
    """Returns a call of every tool, and one more of those that read from any provider."""
    main = buildkite(NotableBuildkiteRun.MAIN)
    # Runs of few specs: others take a hundred requests.
    before, failed = currents(NotableRun.CONSOLE_MAIN), currents(NotableRun.CONSOLE_FAILED)
    every: dict[str, dict[str, object]] = {
        **calls_of_every_tool(sandbox),
        "triage_run": {"run": failed, "baseline": before},
        "compare_runs": {"base": before, "head": before},
    }
    by_tool: list[tuple[str, dict[str, object]]] = [
        *every.items(),
        ("triage_run", {"run": main}),
        ("compare_runs", {"base": main, "head": buildkite(NotableBuildkiteRun.PASSED_SO_FAR)}),
        ("wait_for_run", {"run": main}),
    ]
    return [
        ToolCall(tool, arguments, "/v2", "currents_list_projects")
        if tool.startswith("buildkite") or "buildkite:" in str(arguments)
        else ToolCall(tool, arguments, "/v1", "buildkite_list_suites")
        for tool, arguments in by_tool
    ]


class Usual(NamedTuple):
    """What a call comes to without a fault: its answer, and how often its first path is read."""

    answer: dict[str, Any]
    reads: int


@pytest.fixture(scope="module")
def usual(story: Sandbox, client: SharedClient) -> dict[str, Usual]:
    """What every call comes to without a fault; what destroys waits for a confirmation."""
    tools = {tool.name for tool in client.run(client.client.list_tools).tools}
    assert tools == {call.tool for call in calls(story)}
    every = {}
    for call in calls(story):
        story.requests.clear()
        answer = client.answer(call.tool, **call.arguments)
        every[str(call)] = Usual(answer, reads_of_first_path(story, call.path))
    return every


def reads_of_first_path(sandbox: Sandbox, api: str) -> int:
    paths = [request.path for request in sandbox.requests if request.path.startswith(api)]
    return paths.count(paths[0])


@pytest.fixture(scope="module")
def client(story: Sandbox) -> Iterator[SharedClient]:
    settings = {**environment(story), "RUNS_MCP_MAX_DOWNLOAD_BYTES": str(MAX_BYTES)}
    with shared_client(configured(settings)) as connected:
        yield connected


@pytest.fixture(scope="module")
def hurried(story: Sandbox) -> Iterator[SharedClient]:
    settings = {**environment(story), "RUNS_MCP_TIMEOUT_S": str(DEADLINE_S)}
    with shared_client(configured(settings)) as connected:
        yield connected


@every_fault
def test_every_tool_survives_every_fault(
    cell: Cell,
    story: Sandbox,
    client: SharedClient,
    hurried: SharedClient,
    usual: dict[str, Usual],
) -> None:
    chosen = hurried if cell.takes_all_time else client
    wrong = {}
    for batch in batches(story, together=cell.takes_all_time):
        story.heal()
        story.requests.clear()
        path = batch[0].path
        story.fail(replace(cell.fault, path=path))
        began = time.monotonic()
        results = chosen.run(call_beside_another, chosen.client, batch)
        took = time.monotonic() - began
        in_order = (took < LATE_S or not cell.takes_all_time) and not writes(story)
        for call, result in zip(batch, results, strict=True):
            as_usual = usual[str(call)]
            ended = how_it_ended(result, as_usual.answer)
            more = reads_of_first_path(story, path) - as_usual.reads if len(batch) == 1 else 0
            if ended not in cell.ends_in or more >= cell.requests or not in_order:
                wrong[str(call)] = (ended, more, took, writes(story), text_of(result)[:200])
    story.heal()
    assert not wrong
    for tool in ("currents_list_projects", "buildkite_list_suites"):
        client.answer(tool)


def batches(sandbox: Sandbox, *, together: bool) -> list[list[ToolCall]]:
    """Returns calls to make at once: all to one API, or one."""
    every = calls(sandbox)
    if not together:
        return [[call] for call in every]
    return [[call for call in every if call.path == path] for path in ("/v1", "/v2")]


async def call_beside_another(client: Client, batch: list[ToolCall]) -> list[CallToolResult]:
    """Returns the results of the calls; a call to the other API is answered meanwhile."""
    results: dict[str, CallToolResult] = {}

    async def make(call: ToolCall) -> None:
        results[str(call)] = await client.call_tool(call.tool, call.arguments)

    async with anyio.create_task_group() as tasks:
        for call in batch:
            tasks.start_soon(make, call)
        other = await client.call_tool(batch[0].other, {})
    assert not other.is_error, text_of(other)
    return [results[str(call)] for call in batch]


def how_it_ended(result: CallToolResult, usual: dict[str, Any]) -> str:
    if result.is_error:
        found = KIND.search(text_of(result))
        assert found, text_of(result)
        return found[1]
    answer = structured_of(result)
    if without_what_varies(answer) == without_what_varies(usual):
        return RIGHT
    return PARTLY if "unauthorized" in text_of(result) else "wrong"


def without_what_varies(answer: dict[str, Any]) -> dict[str, Any]:
    """Returns an answer without what is made anew each time: signed URLs, pages, times, ages."""
    if "outcome" in answer:
        return {"outcome": answer["outcome"]}
    varies = ("assets", "waited_ms")
    return {name: value for name, value in answer.items() if name not in varies}


def test_an_api_that_refuses_connections_is_unreachable(story: Sandbox) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings = {
            **environment(story),
            "CURRENTS_API_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/v1",
            "BUILDKITE_BASE_URL": f"http://127.0.0.1:{closed.getsockname()[1]}",
        }
        with shared_client(configured(settings)) as client:
            for call in calls(story):
                result = client.call(call.tool, call.arguments)
                assert "[kind=unreachable " in text_of(result), call


@pytest.fixture(scope="module")
def preapproved(story: Sandbox) -> Iterator[SharedClient]:
    settings = {
        **environment(story),
        **ALL_PREAPPROVED,
        "RUNS_MCP_MAX_DOWNLOAD_BYTES": "300000",
    }
    with shared_client(configured(settings)) as connected:
        yield connected


@pytest.fixture(scope="module")
def hurried_and_preapproved(story: Sandbox) -> Iterator[SharedClient]:
    settings = {
        **environment(story),
        **ALL_PREAPPROVED,
        "RUNS_MCP_TIMEOUT_S": str(DEADLINE_S),
    }
    with shared_client(configured(settings)) as connected:
        yield connected


@every_fault
def test_every_write_survives_every_fault_and_is_sent_once(
    cell: Cell,
    story: Sandbox,
    preapproved: SharedClient,
    hurried_and_preapproved: SharedClient,
) -> None:
    chosen = hurried_and_preapproved if cell.takes_all_time else preapproved
    fault = cell.fault
    gets_through = fault == Fault(delay_s=fault.delay_s) or any(
        (fault.lose_answer, fault.truncate, fault.cut_gzip, fault.short_length)
    )
    wrong = {}
    for tool, arguments, run in destructive_calls(story):
        story.heal()
        story.requests.clear()
        for method in ("PUT", "DELETE"):
            story.fail(replace(fault, method=method, after=0))
        before = stored(story, run)
        began = time.monotonic()
        result = chosen.call(tool, arguments)
        took = time.monotonic() - began
        found = KIND.search(text_of(result))
        outcome = found[1] if found else structured_of(result)["outcome"]
        changed = stored(story, run) != before
        wanted = (
            ("done",)
            if gets_through and not cell.takes_all_time
            else ("unknown", "rate_limited", *cell.ends_in)
        )
        # On a slow machine no time may be left for the write: then none is sent.
        is_late = cell.takes_all_time and outcome == "timeout"
        once = len(writes(story)) == 1 or fault.delay_s > DEADLINE_S or is_late
        if outcome not in wanted or changed is (outcome != "done") or not once or took > LATE_S:
            wrong[tool] = (outcome, wanted, changed, writes(story), took, text_of(result)[:200])
    story.heal()
    assert not wrong


def destructive_calls(sandbox: Sandbox) -> list[tuple[str, dict[str, object], str]]:
    """Returns a call of every tool that destroys, each on a run of its own that is made anew."""
    failed = some_specs(sandbox)["a1"]
    attempt = next(ATTEMPTS)
    build = from_github(f"own-{GITHUB_RUN}-{attempt}", sandbox)
    put_run(sandbox, "to-cancel", completion="IN_PROGRESS")
    put_run(sandbox, "to-cancel-by-ci", completion="IN_PROGRESS", **build)
    put_run(sandbox, "to-reset", specs=[failed])
    put_run(sandbox, "to-delete")
    by_ci = {**BY_GITHUB, "github_run_attempt": attempt}
    return [
        ("currents_cancel_run", {"run_id": "to-cancel"}, "to-cancel"),
        ("currents_cancel_run_by_github_ci", by_ci, "to-cancel-by-ci"),
        ("currents_reset_run", {"run_id": "to-reset", "machine_ids": ["machine-a"]}, "to-reset"),
        ("currents_delete_run", {"run_id": "to-delete"}, "to-delete"),
    ]


def stored(sandbox: Sandbox, run: str) -> object:
    """Returns what the sandbox has of a run; nothing once it is deleted."""
    try:
        return sandbox.currents.run_of(run), sandbox.currents.specs_of(run)
    except KeyError:
        return None


@pytest.mark.parametrize("era", ERAS)
async def test_a_real_process_survives_faults(era: Era, story: Sandbox) -> None:
    story.heal()
    async with connect_over_stdio(story, era=era, settings={"RUNS_MCP_TIMEOUT_S": "0.4"}) as client:
        for name in ("no end", "503", "half a gzip", "cut off", "a bomb of objects", "no key"):
            cell = FAULTS[name]
            story.fail(replace(cell.fault, path="/v1"))
            result, *_ = await call_beside_another(client, calls(story)[2:3])
            assert how_it_ended(result, {}) in (*cell.ends_in, "timeout"), name
            story.heal()
            structured_of(await client.call_tool("currents_list_projects", {}))
