"""`runs-mcp tools` and `runs-mcp call`."""

import json

import pytest
from command_runs import on, run

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, NotableRun


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


@pytest.mark.parametrize(
    "argument",
    ["limit=" + "9" * 5000, "limit=--1", "limit=²", "limit=٣", "search=\udcff", "limit="],
)
def test_call_leaves_to_the_tool_what_it_cannot_read(argument: str, story: Sandbox) -> None:
    done = run("call", "currents_list_runs", f"project_id={BOOKING_PROJECT}", argument, **on(story))
    assert (done.returncode, done.stdout) == (1, "")
    assert "kind=invalid_argument" in done.stderr


@pytest.mark.parametrize("tool", ["\udcff", "", "a\nb", "\x1b[31m", "x" * 100_000])
def test_call_says_of_any_other_name_that_there_is_no_such_tool(tool: str) -> None:
    done = run("call", "--sandbox", tool)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("There is no tool ")
