"""Tests of the story that end neither well nor plainly badly, as the reporter maps them."""

import json
from collections.abc import Iterator

import httpx
import pytest
from story_api import (
    NOW,
    Json,
    api_of,
    complete,
    failed_tests,
    flaky_tests,
    instance,
    reported_tests,
    run,
)

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import NotableRun
from runs_mcp.sandbox.story.notable import FAILING_BROWSER, NotableTest, OddEnding


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    with Sandbox(now=NOW) as sandbox, api_of(sandbox) as client:
        yield client


def spec_of(api: httpx.Client, run_id: str, test: NotableTest) -> Json:
    (spec,) = [spec for spec in run(api, run_id)["specs"] if spec["spec"] == test.spec]
    found: Json = spec
    return found


def result_of(api: httpx.Client, run_id: str, test: NotableTest) -> Json:
    tests = reported_tests(instance(api, spec_of(api, run_id, test)))
    (found,) = [each for each in tests if each["title"][-1] == test.title]
    return found


def attempts_of(test: Json) -> list[tuple[str, str]]:
    return [(attempt["state"], attempt["rawStatus"]) for attempt in test["attempts"]]


def test_a_test_fails_in_only_one_of_three_browsers(api: httpx.Client) -> None:
    of = run(api, NotableRun.ONE_BROWSER)
    ends = {group["groupId"]: group["tests"]["failures"] for group in of["groups"]}
    assert ends == {"chromium": 0, "firefox": 0, FAILING_BROWSER: 1}
    ((path, test),) = failed_tests(api, NotableRun.ONE_BROWSER)
    assert (path, test["title"][-1]) == OddEnding.FAILS_IN_ONE_BROWSER
    assert test["groupId"] == FAILING_BROWSER
    assert flaky_tests(api, NotableRun.ONE_BROWSER) == []


def test_the_run_that_was_stopped_early_has_one_failure_two_skipped_and_many_pending_tests(
    api: httpx.Client,
) -> None:
    of = run(api, NotableRun.STOPPED_EARLY)
    assert (of["status"], of["completionState"]) == ("FAILED", "COMPLETE")
    (group,) = of["groups"]
    counts = {name: group["tests"][name] for name in ("failures", "skipped", "flaky")}
    assert counts == {"failures": 1, "skipped": 2, "flaky": 0}
    assert group["tests"]["pending"] == 8 + 6
    assert group["instances"]["failures"] == 3


def test_skipped_tests_alone_fail_a_spec_file(api: httpx.Client) -> None:
    spec = spec_of(api, NotableRun.STOPPED_EARLY, OddEnding.INTERRUPTED)
    stats = spec["results"]["stats"]
    assert (stats["failures"], stats["skipped"]) == (0, 1)
    test = result_of(api, NotableRun.STOPPED_EARLY, OddEnding.INTERRUPTED)
    assert (test["state"], attempts_of(test)) == ("skipped", [("skipped", "interrupted")])
    assert "has been closed" in test["displayError"]


def test_a_test_that_was_interrupted_after_a_failure_is_skipped_and_keeps_both_errors(
    api: httpx.Client,
) -> None:
    test = result_of(api, NotableRun.STOPPED_EARLY, OddEnding.INTERRUPTED_AFTER_FAILURE)
    assert (test["state"], test["_s"], test["isFlaky"]) == ("skipped", "skipped", False)
    assert attempts_of(test) == [("failed", "failed"), ("skipped", "interrupted")]
    messages = [attempt["error"]["message"] for attempt in test["attempts"]]
    assert messages[0].startswith("TypeError: ")
    assert "has been closed" in messages[1]


def test_attempts_that_never_ran_are_marked_and_are_not_retries(api: httpx.Client) -> None:
    never = result_of(api, NotableRun.STOPPED_EARLY, OddEnding.NEVER_RAN)
    halted = result_of(api, NotableRun.STOPPED_EARLY, OddEnding.HALTED_AFTER_FAILURE)
    assert (never["state"], halted["state"]) == ("pending", "failed")
    assert (len(never["attempts"]), len(halted["attempts"])) == (3, 3)
    assert attempts_of(halted)[0] == ("failed", "failed")
    for attempt in (*never["attempts"], *halted["attempts"][1:]):
        assert (attempt["state"], attempt["wallClockDuration"]) == ("pending", 0)
        assert (attempt["workerIndex"], attempt["parallelIndex"]) == (-1, -1)
        error = attempt["error"]
        assert error["message"].startswith("Playwright didn’t run this attempt")
        assert (error["stack"], "codeFrame" in error) == ("", False)


def test_an_unexpected_pass_is_a_failure_without_an_error(api: httpx.Client) -> None:
    test = result_of(api, NotableRun.UNUSUAL_ENDS, OddEnding.PASSED_UNEXPECTEDLY)
    assert (test["state"], attempts_of(test)) == ("failed", [("passed", "passed")] * 3)
    assert test["displayError"] is None
    assert all(attempt["error"] is None for attempt in test["attempts"])


def test_a_quarantined_failure_is_pending_with_its_error_and_the_rules_annotation(
    api: httpx.Client,
) -> None:
    test = result_of(api, NotableRun.UNUSUAL_ENDS, OddEnding.QUARANTINED)
    assert (test["state"], attempts_of(test)) == ("pending", [("pending", "skipped")])
    assert test["attempts"][0]["wallClockDuration"] > 0
    assert test["displayError"] == test["attempts"][0]["error"]["message"]
    spec = spec_of(api, NotableRun.UNUSUAL_ENDS, OddEnding.QUARANTINED)
    assert (spec["results"]["stats"]["failures"], spec["results"]["stats"]["skipped"]) == (0, 0)
    annotations = instance(api, spec)["testAnnotations"][test["testId"]]
    assert [each["type"] for each in annotations] == ["owner", "_currents:rule:quarantine"]
    annotation = json.loads(annotations[1]["description"])
    assert set(annotation["rule"]) == {"v", "id", "name", "type", "appliedAt"}
    assert annotation["testInfo"] == {"testId": test["testId"], "status": "failed"}


def test_a_long_text_is_cut_in_the_middle(api: httpx.Client) -> None:
    test = result_of(api, NotableRun.UNUSUAL_ENDS, OddEnding.CUT_SHORT)
    error = test["attempts"][0]["error"]
    line = "\n...truncated to fit the 2048-character limit\n"
    for text in (error["message"], error["stack"]):
        assert len(text) == 2048
        first, last = text.split(line)
        assert abs(len(first) - len(last)) <= 1
    assert "toEqual" in error["message"]
    assert error["stack"].endswith(":17:37")


def test_tests_are_annotated_by_their_owners_and_skipped_ones_without_a_reason(
    api: httpx.Client,
) -> None:
    of = run(api, NotableRun.MAIN)
    found = [
        annotation
        for spec in complete(of)
        for annotations in instance(api, spec)["testAnnotations"].values()
        for annotation in annotations
    ]
    assert {each["type"] for each in found} == {"owner", "note", "skip"}
    assert {frozenset(each) for each in found if each["type"] == "skip"} == {frozenset({"type"})}


def test_the_unusual_run_fails_for_two_tests_only(api: httpx.Client) -> None:
    failed = [
        (path, test["title"][-1]) for path, test in failed_tests(api, NotableRun.UNUSUAL_ENDS)
    ]
    assert sorted(failed) == sorted([OddEnding.PASSED_UNEXPECTEDLY, OddEnding.CUT_SHORT])
    assert flaky_tests(api, NotableRun.UNUSUAL_ENDS) == []
