"""Where the audit log and the record of confirmations cannot be written, a command says so."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from command_runs import on, run, run_process

from runs_mcp.sandbox import Sandbox


def a_folder(tmp_path: Path) -> str:
    return str(tmp_path)


def in_no_folder(tmp_path: Path) -> str:
    return str(tmp_path / "no" / "audit")


def below_a_file(tmp_path: Path) -> str:
    (tmp_path / "file").touch()
    return str(tmp_path / "file" / "audit")


def a_circle_of_links(tmp_path: Path) -> str:
    (tmp_path / "link").symlink_to(tmp_path / "link")
    return str(tmp_path / "link")


def a_pipe_that_nobody_reads(tmp_path: Path) -> str:
    os.mkfifo(tmp_path / "pipe")
    return str(tmp_path / "pipe")


def the_home_of_nobody(tmp_path: Path) -> str:
    del tmp_path
    return "~nobody-of-this-name/audit"


PLACES: Final = (
    a_folder,
    in_no_folder,
    below_a_file,
    a_circle_of_links,
    a_pipe_that_nobody_reads,
    the_home_of_nobody,
)
every_place = pytest.mark.parametrize("place", PLACES)


@every_place
@pytest.mark.parametrize("command", [(), ("--read-only",), ("call", "currents_list_projects")])
def test_a_server_does_not_start_without_its_audit_log(
    story: Sandbox, tmp_path: Path, place: Callable[[Path], str], command: tuple[str, ...]
) -> None:
    before = len(story.requests)
    done = run(*command, **on(story), RUNS_MCP_AUDIT_LOG=place(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("runs-mcp: RUNS_MCP_AUDIT_LOG: ")
    assert str(tmp_path) not in line
    assert len(story.requests) == before


@pytest.mark.parametrize("place", PLACES[:-1])
@pytest.mark.parametrize("options", [(), ("--read-only",)])
def test_check_names_an_audit_log_that_cannot_be_written(
    story: Sandbox, tmp_path: Path, place: Callable[[Path], str], options: tuple[str, ...]
) -> None:
    done = run("check", *options, **on(story), RUNS_MCP_AUDIT_LOG=place(tmp_path))
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "audit log" in line]
    assert "RUNS_MCP_AUDIT_LOG" in line
    assert str(tmp_path) not in done.stdout
    assert "currents: " in done.stdout


def test_check_names_a_state_folder_that_cannot_be_written(story: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("check", **{**on(story), "XDG_STATE_HOME": str(tmp_path / "file")})
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "confirmations" in line]
    assert "XDG_STATE_HOME" in line
    assert str(tmp_path) not in done.stdout


def test_a_server_that_only_reads_needs_no_state_folder(story: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    without = {**on(story), "XDG_STATE_HOME": str(tmp_path / "file")}
    assert run("check", "--read-only", **without).returncode == 0
    assert run("call", "currents_list_projects", **without).returncode == 0


def test_a_home_in_the_path_of_the_audit_log_is_found(story: Sandbox, tmp_path: Path) -> None:
    wanted = {**on(story), "HOME": str(tmp_path), "RUNS_MCP_AUDIT_LOG": "~/audit"}
    done = run_process("check", **wanted)
    assert done.returncode == 0
    assert (tmp_path / "audit").read_bytes() == b""
    assert (tmp_path / "audit").stat().st_mode & 0o777 == 0o600
