"""Answers about tests that neither simply pass nor simply fail, in both eras."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from buildkite_runs import process_late_upload
from hosts import ERAS, Era, environment, structured_of, text_of
from in_process import configured, with_key
from server.story_references import currents
from shared_client import SharedClient, shared_client
from story_api import NOW

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SUITE, NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import FAILING_BROWSER, NotableRun, OddEnding

Json = dict[str, Any]


@pytest.fixture(scope="module")
def story() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def clients(story: Sandbox) -> Iterator[dict[Era, SharedClient]]:
    configuration = configured(environment(story))
    with ExitStack() as stack:
        yield {era: stack.enter_context(shared_client(configuration, era)) for era in ERAS}


@pytest.fixture
def client(clients: dict[Era, SharedClient]) -> SharedClient:
    return clients["auto"]


@pytest.fixture(params=ERAS)
def each_client(request: pytest.FixtureRequest, clients: dict[Era, SharedClient]) -> SharedClient:
    """A client of each era."""
    return clients[request.param]


def triaged(client: SharedClient, run: str) -> Json:
    """Returns the first page of a triage, whose two channels have the same verdict."""
    result = client.call("triage_run", {"run": run})
    answer = structured_of(result)
    assert answer["verdict"] in text_of(result)
    return answer


def buildkite(run: NotableBuildkiteRun, suite: str = BUILDKITE_SUITE) -> str:
    return f"buildkite:{BUILDKITE_ORGANIZATION}/{suite}/{run.value}"


def examples(answer: Json) -> dict[str, Json]:
    """Returns the example of each cause, by its test."""
    return {group["example"]["test"]: group["example"] for group in answer["groups"]}


def instances_of(client: SharedClient, run: NotableRun, spec: str) -> list[Json]:
    """Returns the executions of a spec, one for each group of the run."""
    pages = client.pages("currents_get_run", run_id=run.value, detail="full")
    rows = [row for page in pages for row in structured_of(page)["specs"]]
    return [
        client.answer("currents_get_instance", instance_id=row["instance_id"], include_passed=True)
        for row in rows
        if row["spec"] == spec
    ]


# --- Currents


def test_a_test_that_fails_in_one_browser_only_names_it(each_client: SharedClient) -> None:
    spec, title = OddEnding.FAILS_IN_ONE_BROWSER
    answer = triaged(each_client, currents(NotableRun.ONE_BROWSER))
    (group,) = answer["groups"]
    assert group["in"] == {FAILING_BROWSER: 1}
    assert group["example"]["group"] == FAILING_BROWSER
    assert group["example"]["spec"] == spec
    assert group["example"]["test"].endswith(title)


def test_an_interrupted_test_has_failed_and_so_has_its_spec(client: SharedClient) -> None:
    spec, title = OddEnding.INTERRUPTED
    answer = triaged(client, currents(NotableRun.STOPPED_EARLY))
    (instance,) = instances_of(client, NotableRun.STOPPED_EARLY, spec)
    run = client.answer(
        "currents_get_run", run_id=NotableRun.STOPPED_EARLY.value, detail="failures"
    )
    (row,) = [row for row in run["specs"] if row["spec"] == spec]
    assert row["status"] == "failed"
    assert "failed" not in row
    (failure,) = instance["failures"]
    assert failure["test"].endswith(title)
    assert failure["status"] == "interrupted"
    assert "has been closed" in failure["error"]["message"]
    assert any(test.endswith(title) for test in examples(answer))


def test_a_failure_before_an_interruption_is_the_one_reported(client: SharedClient) -> None:
    spec, title = OddEnding.INTERRUPTED_AFTER_FAILURE
    (instance,) = instances_of(client, NotableRun.STOPPED_EARLY, spec)
    (failure,) = instance["failures"]
    assert failure["test"].endswith(title)
    assert failure["status"] == "failed"
    assert "berth" in failure["error"]["message"]


def test_tests_that_never_ran_are_not_failures(client: SharedClient) -> None:
    spec, title = OddEnding.NEVER_RAN
    instances = instances_of(client, NotableRun.STOPPED_EARLY, spec)
    assert instances
    assert not [f for one in instances for f in one["failures"] if f["test"].endswith(title)]


def test_a_test_that_passed_against_expectation_is_a_failure(client: SharedClient) -> None:
    spec, title = OddEnding.PASSED_UNEXPECTEDLY
    answer = triaged(client, currents(NotableRun.UNUSUAL_ENDS))
    (failure,) = [example for test, example in examples(answer).items() if test.endswith(title)]
    assert failure["status"] == "unexpectedly_passed"
    assert failure["spec"] == spec
    assert failure["error"]["message"] == "Expected to fail, but passed."


def test_a_failure_in_quarantine_is_counted_separately(each_client: SharedClient) -> None:
    spec, title = OddEnding.QUARANTINED
    answer = triaged(each_client, currents(NotableRun.UNUSUAL_ENDS))
    (instance,) = instances_of(each_client, NotableRun.UNUSUAL_ENDS, spec)
    assert [test["spec"] for test in answer["quarantined"]] == [spec]
    assert answer["quarantined"][0]["test"].endswith(title)
    assert "1 test failed in quarantine" in answer["verdict"]
    assert not any(test.endswith(title) for test in examples(answer))
    (failure,) = [one for one in instance["failures"] if one["test"].endswith(title)]
    assert failure["quarantined"] is True
    assert failure["error"]["message"]
    assert instance["totals"]["failed"] == 0


def test_a_run_of_one_group_names_none(client: SharedClient) -> None:
    answer = triaged(client, currents(NotableRun.THREE_CAUSES))
    assert not [group for group in answer["groups"] if "in" in group]


# --- Buildkite


def test_a_test_that_passed_in_a_retry_of_its_job_is_flaky(each_client: SharedClient) -> None:
    answer = triaged(each_client, buildkite(NotableBuildkiteRun.RECOVERED))
    assert answer["groups"] == []
    assert len(answer["flaky"]) == 2
    assert answer["verdict"] == "The run failed; no test failed in the end; 2 tests flaky."


def test_only_the_test_that_failed_in_the_retry_too_is_a_failure(client: SharedClient) -> None:
    answer = triaged(client, buildkite(NotableBuildkiteRun.PARTLY_RECOVERED))
    (group,) = answer["groups"]
    assert group["tests"] == 1
    assert group["example"]["attempts"] == 2
    assert len(answer["flaky"]) == 2


def test_a_failure_becomes_flaky_once_the_upload_of_its_retry_arrives() -> None:
    run = buildkite(NotableBuildkiteRun.LATE_UPLOAD)
    with (
        Sandbox(now=NOW) as sandbox,
        shared_client(configured(environment(sandbox))) as client,
    ):
        before = triaged(client, run)
        process_late_upload(sandbox)
        after = triaged(client, run)
    assert before["groups"][0]["tests"] == 1
    assert "results of the retry may still come" in before["verdict"]
    assert after["groups"] == []
    assert len(after["flaky"]) == 1


def test_a_test_that_fails_in_one_job_of_a_matrix_is_not_flaky(each_client: SharedClient) -> None:
    answer = triaged(each_client, buildkite(NotableBuildkiteRun.MATRIX))
    (group,) = answer["groups"]
    assert group["tests"] == 1
    assert "flaky" not in answer
    assert "passed in another job, which was not a retry" in answer["verdict"]


def test_without_the_scope_for_builds_a_retried_test_stays_a_failure(story: Sandbox) -> None:
    variables = environment(story) | with_key("sandbox-no-builds", "buildkite")
    with shared_client(configured(variables)) as client:
        answer = triaged(client, buildkite(NotableBuildkiteRun.RECOVERED))
    assert sum(group["tests"] for group in answer["groups"]) == 2
    assert "read_builds" in answer["verdict"]


def test_a_muted_test_that_fails_is_counted_separately(client: SharedClient) -> None:
    answer = triaged(client, buildkite(NotableBuildkiteRun.MUTED))
    assert answer["groups"] == []
    assert len(answer["quarantined"]) == 1
    assert answer["verdict"] == "The run failed; 1 test failed in quarantine."


def test_playwright_retries_within_a_job_are_flaky_and_its_interruptions_are_named(
    client: SharedClient,
) -> None:
    answer = triaged(client, buildkite(NotableBuildkiteRun.E2E_FAILED, "booking-e2e"))
    assert sum(group["tests"] for group in answer["groups"]) == 4
    assert len(answer["flaky"]) == 1
    assert "interrupted tests: 1 (" in answer["verdict"]


def test_a_run_without_a_build_has_a_remark_that_retries_are_not_known(
    client: SharedClient,
) -> None:
    answer = triaged(client, buildkite(NotableBuildkiteRun.OLDEST_SHAPE))
    assert answer["groups"]
    assert "retries are not known: the run names no build" in answer["verdict"]
