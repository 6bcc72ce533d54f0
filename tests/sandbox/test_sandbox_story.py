import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from story_api import (
    FLAKE,
    KNOWN,
    NOW,
    Json,
    api_of,
    failed_tests,
    flaky_tests,
    instance,
    listed,
    run,
)

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    with Sandbox(now=NOW) as sandbox, api_of(sandbox) as client:
        yield client


def named(found: list[tuple[str, Json]]) -> list[tuple[str, str]]:
    return [(path, test["title"][-1]) for path, test in found]


def first_lines(found: list[tuple[str, Json]]) -> Counter[str]:
    """Plain first lines, without what differs from attempt to attempt."""
    messages = [test["attempts"][-1]["error"]["message"] for _, test in found]
    plain = [
        re.sub(r"\x1b?\[[0-9;]*m", "", message).split("\n\nCall log")[0] for message in messages
    ]
    return Counter(re.sub(r"[0-9a-f]{8,}(-[0-9a-f-]+)?", "#", message) for message in plain)


def test_the_newest_run_of_the_feature_branch_fails_for_three_causes_over_many_specs(
    api: httpx.Client,
) -> None:
    branch = [
        r
        for r in listed(api, BOOKING_PROJECT)
        if r["meta"]["commit"]["branch"] == "feat/fare-engine-v2"
    ]
    assert branch[0]["runId"] == NotableRun.THREE_CAUSES
    failed = failed_tests(api, NotableRun.THREE_CAUSES)
    causes = first_lines(failed)
    assert len(causes) == 3
    assert min(causes.values()) >= 8
    assert len({path for path, _ in failed}) == 26
    assert named(flaky_tests(api, NotableRun.THREE_CAUSES)) == [FLAKE]
    assert [r["groups"][0]["tests"]["failures"] for r in branch[1:]] == [0, 3, 0]


def test_none_of_the_three_causes_is_on_main_which_has_one_failure_of_its_own(
    api: httpx.Client,
) -> None:
    on_main = [
        r
        for r in listed(api, BOOKING_PROJECT)
        if r["meta"]["commit"]["branch"] == "main" and r["completionState"] == "COMPLETE"
    ]
    assert on_main[0]["runId"] == NotableRun.MAIN
    assert named(failed_tests(api, NotableRun.MAIN)) == [KNOWN]
    causes = set(first_lines(failed_tests(api, NotableRun.THREE_CAUSES)))
    failed = [r for r in on_main if r["status"] == "FAILED"]
    assert len(failed) < len(on_main) / 4
    for each in failed:
        assert not causes & set(first_lines(failed_tests(api, each["runId"])))


def test_another_branch_has_the_failure_of_main_and_a_new_one(api: httpx.Client) -> None:
    known = first_lines(failed_tests(api, NotableRun.MAIN))
    both = first_lines(failed_tests(api, NotableRun.KNOWN_AND_NEW))
    assert len(both) == 2
    assert set(known) < set(both)


def test_the_one_flaky_test_on_main_is_flaky_in_about_a_third_of_its_runs(
    api: httpx.Client,
) -> None:
    pushes = [r for r in listed(api, BOOKING_PROJECT) if r["tags"] == ["push"]]
    flaky = [r for r in pushes if r["groups"][0]["tests"]["flaky"]]
    assert 0.2 < len(flaky) / len(pushes) < 0.45
    for each in flaky[:4]:
        assert named(flaky_tests(api, each["runId"])) == [FLAKE]


def test_the_matrix_has_more_than_ten_megabytes_and_some_failures(
    api: httpx.Client,
) -> None:
    answer = api.get(f"/runs/{NotableRun.MATRIX}")
    assert len(answer.content) > 10_000_000
    matrix = answer.json()["data"]
    assert len(matrix["specs"]) > 4000
    assert len(matrix["groups"]) == 6
    failed = [s for s in matrix["specs"] if s["results"]["stats"]["failures"]]
    assert {s["groupId"] for s in failed} == {"webkit-mobile", "firefox-desktop"}
    stats = instance(api, failed[0])["results"]["stats"]
    assert stats == {**failed[0]["results"]["stats"], "retries": 0}


def test_the_night_before_ran_in_three_browsers(api: httpx.Client) -> None:
    groups = run(api, NotableRun.THREE_BROWSERS)["groups"]
    browsers = [group["platform"]["browserName"] for group in groups]
    assert browsers == ["chromium", "firefox", "webkit"]


def progress(of: Json) -> Counter[str]:
    def state(spec: Json) -> str:
        if spec["completedAt"]:
            return "completed"
        return "claimed" if spec["claimedAt"] else "unclaimed"

    return Counter(state(spec) for spec in of["specs"])


def test_runs_that_are_not_complete_have_specs_that_never_reported(api: httpx.Client) -> None:
    states = {
        NotableRun.IN_PROGRESS: ("RUNNING", "IN_PROGRESS", 28, 4, 42),
        NotableRun.FAILING: ("FAILING", "IN_PROGRESS", 36, 4, 34),
        NotableRun.CANCELED: ("FAILED", "CANCELED", 41, 0, 33),
        NotableRun.TIMED_OUT: ("FAILED", "TIMEOUT", 71, 3, 0),
        NotableRun.CONSOLE_CANCELED: ("PASSED", "CANCELED", 9, 1, 14),
    }
    for run_id, (status, completion, completed, claimed, unclaimed) in states.items():
        of = run(api, run_id)
        assert (of["status"], of["completionState"]) == (status, completion)
        assert progress(of) == Counter(completed=completed, claimed=claimed, unclaimed=unclaimed)
        assert of["timeout"]["isTimeout"] is (completion == "TIMEOUT")
        assert ("cancellation" in of) is (completion == "CANCELED")


def test_nothing_happens_after_now_or_before_its_run(api: httpx.Client) -> None:
    runs = listed(api, BOOKING_PROJECT) + listed(api, CONSOLE_PROJECT)
    for each in runs:
        created = datetime.fromisoformat(each["createdAt"])
        assert NOW - timedelta(days=14) <= created <= NOW
        assert created + timedelta(milliseconds=each.get("durationMs", 0)) <= NOW
    for run_id in NotableRun:
        of = run(api, run_id)
        canceled = of.get("cancellation", {})
        end = canceled.get("canceledAt") or canceled.get("cancelledAt") or NOW.isoformat()
        for spec in of["specs"]:
            claimed, completed = spec["claimedAt"], spec["completedAt"]
            moments = [of["createdAt"], *filter(None, (claimed, completed)), end]
            times = [datetime.fromisoformat(moment) for moment in moments]
            assert times == sorted(times)


def test_one_workflow_run_started_a_run_in_progress_in_each_project(api: httpx.Client) -> None:
    words = "-".join(map(str, PUSH_IN_PROGRESS))
    found = [
        api.get(f"/projects/{project}/runs", params={"search": words}).json()["data"]
        for project in (BOOKING_PROJECT, CONSOLE_PROJECT)
    ]
    assert [[each["runId"] for each in page] for page in found] == [
        [NotableRun.IN_PROGRESS],
        [NotableRun.CONSOLE_IN_PROGRESS],
    ]


def test_empty_runs_have_no_specs_and_no_counts(api: httpx.Client) -> None:
    (group,) = run(api, NotableRun.EMPTY)["groups"]
    assert set(group["tests"].values()) == set(group["instances"].values()) == {0}
    assert run(api, NotableRun.EMPTY)["specs"] == []
    assert run(api, NotableRun.CONSOLE_EMPTY)["groups"] == []


def test_commits_and_failures_contain_unusual_strings(api: httpx.Client) -> None:
    messages = [r["meta"]["commit"]["message"] for r in listed(api, BOOKING_PROJECT)]
    text = "\n".join(messages)
    wanted = ("<div", "List<String>", "‹", "🎉", '"quotes"', "Ignore previous instructions")
    for words in (*wanted, "\u200b", "\u202e", "\ufeff"):
        assert words in text
    assert max(map(len, messages)) > 3000
    failures = json.dumps(failed_tests(api, NotableRun.STRANGE_STRINGS), ensure_ascii=False)
    for words in ("<div class", "List<String>", "‹Ærø›", "🛳", "O'Brien", "\u200b", "\u202e"):
        assert words in failures
