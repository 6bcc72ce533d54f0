"""Tests of a build, as the sandbox answers them: what ran, how often, and how it ended."""

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from buildkite_runs import add_buildkite_run, change_buildkite_run, process_late_upload
from buildkite_story_api import ANALYTICS, Json, api_of, build_of, listed_tests
from story_api import NO_TLS, NOW

from runs_mcp.sandbox import (
    BUILDKITE_SUITE,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_BUILD_WITHOUT_RUNS,
    BUILDKITE_SHARED_BUILD,
    BUILDKITE_TWO_SUITES_BUILD,
    E2E_SUITE,
)
from runs_mcp.sandbox.story.buildkite.suites.known_tests import MUTED_TEST, SKIPPED_TEST, id_of_test

RUN = NotableBuildkiteRun
RECOVERED = {"passed": 1, "failed": 1}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def counts(tests: list[Json]) -> Counter[tuple[int, int]]:
    results = (test["executions_count_by_result"] for test in tests)
    return Counter((result["passed"], result["failed"]) for result in results)


def test_all_tests_of_a_build_are_listed_including_passed_ones(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    build = build_of(sandbox, RUN.MAIN)
    tests = listed_tests(api, build)
    (known,) = sandbox.buildkite.failures_of(RUN.MAIN)
    assert len({test["id"] for test in tests}) == len(tests) > 2000
    assert [test["id"] for test in tests if test["executions_count_by_result"]["failed"]] == [
        known.test_id
    ]
    assert counts(tests) == {(1, 0): len(tests) - 3, (0, 1): 1, (0, 0): 2}


def test_a_test_has_its_metrics_and_nothing_else(sandbox: Sandbox, api: httpx.Client) -> None:
    (known,) = sandbox.buildkite.failures_of(RUN.MAIN)
    (test,) = listed_tests(api, build_of(sandbox, RUN.MAIN), tags="result:~failed")
    assert test == {
        "id": known.test_id,
        "url": f"https://api.buildkite.com{ANALYTICS}/suites/{BUILDKITE_SUITE}/tests/"
        + known.test_id,
        "web_url": known.test_url,
        "scope": "TicketMailer on the route SKE-NOR",
        "name": "names the weekday in Danish",
        "location": known.location,
        "file_name": "./spec/mailers/ticket_mailer_spec.rb",
        "labels": [],
        "reliability": 0.0,
        "duration_avg": known.duration,
        "duration_sum": known.duration,
        "duration_min": known.duration,
        "duration_max": known.duration,
        "executions_count": 1,
        "executions_count_by_result": {"passed": 0, "failed": 1},
    }


def test_results_other_than_passed_and_failed_are_shown_where_there_are_any(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    tests = listed_tests(api, build_of(sandbox, RUN.E2E_FAILED))
    odd = [test for test in tests if len(test["executions_count_by_result"]) > 2]
    found = [test["executions_count_by_result"] for test in odd]
    for result in ("skipped", "pending", "unknown"):
        assert {"passed": 0, "failed": 0, result: 1} in found
    assert len(found) == 3
    assert {test["reliability"] for test in odd} == {None}
    without_time = [test for test in odd if test["duration_avg"] is None]
    assert len(without_time) == 2


@pytest.mark.parametrize(
    ("run", "red", "recovered"),
    [
        (RUN.RECOVERED, 0, 2),
        (RUN.PARTLY_RECOVERED, 1, 2),
        (RUN.LATE_UPLOAD, 1, 0),
        (RUN.MATRIX, 0, 1),
        (RUN.MUTED, 1, 0),
        (RUN.E2E_FAILED, 4, 1),
        (RUN.TWELVE_FAILURES, 12, 0),
        (RUN.MANY_FAILURES, 437, 0),
        (RUN.STRANGE_STRINGS, 3, 0),
        (RUN.FAILED_SO_FAR, 3, 0),
        (RUN.CREW_FAILED, 31, 0),
        (RUN.FREIGHT_FAILED, 22, 0),
        (RUN.EVERY_COLLECTOR, 16, 0),
        (RUN.PASSED, 0, 0),
        (RUN.PENDING, 0, 0),
        (RUN.STALE, 0, 0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_failed_and_recovered_tests_can_be_distinguished(
    sandbox: Sandbox, api: httpx.Client, run: NotableBuildkiteRun, red: int, recovered: int
) -> None:
    build = build_of(sandbox, run)
    every = listed_tests(api, build, tags="result:^failed")
    some = listed_tests(api, build, tags="result:~failed")
    assert len(every) == red
    assert len(some) == red + recovered
    failed = {failure.test_id for failure in sandbox.buildkite.failures_of(run)}
    assert {test["id"] for test in some} == failed
    assert {test["id"] for test in every} <= failed


def test_a_job_that_was_retried_ran_all_its_tests_twice(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    build, jobs = sandbox.buildkite.build_of(RUN.RECOVERED)
    (first,) = (job for job in jobs if job.retried)
    of_first = listed_tests(api, build.id, tags=f"build.job_id:{first.id}")
    of_both = listed_tests(
        api, build.id, tags=f"build.job_id:{first.id},build.job_id:{first.retried_in_job_id}"
    )
    assert counts(of_first)[0, 1] == 2
    assert counts(of_both)[1, 1] == 2
    assert counts(of_both)[2, 0] == counts(of_first)[1, 0] > 300


def test_the_tests_of_the_last_failed_jobs_are_those_that_failed(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    build, jobs = sandbox.buildkite.build_of(RUN.PARTLY_RECOVERED)
    (failed,) = (job for job in jobs if job.state == "failed" and not job.retried)
    (red,) = listed_tests(api, build.id, tags=f"build.job_id:{failed.id},result:^failed")
    assert red["executions_count_by_result"] == {"passed": 0, "failed": 1}
    (whole,) = listed_tests(api, build.id, tags="result:^failed")
    assert (whole["id"], whole["executions_count"]) == (red["id"], 2)


def test_a_late_upload_turns_a_failed_test_into_a_recovered_one(api: httpx.Client) -> None:
    with Sandbox(now=NOW) as sandbox:
        client = httpx.Client(base_url=sandbox.buildkite_url, headers=api.headers, verify=NO_TLS)
        build, jobs = sandbox.buildkite.build_of(RUN.LATE_UPLOAD)
        assert (build.state, build.finished_at) == ("running", None)
        assert sandbox.buildkite.run_of(RUN.LATE_UPLOAD).state == "running"
        (retried,) = (job for job in jobs if job.retried)
        states = {job.id: job.state for job in jobs}
        assert states[str(retried.retried_in_job_id)] == "passed"
        (before,) = listed_tests(client, build.id, tags="result:~failed")
        process_late_upload(sandbox)
        after = sandbox.buildkite.build_of(RUN.LATE_UPLOAD)[0]
        assert after.state == "passed"
        assert after.finished_at is not None
        run = sandbox.buildkite.run_of(RUN.LATE_UPLOAD)
        assert (run.state, run.result) == ("finished", "failed")
        (again,) = listed_tests(client, build.id, tags="result:~failed")
        assert again["id"] == before["id"]
        assert before["executions_count_by_result"] == {"passed": 0, "failed": 1}
        assert again["executions_count_by_result"] == RECOVERED
        client.close()


def test_jobs_of_a_matrix_are_not_retries(sandbox: Sandbox, api: httpx.Client) -> None:
    build, jobs = sandbox.buildkite.build_of(RUN.MATRIX)
    matrix = [job for job in jobs if job.matrix is not None]
    assert [(job.matrix, job.state) for job in matrix] == [
        ({"python": "3.13.1"}, "passed"),
        ({"python": "3.14.0"}, "failed"),
    ]
    assert not any(job.retried or job.retried_in_job_id for job in jobs)
    assert len({job.step_key for job in matrix}) == 1
    assert build.state == "failed"
    (test,) = listed_tests(api, build.id, tags="result:~failed")
    assert test["executions_count_by_result"] == RECOVERED
    for job, failed in zip(matrix, (0, 1), strict=True):
        ran = listed_tests(api, build.id, tags=f"build.job_id:{job.id},result:~failed")
        assert len(ran) == failed
    (failure,) = sandbox.buildkite.failures_of(RUN.MATRIX)
    assert isinstance(failure.tags, dict)
    assert failure.tags["language.version"] == "3.14.0"


def test_a_muted_test_fails_its_run_but_not_its_build(sandbox: Sandbox, api: httpx.Client) -> None:
    build, jobs = sandbox.buildkite.build_of(RUN.MUTED)
    assert sandbox.buildkite.run_of(RUN.MUTED).result == "failed"
    assert build.state == "passed"
    assert {job.state for job in jobs} == {"passed"}
    (muted,) = listed_tests(api, build.id, state="muted")
    assert muted["id"] == id_of_test(BUILDKITE_SUITE, MUTED_TEST)
    assert muted["executions_count_by_result"] == {"passed": 0, "failed": 1}
    assert listed_tests(api, build.id, state="enabled", tags="result:~failed") == []
    (skipped,) = listed_tests(api, build.id, state="skipped")
    assert skipped["id"] == id_of_test(BUILDKITE_SUITE, SKIPPED_TEST)


def test_tests_of_all_suites_of_a_build_are_listed_with_the_suite_in_their_urls(
    api: httpx.Client,
) -> None:
    tests = listed_tests(api, BUILDKITE_TWO_SUITES_BUILD)
    suites = Counter(test["url"].split("/suites/")[1].split("/")[0] for test in tests)
    assert set(suites) == {BUILDKITE_SUITE, E2E_SUITE}
    assert suites[E2E_SUITE] == 60


def test_attempts_with_a_run_of_their_own_count_together(api: httpx.Client) -> None:
    tests = listed_tests(api, BUILDKITE_SHARED_BUILD, tags="result:~failed")
    assert sorted(counts(tests).elements()) == [(1, 2), (1, 2), (2, 1)]


@pytest.mark.parametrize(
    "build",
    [BUILDKITE_BUILD_WITHOUT_RUNS, "00000000-0000-4000-8000-000000000000", "4711", ".."],
)
def test_a_build_without_runs_has_no_tests(api: httpx.Client, build: str) -> None:
    answer = api.get(f"{ANALYTICS}/builds/{build}/tests")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_some_failed_tests_of_an_added_run_can_pass_in_a_retry(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    run = add_buildkite_run(sandbox, failures=9, recovered=4)
    build = build_of(sandbox, run)
    assert counts(listed_tests(api, build, tags="result:~failed")) == {(1, 1): 4, (0, 1): 5}
    assert len(sandbox.buildkite.failures_of(run)) == 9
    whole = add_buildkite_run(sandbox, failures=3, recovered=3)
    assert sandbox.buildkite.build_of(whole)[0].state == "passed"
    change_buildkite_run(sandbox, run, failures=0)
    assert listed_tests(api, build, tags="result:~failed") == []


def test_a_run_without_a_build_has_none(sandbox: Sandbox) -> None:
    for run in (RUN.WITHOUT_BUILD, RUN.OLDEST_SHAPE):
        with pytest.raises(KeyError):
            sandbox.buildkite.build_of(run)
