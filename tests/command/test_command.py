"""The command as a person or a script runs it: a real process each time."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from runs_mcp import __version__
from runs_mcp.sandbox import (
    BUILDKITE_ORGANIZATION,
    BUILDKITE_SUITE,
    READ_ONLY_KEY,
    READ_WRITE_KEY,
    Fault,
    Sandbox,
)
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, NotableRun

SECONDS: Final = 60
KEY: Final = "runs-mcp-secret-key-0123456789"
OWN: Final = re.compile(r"(?:RUNS_MCP|CURRENTS|BUILDKITE)_")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not OWN.match(name)}
    return {**clean, **given}


def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "runs_mcp", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=environment(variables),
    )


def on(sandbox: Sandbox, key: str = READ_WRITE_KEY) -> dict[str, str]:
    return {"CURRENTS_API_URL": sandbox.currents_url, "CURRENTS_API_KEY": key}


def assert_one_line_and_exit_2(done: subprocess.CompletedProcess[str], expected: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("runs-mcp: ")
    assert expected in done.stderr


@pytest.mark.parametrize(
    "command", [(), ("check",), ("tools",), ("call", "currents_list_projects")]
)
def test_without_a_key_it_says_what_to_set_and_that_the_sandbox_needs_none(
    command: tuple[str, ...],
) -> None:
    done = run(*command)

    assert_one_line_and_exit_2(done, "CURRENTS_API_KEY")
    assert "--sandbox" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["--no-such"], {}, "--no-such"),
        (["nonsense"], {}, "nonsense"),
        (["--transport", "http"], {}, "only stdio is"),
        (["--result-bytes", "many"], {}, "RUNS_MCP_RESULT_BYTES"),
        (["--result-bytes", "40001"], {}, "RUNS_MCP_RESULT_BYTES"),
        (["--timeout-s", "0"], {}, "RUNS_MCP_TIMEOUT_S"),
        ([], {"RUNS_MCP_READONLY": "true"}, "did you mean RUNS_MCP_READ_ONLY?"),
        ([], {"RUNS_MCP_TRUST_NETWORK": "true"}, "is not a setting of this version"),
        ([], {"RUNS_MCP_CONFIRM": "never"}, "RUNS_MCP_CONFIRM"),
        ([], {"RUNS_MCP_PREAPPROVE": "cancel,everything"}, "RUNS_MCP_PREAPPROVE"),
        ([], {"RUNS_MCP_STATE_KEYS": "hush-hush"}, "RUNS_MCP_STATE_KEYS"),
        ([], {"RUNS_MCP_PROVIDERS": "circleci"}, "RUNS_MCP_PROVIDERS"),
        ([], {"CURRENTS_API_URL": "ftp://a.b"}, "CURRENTS_API_URL"),
        ([], {"CURRENTS_API_URL": "https://user:hush@a.b"}, "CURRENTS_API_URL"),
        ([], {"CURRENTS_API_KEY": "hush\nhush"}, "CURRENTS_API_KEY"),
        (["call", "currents_get_run", "run_id", "--sandbox"], {}, "name=value"),
        (["call", "currents_get_run", "--json", "{", "--sandbox"], {}, "--json"),
        (["sandbox", "--port", "99999"], {}, "--port 99999"),
    ],
    ids=str,
)
def test_a_wrong_option_or_setting_ends_with_one_clear_line(
    arguments: list[str], variables: dict[str, str], expected: str
) -> None:
    done = run(*arguments, **{"CURRENTS_API_KEY": "a-key", **variables})

    assert_one_line_and_exit_2(done, expected)
    assert "hush" not in done.stderr


def test_version_and_help_tell_what_it_is() -> None:
    assert run("--version").stdout == f"runs-mcp {__version__}\n"
    told = run("--help").stdout
    for command in ("demo", "sandbox", "check", "tools", "call", "--result-bytes", "--read-only"):
        assert command in told


def test_nothing_but_mcp_is_on_stdout_while_serving() -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }

    done = run("--sandbox", stdin=json.dumps(hello) + "\n")

    (line,) = done.stdout.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"] == "runs-mcp"
    assert done.returncode == 0


def test_check_says_that_a_key_works(sandbox: Sandbox) -> None:
    done = run("check", **on(sandbox))

    assert done.returncode == 0
    assert "the key works; it can see 2 projects" in done.stdout


def test_check_tries_every_provider_that_is_configured(sandbox: Sandbox) -> None:
    buildkite = {
        "BUILDKITE_BASE_URL": sandbox.buildkite_url,
        "BUILDKITE_API_TOKEN": READ_WRITE_KEY,
        "BUILDKITE_ORGANIZATION": BUILDKITE_ORGANIZATION,
        "BUILDKITE_SUITE": BUILDKITE_SUITE,
    }
    both = run("check", **on(sandbox), **buildkite)
    assert both.returncode == 0
    assert "the key works" in both.stdout
    assert f"{BUILDKITE_SUITE} can be read" in both.stdout

    for wrong in (
        {"BUILDKITE_API_TOKEN": "nonsense"},
        {"BUILDKITE_ORGANIZATION": "no-such-organization"},
        {"BUILDKITE_ORGANIZATION": ""},
        {"BUILDKITE_SUITE": "no-such-suite"},
    ):
        done = run("check", **{**on(sandbox), **buildkite, **wrong})
        assert done.returncode == 1
        assert "currents: the key works" in done.stdout
        assert "buildkite: does not work" in done.stdout


def test_check_says_what_does_not_work_and_what_to_do_and_never_a_secret(
    sandbox: Sandbox,
) -> None:
    done = run("check", **on(sandbox, KEY))

    assert done.returncode == 1
    assert "kind=unauthorized" in done.stdout
    assert "CURRENTS_API_KEY" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_tools_lists_what_would_be_served() -> None:
    listed = run("tools", "--sandbox")
    as_json = json.loads(run("tools", "--sandbox", "--json").stdout)

    assert [line.split()[0] for line in listed.stdout.splitlines()] == [
        tool["name"] for tool in as_json
    ]
    assert all({"inputSchema", "outputSchema", "annotations"} <= set(tool) for tool in as_json)


def test_call_prints_the_answer_as_text_or_as_json(sandbox: Sandbox) -> None:
    wanted = (
        "call",
        "currents_list_runs",
        f"project_id={BOOKING_PROJECT}",
        "limit=2",
        "status=failed,passed",
    )
    as_text = run(*wanted, **on(sandbox))
    as_json = run(*wanted, "--output", "json", **on(sandbox))

    runs = json.loads(as_json.stdout)["runs"]
    assert len(runs) == 2
    assert [line.split()[0] for line in as_text.stdout.splitlines()] == [
        "run",
        "run",
        "next_cursor",
    ]
    assert all(run["id"] in as_text.stdout for run in runs)


def test_call_takes_arguments_as_json_and_options_before_or_behind(sandbox: Sandbox) -> None:
    arguments = json.dumps({"run_id": NotableRun.MATRIX.value, "detail": "full"})
    before = run(
        "--result-bytes", "2500", "call", "currents_get_run", "--json", arguments, **on(sandbox)
    )
    behind = run(
        "call", "currents_get_run", "--json", arguments, "--result-bytes", "2500", **on(sandbox)
    )

    assert before.stdout == behind.stdout
    assert len(before.stdout.encode()) <= 2501


def test_call_fails_with_the_error_on_stderr(sandbox: Sandbox) -> None:
    done = run("call", "currents_get_run", "run_id=../x", **on(sandbox))

    assert done.returncode == 1
    assert done.stdout == ""
    assert "kind=invalid_argument" in done.stderr
    assert sandbox.requests == []


def test_settings_count_as_variables_and_as_options_which_win(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(status=429, headers={"Retry-After": "20"}))
    wanted = ("call", "currents_list_projects")

    short = run(*wanted, RUNS_MCP_TIMEOUT_S="10", **on(sandbox))
    assert "retry_after_s=20" in short.stderr
    assert len(sandbox.requests) == 1
    shorter = run(*wanted, "--timeout-s", "5", RUNS_MCP_TIMEOUT_S="nonsense", **on(sandbox))
    assert "retry_after_s=20" in shorter.stderr


def test_the_embedded_sandbox_never_sees_the_operators_key() -> None:
    done = run("check", "--sandbox", CURRENTS_API_KEY=KEY, CURRENTS_API_URL="https://a.invalid/v1")

    assert done.returncode == 0
    assert "127.0.0.1" in done.stdout


def test_the_sandbox_alone_prints_how_to_use_it_and_ends_when_told() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "runs_mcp", "sandbox"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment({}),
    ) as process:
        assert process.stdout is not None
        try:
            told = [process.stdout.readline().strip() for _ in range(6)]
            given = dict(line.partition("=")[::2] for line in told[:5])
            headers = {"Authorization": f"Bearer {given['CURRENTS_API_KEY']}"}
            projects = f"{given['CURRENTS_API_URL']}/projects"
            answer = httpx.get(projects, headers=headers, timeout=10)
            organization = f"/v2/analytics/organizations/{given['BUILDKITE_ORGANIZATION']}"
            suites = f"{given['BUILDKITE_BASE_URL']}{organization}/suites"
            headers = {"Authorization": f"Bearer {given['BUILDKITE_API_TOKEN']}"}
            other_answer = httpx.get(suites, headers=headers, timeout=10)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()

    assert answer.json()["status"] == "OK"
    assert other_answer.json()[0]["slug"]
    assert told[5].endswith(READ_ONLY_KEY)


def test_the_demo_does_the_main_job_over_real_stdio() -> None:
    done = run("demo")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"serves 1\d tools", done.stdout)
    assert re.search(r"1\d,\d{3},\d{3} bytes upstream, 4,\d{3} specs", done.stdout)
    assert "The pages together: all " in done.stdout
    assert re.search(r"42 tests failed for 3 causes", done.stdout)
    assert re.findall(r"^  (\d+) × new: ", done.stdout, re.MULTILINE) == ["23", "10", "9"]
    assert len(re.findall(r"^  flaky: ", done.stdout, re.MULTILINE)) == 1
    assert "→ declined: Nothing was changed." in done.stdout
    assert "→ done: It is done" in done.stdout


def test_call_asks_on_the_terminal_and_goes_by_token_without_one(sandbox: Sandbox) -> None:
    wanted = ("call", "currents_cancel_run", f"run_id={NotableRun.IN_PROGRESS.value}")

    piped = run(*wanted, "--output", "json", **on(sandbox))
    report = json.loads(piped.stdout)
    assert report["outcome"] == "confirmation_required"
    assert asked_on_terminal(wanted, "no", sandbox)["outcome"] == "declined"
    token = f"confirmation_token={report['confirmation_token']}"
    by_token = run(*wanted, token, "--output", "json", **on(sandbox))
    assert json.loads(by_token.stdout)["outcome"] == "done"

    failing = ("call", "currents_cancel_run", f"run_id={NotableRun.FAILING.value}")
    typed = NotableRun.FAILING.value[-6:]
    assert asked_on_terminal(failing, typed, sandbox)["outcome"] == "done"


def asked_on_terminal(command: tuple[str, ...], typed: str, sandbox: Sandbox) -> dict[str, str]:
    """Runs a command on a terminal, types an answer when it asks, and returns its report."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "runs_mcp", *command, "--output", "json"],
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(on(sandbox)),
        ) as process:
            try:
                asked = ""
                while not asked.rstrip(" ").endswith(">"):
                    ready, _, _ = select.select([ours], [], [], SECONDS)
                    assert ready, f"nothing was asked: {asked}"
                    asked += os.read(ours, 4096).decode()
                assert "type the last 6 characters" in asked
                os.write(ours, f"{typed}\n".encode())
                told, _ = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
    finally:
        os.close(ours)
        os.close(theirs)
    report: dict[str, str] = json.loads(told)
    return report
