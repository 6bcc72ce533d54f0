"""The audit log: one JSON line for each entry, none lost, none mixed up."""

import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

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
THREADS: Final = 50
LINES_EACH: Final = 20

WRITER: Final = """
import sys
from pathlib import Path
from runs_mcp.confirmation.audit import AuditEntry, AuditLog
log, name = AuditLog(Path(sys.argv[1])), sys.argv[2]
sys.stdin.read()
for count in range(int(sys.argv[3])):
    log.write(AuditEntry(action="cancel", provider="currents", run=f"{name}-{count}" + "x" * 2000,
                         caller="c", confirmed_by="token", outcome="done"))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def lines_of(file: Path) -> list[dict[str, Any]]:
    text = file.read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def test_a_line_is_one_json_object_that_says_who_did_what(file: Path) -> None:
    AuditLog(file).write(ENTRY)

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
    AuditLog(shared_file).write(
        AuditEntry(
            action="reset",
            provider="currents",
            run=run,
            caller="c",
            confirmed_by="elicitation",
            outcome=outcome,
        )
    )

    assert shared_file.read_bytes().count(b"\n") == 1
    (line,) = lines_of(shared_file)
    assert (line["run"], line["outcome"]) == (run, outcome)
    assert line["confirmed_by"] == "elicitation"


def test_what_was_in_the_file_stays(file: Path) -> None:
    file.write_text('{"outcome":"of last year"}\n')
    AuditLog(file).write(ENTRY)
    AuditLog(file).write(ENTRY)

    assert [line["outcome"] for line in lines_of(file)] == ["of last year", "declined", "declined"]


@pytest.mark.usefixtures("_open_umask")
def test_nobody_else_can_read_the_file_however_it_came_to_be(file: Path, tmp_path: Path) -> None:
    AuditLog(file).write(ENTRY)
    only_tried = tmp_path / "tried"
    AuditLog(only_tried).require_writable()

    for made in (file, only_tried):
        assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_the_mode_that_the_operator_gave_the_file_stays(file: Path) -> None:
    file.touch()
    file.chmod(0o640)
    AuditLog(file).write(ENTRY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_trying_whether_the_file_can_be_written_writes_nothing(file: Path) -> None:
    AuditLog(file).write(ENTRY)
    before = file.read_bytes()
    for _ in range(3):
        AuditLog(file).require_writable()
    assert file.read_bytes() == before


def test_without_a_file_there_is_nothing_to_be_written(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "runs_mcp.confirmation.audit"):
        AuditLog(None).require_writable()
        assert caplog.records == []
        AuditLog(None).write(ENTRY)
    assert len(caplog.records) == 1


def test_the_same_line_goes_to_stderr(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "runs_mcp.confirmation.audit"):
        AuditLog(file).write(ENTRY)

    (record,) = caplog.records
    assert record.name == "runs_mcp.confirmation.audit"
    assert f"{record.getMessage()}\n" == f"audit {file.read_text()}"


def test_the_line_goes_to_stderr_even_where_the_file_cannot_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "runs_mcp.confirmation.audit"), pytest.raises(InternalError):
        AuditLog(tmp_path).write(ENTRY)
    assert '"outcome":"declined"' in caplog.text


def test_fifty_threads_write_every_line_whole(file: Path) -> None:
    def write(thread: int) -> None:
        # An AuditLog each, as each call has one.
        log = AuditLog(file)
        for count in range(LINES_EACH):
            log.require_writable()
            log.write(
                AuditEntry(
                    action="delete",
                    provider="currents",
                    run=f"{thread}-{count}-" + "x" * (thread * 100),
                    caller="c",
                    confirmed_by="preapproved",
                    outcome="done",
                )
            )

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(write, range(THREADS)))

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


@pytest.mark.parametrize("obstacle", ["no folder", "a folder", "below a file", "a full disk"])
def test_a_file_that_cannot_be_written_is_a_clear_error_without_its_path(
    obstacle: str, tmp_path: Path
) -> None:
    (tmp_path / "a-file").touch()
    path = {
        "no folder": tmp_path / "no" / "audit-secret",
        "a folder": tmp_path,
        "below a file": tmp_path / "a-file" / "audit-secret",
        "a full disk": Path("/dev/full"),
    }[obstacle]
    if obstacle == "a full disk" and not path.exists():
        pytest.skip("this system has no /dev/full")

    with pytest.raises(InternalError) as failed:
        AuditLog(path).write(ENTRY)
    message = str(failed.value)
    assert message.startswith("The audit log cannot be written (")
    assert "kind=internal_error" in message
    assert "RUNS_MCP_AUDIT_LOG" in message
    for part in (str(path), str(tmp_path), "audit-secret", path.name):
        assert part not in message
    if obstacle != "a full disk":
        with pytest.raises(InternalError) as required:
            AuditLog(path).require_writable()
        assert str(required.value) == message


def test_a_file_that_was_moved_away_is_created_again(file: Path) -> None:
    """As logrotate does it."""
    log = AuditLog(file)
    log.write(ENTRY)
    file.rename(file.with_suffix(".1"))
    log.write(ENTRY)
    assert len(lines_of(file)) == 1


def test_a_line_that_was_only_written_in_part_is_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up takes what still fits, and says how much that was."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:20]))
    with pytest.raises(InternalError, match="The audit log cannot be written"):
        AuditLog(file).write(ENTRY)
