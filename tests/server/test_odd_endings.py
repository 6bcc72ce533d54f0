"""What the answers say of tests that end neither well nor plainly badly, in both eras."""

from collections.abc import Iterator
from typing import Any

import pytest
from buildkite_runs import process_late_upload
from hosts import ERAS, Era, structured_of, text_of
from in_process import connect, with_key
from mcp import Client
from story_api import NOW

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SUITE, NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import FAILING_BROWSER, NotableRun, OddEnding

Json = dict[str, Any]

both_eras = pytest.mark.parametrize("era", ERAS)


@pytest.fixture(scope="module")
def story() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


async def triaged(client: Client, run: str) -> Json:
    """Returns the first page of a triage, whose two channels tell the same verdict."""
    result = await client.call_tool("triage_run", {"run": run})
    answer = structured_of(result)
    assert answer["verdict"] in text_of(result)
    return answer


def buildkite(run: NotableBuildkiteRun, suite: str = BUILDKITE_SUITE) -> str:
    return f"buildkite:{BUILDKITE_ORGANIZATION}/{suite}/{run.value}"


def examples(answer: Json) -> dict[str, Json]:
    """Returns the example of each cause by its test."""
    return {group["example"]["test"]: group["example"] for group in answer["groups"]}


async def instances_of(client: Client, run: NotableRun, spec: str) -> list[Json]:
    """Returns the executions of a spec, one for each group of the run."""
    answer = structured_of(
        await client.call_tool("currents_get_run", {"run_id": run.value, "detail": "full"})
    )
    found = []
    while True:
        for row in answer["specs"]:
            if row["spec"] == spec:
                arguments = {"instance_id": row["instance_id"], "include_passed": True}
                called = await client.call_tool("currents_get_instance", arguments)
                found.append(structured_of(called))
        if not (cursor := answer["trim"].get("next_cursor")):
            return found
        answer = structured_of(
            await client.call_tool(
                "currents_get_run", {"run_id": run.value, "detail": "full", "cursor": cursor}
            )
        )


# --- Currents


@both_eras
async def test_a_test_that_fails_in_one_browser_only_is_said_to(story: Sandbox, era: Era) -> None:
    spec, title = OddEnding.FAILS_IN_ONE_BROWSER
    async with connect(story, era=era) as client:
        answer = await triaged(client, f"currents:{NotableRun.ONE_BROWSER.value}")
    (group,) = answer["groups"]
    assert group["in"] == [{"group": FAILING_BROWSER, "tests": 1}]
    assert group["example"]["group"] == FAILING_BROWSER
    assert group["example"]["spec"] == spec
    assert group["example"]["test"].endswith(title)


async def test_an_interrupted_test_has_failed_and_so_has_its_spec(story: Sandbox) -> None:
    spec, title = OddEnding.INTERRUPTED
    async with connect(story) as client:
        answer = await triaged(client, f"currents:{NotableRun.STOPPED_EARLY.value}")
        (instance,) = await instances_of(client, NotableRun.STOPPED_EARLY, spec)
        run = structured_of(
            await client.call_tool(
                "currents_get_run",
                {"run_id": NotableRun.STOPPED_EARLY.value, "detail": "failures"},
            )
        )
    (row,) = [row for row in run["specs"] if row["spec"] == spec]
    assert row["status"] == "failed"
    assert "failed" not in row
    (failure,) = instance["failures"]
    assert failure["test"].endswith(title)
    assert failure["status"] == "interrupted"
    assert "has been closed" in failure["error"]["message"]
    assert any(test.endswith(title) for test in examples(answer))


async def test_a_failure_before_an_interruption_is_what_is_told(story: Sandbox) -> None:
    spec, title = OddEnding.INTERRUPTED_AFTER_FAILURE
    async with connect(story) as client:
        (instance,) = await instances_of(client, NotableRun.STOPPED_EARLY, spec)
    (failure,) = instance["failures"]
    assert failure["test"].endswith(title)
    assert failure["status"] == "failed"
    assert "berth" in failure["error"]["message"]


async def test_tests_that_never_ran_are_no_failures(story: Sandbox) -> None:
    spec, title = OddEnding.NEVER_RAN
    async with connect(story) as client:
        instances = await instances_of(client, NotableRun.STOPPED_EARLY, spec)
    assert instances
    assert not [f for one in instances for f in one["failures"] if f["test"].endswith(title)]


async def test_a_test_that_passed_though_it_was_expected_to_fail_is_named_so(
    story: Sandbox,
) -> None:
    spec, title = OddEnding.PASSED_UNEXPECTEDLY
    async with connect(story) as client:
        answer = await triaged(client, f"currents:{NotableRun.UNUSUAL_ENDS.value}")
    (failure,) = [example for test, example in examples(answer).items() if test.endswith(title)]
    assert failure["status"] == "unexpectedly_passed"
    assert failure["spec"] == spec
    assert failure["error"]["message"] == "Expected to fail, but passed."


@both_eras
async def test_a_failure_in_quarantine_is_counted_apart(story: Sandbox, era: Era) -> None:
    spec, title = OddEnding.QUARANTINED
    async with connect(story, era=era) as client:
        answer = await triaged(client, f"currents:{NotableRun.UNUSUAL_ENDS.value}")
        (instance,) = await instances_of(client, NotableRun.UNUSUAL_ENDS, spec)
    assert [test["spec"] for test in answer["quarantined"]] == [spec]
    assert answer["quarantined"][0]["test"].endswith(title)
    assert "1 test failed in quarantine" in answer["verdict"]
    assert not any(test.endswith(title) for test in examples(answer))
    (failure,) = [one for one in instance["failures"] if one["test"].endswith(title)]
    assert failure["quarantined"] is True
    assert failure["error"]["message"]
    assert instance["totals"]["failed"] == 0


async def test_a_run_of_one_group_names_none(story: Sandbox) -> None:
    async with connect(story) as client:
        answer = await triaged(client, f"currents:{NotableRun.THREE_CAUSES.value}")
    assert not [group for group in answer["groups"] if "in" in group]


# --- Buildkite


@both_eras
async def test_a_test_that_a_retry_of_its_job_mended_is_flaky(story: Sandbox, era: Era) -> None:
    async with connect(story, era=era) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.RESCUED))
    assert answer["groups"] == []
    assert len(answer["flaky"]) == 2
    assert answer["verdict"] == "The run failed; no test failed in the end; 2 tests flaky."


async def test_of_three_failed_tests_the_one_that_no_retry_mended_is_the_failure(
    story: Sandbox,
) -> None:
    async with connect(story) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.PARTLY_RESCUED))
    (group,) = answer["groups"]
    assert group["tests"] == 1
    assert group["example"]["attempts"] == 2
    assert len(answer["flaky"]) == 2


async def test_a_retry_whose_upload_is_late_may_still_mend_a_failure() -> None:
    run = buildkite(NotableBuildkiteRun.LATE_UPLOAD)
    with Sandbox(now=NOW) as sandbox:
        async with connect(sandbox) as client:
            before = await triaged(client, run)
            process_late_upload(sandbox)
            after = await triaged(client, run)
    assert before["groups"][0]["tests"] == 1
    assert "results of the retry may still come" in before["verdict"]
    assert after["groups"] == []
    assert len(after["flaky"]) == 1


@both_eras
async def test_a_test_that_fails_in_one_job_of_a_matrix_fails_there(
    story: Sandbox, era: Era
) -> None:
    async with connect(story, era=era) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.MATRIX))
    (group,) = answer["groups"]
    assert group["tests"] == 1
    assert "flaky" not in answer
    assert "passed in another job, which was not a retry" in answer["verdict"]


async def test_without_the_scope_for_builds_a_retried_test_stays_a_failure(
    story: Sandbox,
) -> None:
    async with connect(story, settings=with_key("sandbox-no-builds", "buildkite")) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.RESCUED))
    assert sum(group["tests"] for group in answer["groups"]) == 2
    assert "read_builds" in answer["verdict"]


async def test_a_muted_test_that_fails_is_counted_apart(story: Sandbox) -> None:
    async with connect(story) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.MUTED))
    assert answer["groups"] == []
    assert len(answer["quarantined"]) == 1
    assert answer["verdict"] == "The run failed; 1 test failed in quarantine."


async def test_what_playwright_tries_again_in_one_job_is_flaky_and_what_it_stopped_is_named(
    story: Sandbox,
) -> None:
    async with connect(story) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.E2E_FAILED, "booking-e2e"))
    assert sum(group["tests"] for group in answer["groups"]) == 4
    assert len(answer["flaky"]) == 1
    assert "interrupted tests: 1 (" in answer["verdict"]


async def test_a_run_without_a_build_says_that_retries_are_not_known(story: Sandbox) -> None:
    async with connect(story) as client:
        answer = await triaged(client, buildkite(NotableBuildkiteRun.OLDEST_SHAPE))
    assert answer["groups"]
    assert "retries are not known: the run names no build" in answer["verdict"]
