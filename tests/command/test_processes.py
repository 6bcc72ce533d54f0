"""What only a process of its own shows: streams, signals, a terminal, the demo."""

import json
import os
import pty
import re
import select
import signal
import subprocess

import httpx
from command_runs import PROGRAM, SECONDS, environment, on, run, run_process

from runs_mcp.sandbox import READ_ONLY_KEY, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun


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

    done = run_process("--sandbox", stdin=json.dumps(hello) + "\n")

    (line,) = done.stdout.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"] == "runs-mcp"
    assert done.returncode == 0


def test_the_sandbox_alone_prints_how_to_use_it_and_ends_when_told() -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [*PROGRAM, "sandbox"],
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
    done = run_process("demo")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"serves 1\d tools", done.stdout)
    assert re.search(r"1\d,\d{3},\d{3} bytes upstream, 4,\d{3} specs", done.stdout)
    assert "The pages together: all " in done.stdout
    assert re.search(r"42 tests failed for 3 causes", done.stdout)
    assert re.findall(r"^  (\d+) × new: ", done.stdout, re.MULTILINE) == ["23", "10", "9"]
    assert len(re.findall(r"^  flaky: ", done.stdout, re.MULTILINE)) == 1
    assert "→ declined: Nothing was changed." in done.stdout
    assert "→ done: It is done" in done.stdout


def test_call_asks_on_the_terminal_and_refuses_or_goes_by_token_without_one(
    sandbox: Sandbox,
) -> None:
    wanted = ("call", "currents_cancel_run", f"run_id={NotableRun.IN_PROGRESS.value}")

    piped = run_process(*wanted, "--output", "json", **on(sandbox))
    assert json.loads(piped.stdout)["outcome"] == "refused"
    by_token = ("--confirm", "token", "--output", "json")
    report = json.loads(run_process(*wanted, *by_token, **on(sandbox)).stdout)
    assert report["outcome"] == "confirmation_required"
    assert asked_on_terminal(wanted, "no", sandbox)["outcome"] == "declined"
    # Another process verifies what the first has signed, and remembers what was used.
    token = f"confirmation_token={report['confirmation_token']}"
    done = run(*wanted, token, *by_token, **on(sandbox))
    assert json.loads(done.stdout)["outcome"] == "done"

    failing = ("call", "currents_cancel_run", f"run_id={NotableRun.FAILING.value}")
    typed = NotableRun.FAILING.value[-6:]
    assert asked_on_terminal(failing, typed, sandbox)["outcome"] == "done"


def asked_on_terminal(command: tuple[str, ...], typed: str, sandbox: Sandbox) -> dict[str, str]:
    """Runs a command on a terminal, types an answer when it asks, and returns its report."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(  # noqa: S603 - our own command
            [*PROGRAM, *command, "--output", "json"],
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
