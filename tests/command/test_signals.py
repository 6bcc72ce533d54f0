"""How a server on stdio ends: soon, in order, and with nothing left unanswered."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, Final

import pytest
from command_runs import PROGRAM, environment, on
from providers.currents_runs import FAILED, RUNNING, writes

from runs_mcp.sandbox import Fault, Sandbox

END_SECONDS: Final = 10.0
WAIT_SECONDS: Final = 30.0
SIGNALS: Final = ([signal.SIGTERM], [signal.SIGINT], [signal.SIGINT, signal.SIGINT, signal.SIGTERM])
HELLO: Final = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"elicitation": {}},
    "clientInfo": {"name": "test", "version": "1"},
}
every_signal = pytest.mark.parametrize(
    "signals", SIGNALS, ids=lambda signals: "+".join(each.name for each in signals)
)


class Host:
    """A host at the streams of a server, and what the server sent it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.got: Queue[dict[str, Any]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, **message: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def call(self, tool: str, **arguments: object) -> None:
        self.send(id=7, method="tools/call", params={"name": tool, "arguments": arguments})

    def next(self) -> dict[str, Any]:
        return self.got.get(timeout=WAIT_SECONDS)

    def end(self, *signals: signal.Signals) -> float:
        """Sends the signals, or closes stdin; returns after how many seconds it ended, with 0."""
        began = time.monotonic()
        for each in signals:
            self.process.send_signal(each)
        if not signals and self.process.stdin is not None:
            self.process.stdin.close()
        assert self.process.wait(WAIT_SECONDS) == 0
        return time.monotonic() - began

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.got.put(json.loads(line))


@contextmanager
def host_of(sandbox: Sandbox, **settings: str) -> Iterator[Host]:
    with subprocess.Popen(  # noqa: S603 - our own command
        PROGRAM,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment({**on(sandbox), **settings}),
    ) as process:
        try:
            host = Host(process)
            host.send(id=0, method="initialize", params=HELLO)
            assert host.next()["id"] == 0
            host.send(method="notifications/initialized")
            yield host
            assert process.stderr is not None
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < give_up
        pause.wait(0.01)


def outcomes_in(audit: Path) -> list[str]:
    return [json.loads(line)["outcome"] for line in audit.read_text().splitlines()]


@every_signal
def test_an_idle_server_ends_though_stdin_stays_open(
    story: Sandbox, signals: list[signal.Signals]
) -> None:
    with host_of(story) as host:
        assert host.end(*signals) < END_SECONDS


@pytest.mark.parametrize("signals", [*SIGNALS, []], ids=len)
def test_a_write_under_way_is_settled_answered_and_audited(
    sandbox: Sandbox, tmp_path: Path, signals: list[signal.Signals]
) -> None:
    audit = tmp_path / "audit"
    sandbox.fail(Fault(method="PUT", delay_s=1.0))
    with host_of(sandbox, RUNS_MCP_PREAPPROVE="cancel", RUNS_MCP_AUDIT_LOG=str(audit)) as host:
        host.call("currents_cancel_run", run_id=RUNNING)
        wait_until(lambda: writes(sandbox) == ["PUT"])
        assert host.end(*signals) < END_SECONDS
        report = host.next()["result"]["structuredContent"]
    assert report["outcome"] == "done"
    assert outcomes_in(audit) == ["started", "done"]
    assert writes(sandbox) == ["PUT"]


@pytest.mark.parametrize("signals", [[signal.SIGTERM], []], ids=len)
def test_a_write_that_takes_too_long_is_settled_by_reading(
    sandbox: Sandbox, tmp_path: Path, signals: list[signal.Signals]
) -> None:
    audit = tmp_path / "audit"
    sandbox.fail(Fault(method="PUT", delay_s=60.0))
    with host_of(sandbox, RUNS_MCP_PREAPPROVE="cancel", RUNS_MCP_AUDIT_LOG=str(audit)) as host:
        host.call("currents_cancel_run", run_id=RUNNING)
        wait_until(lambda: writes(sandbox) == ["PUT"])
        assert host.end(*signals) < END_SECONDS
        report = host.next()["result"]["structuredContent"]
    assert report["outcome"] == "unknown"
    assert outcomes_in(audit) == ["started", "unknown"]


def test_a_read_that_takes_too_long_is_refused(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(method="GET", delay_s=60.0))
    with host_of(sandbox) as host:
        host.call("currents_list_projects")
        wait_until(lambda: bool(sandbox.requests))
        assert host.end(signal.SIGTERM) < END_SECONDS
        (block,) = host.next()["result"]["content"]
    assert "told to end before the call was finished" in block["text"]
    assert "kind=timeout" in block["text"]


def test_a_call_that_waits_for_a_run_is_refused(sandbox: Sandbox) -> None:
    with host_of(sandbox) as host:
        host.call("wait_for_run", run=f"currents:{RUNNING}", timeout_s=500)
        wait_until(lambda: bool(sandbox.requests))
        assert host.end(signal.SIGTERM) < END_SECONDS
        answer = host.next()
    assert "kind=timeout" in answer["result"]["content"][0]["text"]


def test_a_question_that_nobody_answers_is_refused_and_nothing_is_written(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    audit = tmp_path / "audit"
    with host_of(sandbox, RUNS_MCP_AUDIT_LOG=str(audit)) as host:
        host.call("currents_delete_run", run_id=FAILED)
        assert host.next()["method"] == "elicitation/create"
        assert host.end(signal.SIGTERM) < END_SECONDS
        answers = [host.next()]
        while answers[-1].get("id") != 7:
            answers.append(host.next())
    assert "has changed nothing" in answers[-1]["result"]["content"][0]["text"]
    assert outcomes_in(audit) == ["asked", "abandoned"]
    assert writes(sandbox) == []


def test_requests_that_are_piped_in_are_answered_before_the_end(story: Sandbox) -> None:
    with host_of(story) as host:
        host.call("currents_list_projects")
        assert host.end() < END_SECONDS
        assert host.next()["result"]["structuredContent"]["projects"]
