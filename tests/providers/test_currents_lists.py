"""How the rows of lists are read: runs and projects."""

import json

import msgspec
from currents_payloads import RUN, RUN_ID, changed, decoded_run
from msgspec import UNSET

from runs_mcp import model
from runs_mcp.answers.encoding import structured_content
from runs_mcp.answers.reports import RunList
from runs_mcp.providers.currents.mapping import runs as run_mapping
from runs_mcp.providers.currents.wire import runs as wire


def test_a_listed_run_has_the_failed_and_flaky_tests_of_its_groups() -> None:
    row = {name: sent for name, sent in RUN.items() if name != "specs"}
    listed = run_mapping.listed_run(decoded_run(row))
    assert (listed.id, listed.failed, listed.flaky) == (RUN_ID, 16, 3)
    assert listed.duration_ms is UNSET


def test_a_listed_run_shows_a_short_commit_message() -> None:
    sent = changed(RUN)
    sent["meta"]["commit"]["message"] = "word " * 100
    listed = run_mapping.listed_run(decoded_run(sent))
    assert len(listed.commit_message) <= 100
    assert listed.commit_message.endswith(" characters)")


def test_a_row_of_a_list_leaves_out_zeros() -> None:
    listed = run_mapping.listed_run(decoded_run({"runId": "r", "durationMs": 0, "groups": []}))
    assert structured_content(RunList(runs=(listed,)))["runs"] == [
        {"provider": "currents", "id": "r", "url": "https://app.currents.dev/run/r"}
    ]


def test_a_project_is_read() -> None:
    sent = {
        "projectId": "bAYZ4a",
        "name": "Web\nshop",
        "createdAt": "2022-07-06T08:23:40.939Z",
        "inactivityTimeoutSeconds": 3600,
        "failFast": False,
        "cursor": "5c647e82",
        "defaultBranchName": "main",
    }
    project = msgspec.json.decode(json.dumps(sent), type=wire.WireProject)
    assert run_mapping.project(project) == model.Project(
        project_id="bAYZ4a",
        name="Web shop",
        created_at="2022-07-06T08:23:40.939Z",
        default_branch="main",
    )
    assert run_mapping.project(wire.WireProject()) == model.Project(project_id="")
