"""`runs-mcp report`."""

import json
from pathlib import Path

import pytest
from command_runs import on, run
from providers.currents_runs import FAILED

from runs_mcp.answers.markdown_report import MOST_CHARS
from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import NotableRun

RUNS = [f"currents:{each.value}" for each in NotableRun]


@pytest.mark.parametrize("reference", RUNS)
def test_a_report_of_any_run_fits_into_a_comment_and_exits_0(
    story: Sandbox, reference: str
) -> None:
    done = run("report", reference, **on(story))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("### ")
    assert len(done.stdout) <= MOST_CHARS


def test_every_cause_and_test_is_in_it(story: Sandbox) -> None:
    as_json = run("report", f"currents:{FAILED}", "--format", "json", **on(story))
    report = json.loads(as_json.stdout)
    assert report["trim"] == {**report["trim"], "trimmed": False}
    markdown = run("report", f"currents:{FAILED}", **on(story)).stdout
    for group in report["groups"]:
        assert f"| {group['tests']} |" in markdown
        assert group["example"]["test"] in markdown
        for other in group["others"]:
            assert other["test"] in markdown
        assert len(group["others"]) + 1 == group["tests"]


def test_it_says_since_when_each_cause_is_there(story: Sandbox) -> None:
    reference = f"currents:{NotableRun.LONG_HISTORY.value}"
    markdown = run("report", reference, **on(story)).stdout
    report = json.loads(run("report", reference, "--format", "json", **on(story)).stdout)
    since = {cause["fingerprint"]: cause for cause in report["history"]["causes"]}
    assert len(since) == len(report["groups"]) == 4
    (row,) = (line for line in markdown.splitlines() if "Cabins' }) toBeVisible" in line[:80])
    (cabins,) = (cause for cause in since.values() if "Cabins" in cause["cause"])
    assert f"| {cabins['since']['created_at'][:10]} |" in row
    assert f"[Commits between]({cabins['commits']['url']})" in markdown
    assert "Also on `main`, `chore/node-24`" in markdown
    assert "comes and goes" in markdown
    assert "or before |" in markdown


def test_without_the_runs_before_it_says_so_and_reports_the_rest(story: Sandbox) -> None:
    story.fail(Fault(path="/v1/projects/.*/runs", status=403))
    try:
        done = run("report", f"currents:{NotableRun.LONG_HISTORY.value}", **on(story))
    finally:
        story.heal()
    assert done.returncode == 0
    assert done.stderr.startswith("Since when it fails could not be told.")
    assert "4 causes" in done.stdout


def test_it_is_written_to_a_file_and_compared_with_the_run_that_is_named(
    story: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "report.md"
    base = f"currents:{NotableRun.MAIN.value}"
    done = run("report", f"currents:{FAILED}", "--baseline", base, "--out", str(path), **on(story))
    assert (done.returncode, done.stdout) == (0, "")
    assert f"Compared with `{base}`: as asked for" in path.read_text(encoding="utf-8")


def test_a_run_that_cannot_be_read_ends_with_1_and_says_why(story: Sandbox) -> None:
    done = run("report", "currents:nope", **on(story))
    assert (done.returncode, done.stdout) == (1, "")
    assert "kind=not_found" in done.stderr


def test_a_file_that_cannot_be_written_is_a_wrong_option(story: Sandbox, tmp_path: Path) -> None:
    done = run("report", f"currents:{FAILED}", "--out", str(tmp_path / "no" / "x"), **on(story))
    assert done.returncode == 2
    assert done.stderr.startswith("runs-mcp: --out: cannot be written")
