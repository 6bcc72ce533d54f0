import re
from collections import Counter
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
    listed,
    reported_tests,
    run,
)

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    NotableRun,
)


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    with Sandbox(now=NOW) as sandbox, api_of(sandbox) as client:
        yield client


def first_lines(found: list[tuple[str, Json]]) -> Counter[str]:
    """Plain first lines, without what differs from attempt to attempt."""
    messages = [test["attempts"][-1]["error"]["message"] for _, test in found]
    plain = [
        re.sub(r"\x1b?\[[0-9;]*m", "", message).split("\n\nCall log")[0] for message in messages
    ]
    return Counter(re.sub(r"[0-9a-f]{8,}(-[0-9a-f-]+)?", "#", message) for message in plain)


WHOLE_RUNS = [
    NotableRun.THREE_CAUSES,
    NotableRun.MAIN,
    NotableRun.THREE_BROWSERS,
    NotableRun.FAILING,
    NotableRun.CANCELED,
    NotableRun.TIMED_OUT,
    NotableRun.EMPTY,
    NotableRun.NEVER_RAN,
    NotableRun.STRANGE_STRINGS,
    NotableRun.CONSOLE_FAILED,
    NotableRun.CONSOLE_NEVER_RAN,
    NotableRun.CONSOLE_EMPTY,
]


@pytest.mark.parametrize("run_id", WHOLE_RUNS, ids=lambda run_id: run_id.name)
def test_every_record_of_a_run_agrees_with_the_others(
    api: httpx.Client, run_id: NotableRun
) -> None:
    of = run(api, run_id)
    assert set(of) >= {"runId", "projectId", "status", "completionState", "createdAt", "timeout"}
    groups = {group["groupId"]: group for group in of["groups"]}
    assert {spec["groupId"] for spec in of["specs"]} <= set(groups)
    assert len({spec["instanceId"] for spec in of["specs"]}) == len(of["specs"])
    for spec in complete(of):
        found = instance(api, spec)
        for key in ("groupId", "instanceId", "spec", "machineId"):
            assert found[key] == spec[key]
        assert (found["runId"], found["projectId"]) == (run_id, of["projectId"])
        assert found["commit"] == of["meta"]["commit"]
        counted = {key: n for key, n in found["results"]["stats"].items() if key != "retries"}
        stated = {key: n for key, n in spec["results"]["stats"].items() if key != "retries"}
        assert counted == stated
        if "screenshots" in spec["results"]:
            assert_pictures_agree(found["results"]["screenshots"], spec["results"]["screenshots"])
        assert_tests_agree(found, spec["results"]["flaky"])
    for group_id, group in groups.items():
        own = [s for s in of["specs"] if s["groupId"] == group_id]
        assert group["instances"] == totals_of_specs(own)
        assert group["tests"] == totals_of_tests(own)
        assert group["specCount"] == len(own)


def assert_pictures_agree(some: list[Json], others: list[Json]) -> None:
    without_signature = [
        [{**picture, "screenshotURL": picture["screenshotURL"].split("?")[0]} for picture in them]
        for them in (some, others)
    ]
    assert without_signature[0] == without_signature[1]


def assert_tests_agree(found: Json, flaky: int) -> None:
    stats, tests = found["results"]["stats"], reported_tests(found)
    if found["results"].get("exception") is not None:
        assert (stats["tests"], stats["failures"], tests) == (0, 1, [])
        return
    assert stats["tests"] == len(tests)
    states = Counter(test["state"] for test in tests)
    names = {"passed": "passes", "failed": "failures", "pending": "pending", "skipped": "skipped"}
    assert {state: stats[name] for state, name in names.items() if stats[name]} == states
    ends = [[attempt["state"] for attempt in test["attempts"]] for test in tests]
    assert flaky == sum("failed" in end and end[-1] == "passed" for end in ends)
    for test in tests:
        errors = [attempt["error"] for attempt in test["attempts"]]
        assert (test["displayError"] is None) is not any(errors)
        for attempt in test["attempts"]:
            assert attempt["error"] is None or attempt["state"] != "passed"
            assert attempt["error"] is not None or attempt["state"] != "failed"
    durations = [attempt["wallClockDuration"] for test in tests for attempt in test["attempts"]]
    assert stats["wallClockDuration"] == sum(durations)


def totals_of_specs(specs: list[Json]) -> Json:
    over = [spec["results"]["stats"] for spec in specs if spec["completedAt"]]
    failures = sum(stats["failures"] + stats["skipped"] > 0 for stats in over)
    return {
        "overall": len(specs),
        "claimed": sum(spec["claimedAt"] is not None for spec in specs),
        "complete": len(over),
        "passes": len(over) - failures,
        "failures": failures,
    }


def totals_of_tests(specs: list[Json]) -> Json:
    results = [spec["results"] for spec in specs]
    names = ("passes", "failures", "pending", "skipped", "tests")
    totals = {name: sum(each["stats"][name] for each in results) for name in names}
    done = [
        # A spec file that could not be loaded has a failure, but no test.
        min(stats["tests"], sum(stats[name] for name in names[:4]))
        for stats in (each["stats"] for each in results)
    ]
    return {
        "overall": sum(done),
        **totals,
        "flaky": sum(each["flaky"] for each in results),
        "retries": sum(each["stats"].get("retries", 0) for each in results),
    }


def test_a_cypress_spec_that_runs_has_no_results_in_its_instance_and_no_known_test(
    api: httpx.Client,
) -> None:
    of = run(api, NotableRun.CONSOLE_IN_PROGRESS)
    claimed = next(s for s in of["specs"] if s["claimedAt"] and not s["completedAt"])
    unclaimed = next(s for s in of["specs"] if not s["claimedAt"])
    for spec in (claimed, unclaimed):
        assert spec["results"]["stats"]["tests"] == 0
    assert "results" not in instance(api, claimed)
    assert unclaimed["machineId"] == ""
    assert api.get(f"/instances/{unclaimed['instanceId']}").status_code == 404


def test_a_spec_that_cannot_be_loaded_has_an_exception_and_counts_as_a_failure(
    api: httpx.Client,
) -> None:
    for run_id, words in (
        (NotableRun.NEVER_RAN, "SyntaxError"),
        (NotableRun.CONSOLE_NEVER_RAN, "Webpack Compilation Error"),
    ):
        of = run(api, run_id)
        assert of["status"] == "FAILED"
        (spec,) = [s for s in of["specs"] if s["results"]["stats"]["failures"]]
        assert words in instance(api, spec)["results"]["exception"]


def test_the_oldest_run_has_the_oldest_form(api: httpx.Client) -> None:
    assert listed(api, CONSOLE_PROJECT)[-1]["runId"] == NotableRun.OLDEST_SHAPE
    oldest = run(api, NotableRun.OLDEST_SHAPE)
    assert set(oldest) == {
        *("runId", "projectId", "createdAt", "tags", "cypressVersion"),
        *("timeout", "groups", "meta", "specs"),
    }
    assert set(oldest["meta"]) == {"ciBuildId", "commit"}
    assert {frozenset(spec) for spec in oldest["specs"]} == {
        frozenset(("groupId", "spec", "instanceId", "claimedAt", "completedAt", "machineId"))
    }


def test_playwright_failures_have_the_form_of_playwright(api: httpx.Client) -> None:
    failed = [test for _, test in failed_tests(api, NotableRun.THREE_CAUSES)]
    messages = [test["displayError"] for test in failed]
    assert any("\x1b[" in message for message in messages)
    assert any(re.search(r"(?<!\x1b)\[3[12]m", message) for message in messages)
    for test in failed:
        assert re.fullmatch(r"[0-9a-f]{20}-[0-9a-f]{20}", test["testId"])
        assert (test["originalTitle"][1], test["isFlaky"]) == (test["title"][1], False)
        assert [attempt["rawStatus"] for attempt in test["attempts"]] == ["failed"] * 3
        error = test["attempts"][-1]["error"]
        assert error["stack"].startswith(error["message"])
        frame = error["codeFrame"]
        assert f"{frame['file']}:{frame['line']}:{frame['column']}" in error["stack"]
        assert set(frame) == {"frame", "file", "line", "column"}
        assert (error["name"], error["value"]) == (None, None)
        assert f"{frame['line']} |" in frame["frame"]


def test_some_attempts_time_out_or_are_interrupted(api: httpx.Client) -> None:
    (slow,) = [
        r
        for r in listed(api, BOOKING_PROJECT)
        if r["status"] == "FAILED"
        and r["groups"]
        and r["groups"][0]["tests"]["failures"] == 2
        and r["meta"]["commit"]["branch"] == "main"
    ]
    (_, timed_out), *_ = failed_tests(api, slow["runId"])
    attempt = timed_out["attempts"][0]
    assert (attempt["rawStatus"], "codeFrame" in attempt["error"]) == ("timedOut", False)
    (spec,) = [
        s for s in complete(run(api, NotableRun.CANCELED)) if s["results"]["stats"]["skipped"]
    ]
    (interrupted,) = [t for t in reported_tests(instance(api, spec)) if t["state"] == "skipped"]
    assert [attempt["rawStatus"] for attempt in interrupted["attempts"]] == ["interrupted"]
    assert "has been closed" in interrupted["displayError"]


def test_tests_after_a_failure_in_a_serial_block_are_pending(api: httpx.Client) -> None:
    (spec,) = [
        s
        for s in run(api, NotableRun.THREE_CAUSES)["specs"]
        if s["spec"].endswith("payment/card.spec.ts")
    ]
    states = [test["state"] for test in reported_tests(instance(api, spec))]
    assert states == ["failed", "pending", "pending"]


def test_cypress_failures_have_the_form_of_cypress(api: httpx.Client) -> None:
    failed = [test for _, test in failed_tests(api, NotableRun.CONSOLE_FAILED)]
    assert len(first_lines(failed_tests(api, NotableRun.CONSOLE_FAILED))) == 2
    for test in failed:
        assert re.fullmatch(r"r[0-9]+", test["testId"])
        assert "isFlaky" not in test
        assert len(test["attempts"]) == 2
        assert "rawStatus" not in test["attempts"][0]
        error = test["attempts"][-1]["error"]
        assert test["displayError"] == error["stack"]
        assert "\n    at Context.eval (webpack://" in error["stack"]
        assert "cypress:///" in error["stack"]
        assert "\x1b" not in error["codeFrame"]["frame"]
    errors = {test["attempts"][0]["error"]["name"] for test in failed}
    assert errors == {"AssertionError", "CypressError"}
    assert len(flaky_tests(api, NotableRun.CONSOLE_FAILED)) == 1
