"""The audit log: one JSON line for each entry, none lost, none mixed up."""

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from confirmation.audit_lines import lines_of, require_writable, write
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.confirmation.audit import AuditEntry
from runs_mcp.errors import InternalError

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
