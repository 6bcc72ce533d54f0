"""The audit log: one JSON line for each entry, none lost, none mixed up."""

import errno
import fcntl
import json
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.confirmation.audit import AuditEntry, AuditLog
from runs_mcp.errors import InternalError

ENTRY: Final = AuditEntry(
    action="cancel",
    provider="currents",
    run="run-1",
    caller="0123456789abcdef",
    confirmed_by=None,
    outcome="declined",
)
FIELDS: Final = ["time", "action", "provider", "run", "caller", "confirmed_by", "outcome"]
THREADS: Final = 20
LINES_EACH: Final = 20

WRITER: Final = """
import sys
from pathlib import Path
import anyio
from runs_mcp.confirmation.audit import AuditEntry, AuditLog
log, name = AuditLog(Path(sys.argv[1])), sys.argv[2]
sys.stdin.read()

async def main():
    for count in range(int(sys.argv[3])):
        run = f"{name}-{count}" + "x" * 2000
        await log.write(AuditEntry(action="cancel", provider="currents", run=run, caller="c",
                                   confirmed_by="token", outcome="done"))

anyio.run(main)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def write(path: Path | None, entry: AuditEntry = ENTRY) -> None:
    anyio.run(AuditLog(path).write, entry)


def write_often(path: Path) -> None:
    for _ in range(2000):
        write(path)


def require_writable(path: Path | None) -> None:
    anyio.run(AuditLog(path).require_writable)


def lines_of(file: Path) -> list[dict[str, Any]]:
    text = file.read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def test_a_line_is_one_json_object_that_says_who_did_what(file: Path) -> None:
    write(file)

    (line,) = lines_of(file)
    assert list(line) == FIELDS
    assert line["time"].endswith("Z")
    age = datetime.now(UTC) - datetime.fromisoformat(line.pop("time"))
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert line == {
        "action": "cancel",
        "provider": "currents",
        "run": "run-1",
        "caller": "0123456789abcdef",
        "confirmed_by": None,
        "outcome": "declined",
    }


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit") / "log"


@given(run=st.text(), outcome=st.text())
def test_no_text_breaks_out_of_its_line(run: str, outcome: str, shared_file: Path) -> None:
    shared_file.unlink(missing_ok=True)
    write(
        shared_file,
        AuditEntry(
            action="reset",
            provider="currents",
            run=run,
            caller="c",
            confirmed_by="elicitation",
            outcome=outcome,
        ),
    )

    assert shared_file.read_bytes().count(b"\n") == 1
    (line,) = lines_of(shared_file)
    assert (line["run"], line["outcome"]) == (run, outcome)
    assert line["confirmed_by"] == "elicitation"


def test_what_was_in_the_file_stays(file: Path) -> None:
    file.write_text('{"outcome":"of last year"}\n')
    write(file)
    write(file)

    assert [line["outcome"] for line in lines_of(file)] == ["of last year", "declined", "declined"]


@pytest.mark.usefixtures("_open_umask")
def test_nobody_else_can_read_the_file_however_it_came_to_be(file: Path, tmp_path: Path) -> None:
    write(file)
    only_tried = tmp_path / "tried"
    require_writable(only_tried)

    for made in (file, only_tried):
        assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_the_mode_that_the_operator_gave_the_file_stays(file: Path) -> None:
    file.touch()
    file.chmod(0o640)
    write(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_trying_whether_the_file_can_be_written_writes_nothing(file: Path) -> None:
    write(file)
    before = file.read_bytes()
    for _ in range(3):
        require_writable(file)
    assert file.read_bytes() == before


def test_without_a_file_there_is_nothing_to_be_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "runs_mcp.confirmation.audit"):
        require_writable(None)
        assert caplog.records == []
        write(None)
    assert len(caplog.records) == 1


def test_the_same_line_goes_to_stderr(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "runs_mcp.confirmation.audit"):
        write(file)

    (record,) = caplog.records
    assert record.name == "runs_mcp.confirmation.audit"
    assert f"{record.getMessage()}\n" == f"audit {file.read_text()}"


def test_the_line_goes_to_stderr_even_where_the_file_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "runs_mcp.confirmation.audit"), pytest.raises(InternalError):
        write(tmp_path)
    assert '"outcome":"declined"' in caplog.text


def test_twenty_threads_write_every_line_whole(file: Path) -> None:
    def write_some(thread: int) -> None:
        for count in range(LINES_EACH):
            require_writable(file)
            write(
                file,
                AuditEntry(
                    action="delete",
                    provider="currents",
                    run=f"{thread}-{count}-" + "x" * (thread * 100),
                    caller="c",
                    confirmed_by="preapproved",
                    outcome="done",
                ),
            )

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(write_some, range(THREADS)))

    lines = lines_of(file)
    assert len(lines) == THREADS * LINES_EACH
    assert len({line["run"] for line in lines}) == THREADS * LINES_EACH
    for thread in range(THREADS):
        own = [line["run"] for line in lines if line["run"].startswith(f"{thread}-")]
        assert [int(run.split("-")[1]) for run in own] == list(range(LINES_EACH))


def test_several_processes_write_every_line_whole(file: Path) -> None:
    writers = [
        subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", WRITER, str(file), f"writer{number}", "100"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()  # They start together, as far as they can.
        writer.stdin = None
    for writer in writers:
        _, errors = writer.communicate(timeout=30)
        assert (writer.returncode, errors) == (0, b"")

    runs = [line["run"].rstrip("x") for line in lines_of(file)]
    assert sorted(runs) == sorted(
        f"writer{number}-{count}" for number in range(4) for count in range(100)
    )


@pytest.mark.parametrize(
    "obstacle", ["no folder", "a folder", "below a file", "a circle of links", "a full disk"]
)
def test_a_file_that_cannot_be_written_is_a_clear_error_without_its_path(
    obstacle: str, tmp_path: Path
) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "audit-secret").symlink_to(tmp_path / "audit-secret")
    path = {
        "no folder": tmp_path / "no" / "audit-secret",
        "a folder": tmp_path,
        "below a file": tmp_path / "a-file" / "audit-secret",
        "a circle of links": tmp_path / "audit-secret",
        "a full disk": Path("/dev/full"),
    }[obstacle]
    if obstacle == "a full disk" and not path.exists():
        pytest.skip("this system has no /dev/full")

    with pytest.raises(InternalError) as failed:
        write(path)
    message = str(failed.value)
    assert message.startswith("The audit log cannot be written (")
    assert "kind=internal_error" in message
    assert "RUNS_MCP_AUDIT_LOG" in message
    for part in (str(path), str(tmp_path), "audit-secret", path.name):
        assert part not in message
    if obstacle != "a full disk":
        with pytest.raises(InternalError) as required:
            require_writable(path)
        assert str(required.value) == message


def test_a_file_that_was_moved_away_is_created_again(file: Path) -> None:
    """As logrotate does it."""
    write(file)
    file.rename(file.with_suffix(".1"))
    write(file)
    assert len(lines_of(file)) == 1


@pytest.mark.parametrize("written", [0, 20])
def test_a_line_that_was_only_written_in_part_is_an_error_and_leaves_the_file_as_it_was(
    file: Path, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up takes what still fits, and says how much that was."""
    write(file)
    before = file.read_bytes()
    really_write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, data: really_write(fd, data[:written]))
        with pytest.raises(InternalError, match="The audit log cannot be written"):
            write(file)
    assert file.read_bytes() == before
    write(file)
    assert len(lines_of(file)) == 2


def test_a_line_is_on_disk_before_anything_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def fail(descriptor: int) -> None:
        synced.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InternalError, match=r"Input/output error"):
        write(file)
    assert len(synced) == 1
    assert file.read_bytes() == b""


def test_a_line_that_somebody_left_unfinished_does_not_swallow_the_next(file: Path) -> None:
    file.write_text('{"outcome":"do')
    write(file)
    unfinished, whole = file.read_text().splitlines()
    assert unfinished == '{"outcome":"do'
    assert json.loads(whole)["outcome"] == "declined"


def test_a_pipe_gets_lines_as_long_as_somebody_reads_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for without_reader in (require_writable, write):
        with pytest.raises(InternalError, match="The audit log cannot be written"):
            without_reader(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        require_writable(pipe)
        write(pipe)
        assert json.loads(os.read(reader, 4096))["outcome"] == "declined"
        with pytest.raises(InternalError, match="The audit log cannot be written"):
            write_often(pipe)  # nobody reads on: it fills up
    finally:
        os.close(reader)
    with pytest.raises(InternalError, match="The audit log cannot be written"):
        write(pipe)


def test_a_file_that_another_process_keeps_locked_is_an_error_after_a_while(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs_mcp.confirmation.audit.LOCKED_SECONDS", 0.05)
    write(file)
    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(InternalError, match="The audit log cannot be written"):
            write(file)
    write(file)
    assert len(lines_of(file)) == 2


async def test_file_work_holds_nothing_else_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk: others go on while a line is written."""
    may_go_on = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _: may_go_on.wait(10))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(AuditLog(file).write, ENTRY)
            await anyio.lowlevel.checkpoint()
            may_go_on.set()
