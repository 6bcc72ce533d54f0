"""What keeps audit lines from being written, and what is left of the file then."""

import errno
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from confirmation.audit_lines import ENTRY, lines_of, require_writable, write, write_often

from runs_mcp.confirmation.audit import AuditLog
from runs_mcp.errors import InternalError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


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


@contextmanager
def read_after_a_while(pipe: Path) -> Iterator[None]:
    """Lets go whoever waits for a reader, so that the test fails rather than hangs."""
    readers: list[int] = []
    timer = threading.Timer(5, lambda: readers.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join(10)
        for reader in readers:
            os.close(reader)


def test_a_pipe_gets_lines_as_long_as_somebody_reads_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with read_after_a_while(pipe):
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
    went_on: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: went_on.append(may_go_on.wait(5)))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(AuditLog(file).write, ENTRY)
            await anyio.lowlevel.checkpoint()
            may_go_on.set()
    assert went_on == [True]
