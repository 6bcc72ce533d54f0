"""How the specs and groups of a run are read, and what they add up to."""

import pytest
from currents_payloads import CLAIMED, COMPLETED, RUN, Sent, changed, full_run

from runs_mcp import model


@pytest.mark.parametrize(
    ("sent", "completion", "status"),
    [
        pytest.param({}, "COMPLETE", "unclaimed", id="never started"),
        pytest.param({}, "IN_PROGRESS", "unclaimed", id="not started yet"),
        pytest.param({"claimedAt": CLAIMED}, "IN_PROGRESS", "running", id="running"),
        pytest.param({"claimedAt": CLAIMED}, "TIMEOUT", "idle", id="idle in a run that timed out"),
        pytest.param({"claimedAt": CLAIMED}, "CANCELED", "idle", id="idle in a canceled run"),
        pytest.param({"claimedAt": CLAIMED}, "COMPLETE", "idle", id="idle in a complete run"),
        pytest.param(
            {"claimedAt": CLAIMED, "completedAt": COMPLETED}, "COMPLETE", "unknown", id="no results"
        ),
        pytest.param(
            {"claimedAt": CLAIMED, "completedAt": COMPLETED, "results": None},
            "COMPLETE",
            "unknown",
            id="null results",
        ),
        pytest.param(
            {"claimedAt": CLAIMED, "completedAt": COMPLETED, "results": {"stats": None}},
            "COMPLETE",
            "unknown",
            id="null stats",
        ),
        pytest.param(
            {
                "claimedAt": CLAIMED,
                "completedAt": COMPLETED,
                "results": {"stats": {"tests": None, "passes": None, "failures": None}},
            },
            "COMPLETE",
            "unknown",
            id="stats of nulls",
        ),
        pytest.param(
            {"completedAt": COMPLETED, "results": {"stats": {"tests": 2, "failures": 1}}},
            "COMPLETE",
            "failed",
            id="failed",
        ),
        pytest.param(
            {
                "completedAt": COMPLETED,
                "results": {"stats": {"tests": 2, "failures": 1}, "flaky": 1},
            },
            "COMPLETE",
            "failed",
            id="failed and flaky",
        ),
        pytest.param(
            {"completedAt": COMPLETED, "results": {"stats": {"tests": 2}, "flaky": 1}},
            "COMPLETE",
            "flaky",
            id="flaky",
        ),
        pytest.param(
            {
                "completedAt": COMPLETED,
                "results": {"stats": {"tests": 2, "pending": 1}, "flaky": 0},
            },
            "IN_PROGRESS",
            "passed",
            id="pending is no failure",
        ),
        pytest.param(
            {
                "completedAt": COMPLETED,
                "results": {"stats": {"tests": 2, "passes": 1, "skipped": 1}, "flaky": 0},
            },
            "COMPLETE",
            "failed",
            id="skipped is a failure, by the vendor's rule",
        ),
        pytest.param(
            {"completedAt": COMPLETED, "results": {"stats": {"overall": 2, "flaky": 1}}},
            "COMPLETE",
            "flaky",
            id="flaky, where the stats count it",
        ),
        pytest.param(
            {"completedAt": 1657096685113, "results": {"stats": {"tests": 0}}},
            "COMPLETE",
            "passed",
            id="a time in milliseconds",
        ),
    ],
)
def test_the_status_of_a_spec_follows_from_its_times_and_results(
    sent: Sent, completion: str, status: str
) -> None:
    full = full_run(changed(RUN, completionState=completion, specs=[{"spec": "a.ts", **sent}]))
    assert full.specs[0].status == status


def test_totals_are_summed_over_the_groups() -> None:
    group = RUN["groups"][0]
    full = full_run(changed(RUN, groups=[group, None, group, {"groupId": "empty"}]))
    assert len(full.groups) == 3
    assert full.totals == model.Totals(
        tests=model.TestTotals(
            overall=528, passed=460, failed=32, pending=24, skipped=12, flaky=6, retries=6
        ),
        specs=model.SpecTotals(overall=2, claimed=2, complete=2, passed=0, failed=2),
    )


@pytest.mark.parametrize("groups", [None, []])
def test_totals_of_a_payload_without_groups_are_those_of_its_specs(groups: object) -> None:
    completed = {"claimedAt": CLAIMED, "completedAt": COMPLETED}
    specs = [
        RUN["specs"][0],
        {**completed, "results": {"stats": {"tests": 3, "passes": 3}, "flaky": 1}},
        {**completed, "results": {"stats": {"tests": 1, "passes": 1}}},
        completed,
        {"claimedAt": CLAIMED},
        {},
    ]
    assert full_run(changed(RUN, groups=groups, specs=specs)).totals == model.Totals(
        tests=model.TestTotals(overall=6, passed=4, failed=1, pending=1, flaky=1),
        specs=model.SpecTotals(overall=6, claimed=5, complete=4, passed=2, failed=1),
    )


@pytest.mark.parametrize(
    ("platform", "shown"),
    [
        ({"osName": "linux", "osVersion": "22.04"}, "linux 22.04"),
        ({"browserName": "Chrome"}, "Chrome"),
        ({"osName": "linux", "browserName": "Chrome", "browserVersion": None}, "linux, Chrome"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_platform_is_what_is_known_of_it(platform: object, shown: str) -> None:
    assert full_run(changed(RUN, groups=[{"platform": platform}])).groups[0].platform == shown


def test_a_path_of_300_characters_is_whole() -> None:
    path = "tests/" + "日" * 290 + ".tsx"
    assert len(path) == 300
    assert full_run(changed(RUN, specs=[{"spec": path}])).specs[0].spec == path
