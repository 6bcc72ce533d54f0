"""The sandbox's records against what the live API answers: the same keys, and the same nulls."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from story_api import NOW, Json, api_of, complete, instance, reported_tests, run

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import NotableRun

PAYLOADS: Final = Path(__file__).parents[1] / "payloads"


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    with Sandbox(now=NOW) as sandbox, api_of(sandbox) as client:
        yield client


def payload(name: str) -> Json:
    found: Json = json.loads((PAYLOADS / f"{name}.json").read_text())["data"]
    return found


@pytest.fixture(scope="module")
def failed(api: httpx.Client) -> Json:
    """An instance with a failed test, a flaky one and an annotated one."""
    of = run(api, NotableRun.THREE_CAUSES)
    (flaky,) = [spec for spec in of["specs"] if spec["results"]["flaky"]]
    (card,) = [spec for spec in of["specs"] if spec["spec"].endswith("payment/card.spec.ts")]
    assert instance(api, flaky)["testAnnotations"]
    return instance(api, card)


def test_an_instance_has_the_keys_of_the_live_api(failed: Json) -> None:
    live = payload("instance-schema-2")
    assert set(failed) == set(live)
    assert (failed["schemaVersion"], failed["id"]) == (live["schemaVersion"], live["id"])
    for key in ("commit", "framework", "platform", "results"):
        assert set(failed[key]) == set(live[key])
    assert failed["framework"]["type"] == live["framework"]["type"] == "pw"
    assert set(failed["claimList"][0]) == set(live["claimList"][0])
    (claim, *_), (live_claim, *_) = failed["claimRecords"].values(), live["claimRecords"].values()
    assert claim.keys() == live_claim.keys()
    assert set(failed["testResults"]) == set(failed["testList"]) == set(failed["testTags"])


@pytest.mark.parametrize(
    "key", ["tests", "attachments", "playwrightTraces", "screenshots", "videos"]
)
def test_a_list_of_results_has_items_as_in_the_live_api(failed: Json, key: str) -> None:
    assert set(failed["results"][key][0]) == set(payload("instance-schema-2")["results"][key][0])


def test_the_counts_and_the_output_of_an_instance_are_as_in_the_live_api(failed: Json) -> None:
    live = payload("instance-schema-2")["results"]
    for key in ("stats", "stdout"):
        assert set(failed["results"][key]) == set(live[key])
    assert failed["results"]["stats"]["retries"] == live["stats"]["retries"] == 0


def test_a_failed_tests_result_is_as_in_the_live_api(failed: Json) -> None:
    ours, live = (
        next(r for r in found["testResults"].values() if r["state"] == "failed")
        for found in (failed, payload("instance-schema-2"))
    )
    assert set(ours) == set(live)
    attempt, live_attempt = ours["attempts"][0], live["attempts"][0]
    assert set(attempt) == set(live_attempt)
    assert set(attempt["error"]) == set(live_attempt["error"])
    assert set(attempt["error"]["codeFrame"]) == set(live_attempt["error"]["codeFrame"])
    for error in (attempt["error"], live_attempt["error"]):
        assert (error["name"], error["value"]) == (None, None)
    record, _, number = attempt["attemptId"].rpartition("-")
    assert (record, number) == (ours["recordId"], "0")


def test_a_complete_run_has_the_keys_of_the_live_api(api: httpx.Client) -> None:
    ours, live = run(api, NotableRun.THREE_CAUSES), payload("run-complete")
    assert set(ours) == set(live)
    assert ours["timeout"] == live["timeout"]
    assert set(ours["meta"]) == {*live["meta"], "pr"}
    assert set(ours["meta"]["commit"]) == set(live["meta"]["commit"])
    for key in ("ghaEventData", "replacedCommitData"):
        assert set(ours["meta"]["commit"][key]) == set(live["meta"]["commit"][key])
    group, live_group = ours["groups"][0], live["groups"][0]
    assert set(group) == set(live_group)
    for key in ("instances", "tests", "platform"):
        assert set(group[key]) == set(live_group[key])
    for platform in (group["platform"], live_group["platform"]):
        assert platform["browserVersion"] == ""
    assert group["platform"]["browserName"] == group["groupId"]
    assert_specs_agree(ours["specs"][0], live["specs"][0])


def assert_specs_agree(spec: Json, live: Json) -> None:
    assert set(spec) == set(live)
    assert set(spec["results"]) == set(live["results"])
    assert set(spec["results"]["stats"]) == set(live["results"]["stats"])
    nulls = [[key for key in sorted(one) if one[key] is None] for one in (spec, live)]
    assert nulls[0] == nulls[1]


def test_the_specs_of_a_run_in_progress_are_as_in_the_live_api(api: httpx.Client) -> None:
    ours, live = run(api, NotableRun.IN_PROGRESS), payload("run-in-progress")
    assert set(ours) == set(live)
    running, live_running = (
        [s for s in of["specs"] if s["claimedAt"] and not s["completedAt"]] for of in (ours, live)
    )
    unclaimed, live_unclaimed = (
        [s for s in of["specs"] if not s["claimedAt"]] for of in (ours, live)
    )
    assert_specs_agree(running[0], live_running[0])
    assert_specs_agree(unclaimed[0], live_unclaimed[0])
    assert unclaimed[0]["machineId"] == live_unclaimed[0]["machineId"] == ""
    for spec in (*unclaimed, *live_unclaimed):
        stats = spec["results"]["stats"]
        assert stats["tests"] == stats["overall"] > 0
        assert stats["passes"] == stats["failures"] == 0
    (group,) = ours["groups"]
    assert 0 < group["tests"]["overall"] < group["tests"]["tests"]
    assert any(spec["results"]["stats"]["passes"] for spec in running)


def test_a_running_instance_has_the_results_of_the_tests_that_are_done(
    api: httpx.Client,
) -> None:
    running = [
        spec
        for spec in run(api, NotableRun.IN_PROGRESS)["specs"]
        if not spec["completedAt"] and spec["results"]["stats"]["passes"]
    ]
    found = instance(api, running[0])
    done = [test for test in found["results"]["tests"] if test["_d"]]
    waiting = [test for test in found["results"]["tests"] if not test["_d"]]
    assert {test["testId"] for test in done} == set(found["testResults"])
    assert {(test["_s"], test["_f"]) for test in waiting} == {(None, False)}
    stats = found["results"]["stats"]
    assert (stats["tests"], stats["passes"]) == (len(done) + len(waiting), len(done))
    assert "stdout" not in found["results"]


def test_only_runs_of_old_reporters_and_of_cypress_list_screenshots(api: httpx.Client) -> None:
    with_pictures = {
        name: "screenshots" in complete(run(api, name))[0]["results"]
        for name in (NotableRun.MAIN, NotableRun.MATRIX, NotableRun.CONSOLE_MAIN)
    }
    assert list(with_pictures.values()) == [False, True, True]
    framework = run(api, NotableRun.MATRIX)["meta"]["framework"]
    assert framework["clientVersion"] == "1.2.0"


def test_a_flaky_test_keeps_the_error_of_its_failed_attempt(api: httpx.Client) -> None:
    of = run(api, NotableRun.THREE_CAUSES)
    (spec,) = [spec for spec in of["specs"] if spec["results"]["flaky"]]
    (flaky,) = [test for test in reported_tests(instance(api, spec)) if test["isFlaky"]]
    assert (flaky["state"], flaky["_s"], flaky["_f"]) == ("passed", "passed", True)
    assert flaky["displayError"] == flaky["attempts"][0]["error"]["message"]
    assert flaky["attempts"][1]["error"] is None
