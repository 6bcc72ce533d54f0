"""Streams that are closed, end early, or lack characters: no command fails or shows a traceback."""

import json
import os
import subprocess
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import BytesIO, StringIO, TextIOWrapper
from typing import Final
from unittest.mock import patch

import pytest
from command_runs import PROGRAM, SECONDS, environment, on
from report_stub import Route, Stub

from runs_mcp import cli
from runs_mcp.commands import demo
from runs_mcp.sandbox import Sandbox
from runs_mcp.standard_streams import OutputError

LISTING: Final = ("call", "currents_list_projects")
HELLO: Final = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
PING: Final = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
NAME: Final = "Fähre › «Skerry» \U0001f600"


def shell(
    redirection: str, *arguments: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Runs the command with streams as a shell sets them; `err` gets what stderr got, on stdout."""
    return subprocess.run(  # noqa: S603 - our own command
        ["/bin/bash", "-c", f'set -o pipefail; "$0" "$@" {redirection}', *PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment({**variables, "PYTHONUNBUFFERED": ""}),  # as outside of test runners
    )


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_a_server_whose_streams_are_closed_ends_with_0(redirection: str, story: Sandbox) -> None:
    done = shell(redirection, **on(story))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_server_that_nobody_can_hear_does_not_wait_for_requests(story: Sandbox) -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        ["/bin/bash", "-c", 'exec "$0" "$@" >&-', *PROGRAM],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(on(story)),
    ) as process:
        try:
            assert process.wait(SECONDS) == 0
            assert process.stderr is not None
            assert process.stderr.read() == b""
        finally:
            process.kill()


def test_what_is_opened_later_is_not_taken_for_a_closed_stream(
    story: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    audit = tmp_path_factory.mktemp("log") / "audit"
    done = shell("<&- >&- 2>&-", *LISTING, **on(story), RUNS_MCP_AUDIT_LOG=str(audit))
    assert done.returncode == 0
    assert audit.read_bytes() == b""


@pytest.mark.parametrize(
    ("redirection", "arguments", "status"),
    [
        ("<&-", LISTING, 0),
        ("2>&-", ("--no-such-option",), 2),
        ("2>/dev/full", ("--no-such-option",), 2),
        ("| true", ("tools", "--json"), 141),
    ],
)
def test_a_command_ends_without_a_traceback(
    redirection: str, arguments: tuple[str, ...], status: int, story: Sandbox
) -> None:
    done = shell(redirection, *arguments, **on(story))
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert "Error" not in done.stderr
    assert done.returncode == status


@pytest.mark.parametrize(
    ("redirection", "arguments"),
    [(">/dev/full", ("--version",)), (f">/dev/full <<< '{json.dumps(PING)}'", ())],
    ids=["a command", "a server"],
)
def test_a_full_disk_is_said(redirection: str, arguments: tuple[str, ...], story: Sandbox) -> None:
    done = shell(redirection, *arguments, **on(story))
    assert done.returncode == 1
    assert done.stderr == "runs-mcp: stdout cannot be written (No space left on device)\n"


@pytest.mark.parametrize(("problem", "status"), [("", 141), ("no space", 1)])
def test_the_end_of_stdout_ends_a_command_from_within_its_tasks(
    problem: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play() -> int:
        raise ExceptionGroup("", [ExceptionGroup("", [OutputError(problem)])])

    monkeypatch.setattr(demo, "demo", play)
    told = StringIO()
    with redirect_stderr(told):
        assert cli.main(["demo"]) == status
    assert problem in told.getvalue()
    assert bool(told.getvalue()) == bool(problem)


def serve_a_name(stub: Stub) -> None:
    project = {"projectId": "p1", "name": NAME}
    stub.serve([Route(path="/v1/projects", body={"status": "OK", "data": [project]})])


def written(encoding: str, stub: Stub, *arguments: str) -> str:
    """Returns what the command writes to a stdout that takes this encoding, strictly."""
    serve_a_name(stub)
    out = BytesIO()
    with (
        patch.dict(os.environ, environment(stub.environment), clear=True),
        redirect_stdout(TextIOWrapper(out, encoding=encoding, errors="strict")),
    ):
        with suppress(SystemExit):  # how argparse ends --help
            assert cli.main(arguments) == 0
        return out.getvalue().decode(encoding)


every_encoding = pytest.mark.parametrize(
    "encoding", ["ascii", "latin-1", "cp437", "cp1252", "cp932", "utf-8", "utf-16"]
)


@every_encoding
def test_a_character_that_an_encoding_lacks_is_escaped(encoding: str, stub: Stub) -> None:
    told = written(encoding, stub, *LISTING)
    lacking = NAME.encode(encoding, "backslashreplace").decode(encoding)
    assert f'name="{lacking}"' in told
    assert "one tool call" in written(encoding, stub, "call", "--help")
    assert "triage_run" in written(encoding, stub, "tools")


@every_encoding
def test_json_is_json_in_any_encoding(encoding: str, stub: Stub) -> None:
    called = json.loads(written(encoding, stub, *LISTING, "--output", "json"))
    assert called["projects"][0]["name"] == NAME
    assert json.loads(written(encoding, stub, "tools", "--json"))[0]["name"] == LISTING[1]


def test_mcp_is_utf_8_whatever_the_encoding(stub: Stub) -> None:
    serve_a_name(stub)
    requests = (
        {"id": 1, "method": "initialize", "params": HELLO},
        {"id": 2, "method": "tools/call", "params": {"name": LISTING[1], "arguments": {}}},
    )
    done = subprocess.run(  # noqa: S603 - our own command
        PROGRAM,
        input="".join(json.dumps({"jsonrpc": "2.0", **one}) + "\n" for one in requests).encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env=environment({**stub.environment, "PYTHONIOENCODING": "cp437", "PYTHONUTF8": "0"}),
    )
    assert done.returncode == 0
    told = {one["id"]: one["result"] for one in map(json.loads, done.stdout.decode().splitlines())}
    assert told[2]["structuredContent"]["projects"][0]["name"] == NAME
