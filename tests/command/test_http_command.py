"""`runs-mcp --transport http` as a process."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hosts import structured_of, text_of
from over_http import ServerOverHttp
from report_stub import KEY, Route, Stub

SECONDS = 60.0


@contextmanager
def running(
    *arguments: str, variables: Mapping[str, str]
) -> Iterator[tuple[ServerOverHttp, subprocess.Popen[str]]]:
    """Runs the command on a free port, and yields where it serves once it does."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "runs_mcp", "--transport", "http", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=dict(variables),
    )
    try:
        assert process.stderr is not None
        found = re.search(r"serving MCP at (\S+)/mcp$", process.stderr.readline().strip())
        assert found
        yield ServerOverHttp(found[1]), process
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


def ended_with(
    *arguments: str, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "runs_mcp", "--transport", "http", *arguments],
        capture_output=True,
        text=True,
        env=dict(variables or {}),
        timeout=SECONDS,
        check=False,
    )


async def test_sigterm_lets_a_call_under_way_end_and_exits_0(stub: Stub) -> None:
    slow = {"status": "OK", "data": [], "has_more": False}
    stub.serve([Route(path="/projects", body=slow, sleep_s=1)])
    with anyio.fail_after(SECONDS), running(variables=stub.environment) as (server, process):
        async with (
            server.connect({"Currents-Api-Key": KEY}) as client,
            anyio.create_task_group() as tasks,
        ):
            await client.list_tools()  # or the client asks for them after the answer

            async def end_meanwhile() -> None:
                while not stub.asked:
                    await anyio.lowlevel.checkpoint()
                process.send_signal(signal.SIGTERM)

            tasks.start_soon(end_meanwhile)
            assert structured_of(await client.call_tool("currents_list_projects", {})) is not None
        status = await anyio.to_thread.run_sync(process.wait, SECONDS)
    assert status == 0


async def test_an_idle_server_on_the_sandbox_needs_no_key_and_ends_on_sigint() -> None:
    with anyio.fail_after(SECONDS), running("--sandbox", variables={}) as (server, process):
        async with server.connect({}) as client:
            assert structured_of(await client.call_tool("currents_list_projects", {}))["projects"]
        process.send_signal(signal.SIGINT)
        status = await anyio.to_thread.run_sync(process.wait, SECONDS)
    assert status == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--path", "/healthz"], "--path"),
        (["--host", "0.0.0.0", "--credentials", "server"], "RUNS_MCP_TRUST_NETWORK=true"),  # noqa: S104
        (["--port", "70000"], "--host, --port"),
        (["--path", "mcp"], "--path"),
        (["--credentials", "server"], "set CURRENTS_API_KEY"),
        (["--credentials", "mine"], "RUNS_MCP_CREDENTIALS"),
        (["--store-url", "http://x"], "RUNS_MCP_STORE_URL"),
    ],
)
def test_what_cannot_be_served_ends_with_one_line_and_exit_2(
    arguments: list[str], says: str
) -> None:
    ended = ended_with(*arguments)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1


async def test_sigterm_ends_a_call_that_waits_for_a_run_with_an_answer(stub: Stub) -> None:
    going_on = {"runId": "r", "projectId": "p", "completionState": "IN_PROGRESS"}
    stub.serve([Route(path="/runs/r", body={"status": "OK", "data": going_on})])
    waiting = {"run": "currents:r", "timeout_s": 600}
    with anyio.fail_after(SECONDS), running(variables=stub.environment) as (server, process):
        async with (
            server.connect({"Currents-Api-Key": KEY}) as client,
            anyio.create_task_group() as tasks,
        ):

            async def end_meanwhile() -> None:
                while not stub.asked:
                    await anyio.lowlevel.checkpoint()
                process.send_signal(signal.SIGTERM)

            tasks.start_soon(end_meanwhile)
            ended = text_of(await client.call_tool("wait_for_run", waiting))
        status = await anyio.to_thread.run_sync(process.wait, SECONDS)
    assert "told to end" in ended
    assert status == 0


@pytest.mark.parametrize(
    "variables",
    [{"CURRENTS_API_URL": "https://xn--a.example/v1"}, {"HTTPS_PROXY": "ftp://proxy.example:1"}],
)
def test_connections_that_cannot_be_made_end_with_one_line_and_exit_2(
    variables: dict[str, str],
) -> None:
    ended = ended_with("--port", "0", variables=variables)
    assert ended.returncode == 2
    assert next(iter(variables)) in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_that_is_taken_ends_with_one_line_and_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = ended_with("--port", port)
    assert ended.returncode == 2
    assert f"port {port} cannot be listened on" in ended.stderr
