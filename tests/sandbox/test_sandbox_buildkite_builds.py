"""Builds and their jobs, as the sandbox answers them."""

from collections.abc import Iterator

import httpx
import pytest
from buildkite_runs import add_buildkite_run
from buildkite_story_api import ANALYTICS, PIPELINES, api_of, path_of
from story_api import NOW

from runs_mcp.sandbox import (
    BUILDKITE_SUITE,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_BUILD_WITHOUT_RUNS,
    BUILDKITE_PIPELINE,
    BUILDKITE_SHARED_BUILD,
    BUILDKITE_TWO_SUITES_BUILD,
    E2E_SUITE,
)

RUN = NotableBuildkiteRun
BRIEF = {"include_test_engine": "true", "exclude_jobs": "true", "exclude_pipeline": "true"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def test_one_request_for_a_build_names_its_runs(sandbox: Sandbox, api: httpx.Client) -> None:
    path = path_of(sandbox, BUILDKITE_TWO_SUITES_BUILD)
    got = api.get(path, params=BRIEF).json()
    assert list(got) == [
        *("id", "number", "url", "web_url", "state", "branch", "commit"),
        *("created_at", "finished_at", "test_engine"),
    ]
    assert got["id"] == BUILDKITE_TWO_SUITES_BUILD
    assert got["url"] == f"https://api.buildkite.com{path}"
    assert got["web_url"] == f"https://buildkite.com/skerry-lines/platform/builds/{got['number']}"
    assert got["created_at"] < got["finished_at"] < "2027-05-20T12"
    runs = got["test_engine"]["runs"]
    assert [run["suite"]["slug"] for run in runs] == [BUILDKITE_SUITE, E2E_SUITE]
    assert runs[1]["id"] == RUN.E2E_FAILED
    for run in runs:
        suite = f"{ANALYTICS}/suites/{run['suite']['slug']}"
        assert api.get(suite).json()["id"] == run["suite"]["id"]
        answered = api.get(f"{suite}/runs/{run['id']}").json()
        assert (answered["build_id"], answered["commit_sha"]) == (got["id"], got["commit"])
        assert answered["branch"] == got["branch"]


def test_a_build_has_only_what_is_asked_for(sandbox: Sandbox, api: httpx.Client) -> None:
    path = path_of(sandbox, BUILDKITE_TWO_SUITES_BUILD)
    whole = api.get(path).json()
    assert whole["pipeline"]["slug"] == BUILDKITE_PIPELINE
    assert len(whole["jobs"]) == 8
    assert whole["job_state_counts"] == {"total": 8, "states": {"passed": 6, "failed": 2}}
    assert "test_engine" not in whole
    assert set(whole) - set(api.get(path, params=BRIEF).json()) == {
        *("pipeline", "jobs", "job_state_counts")
    }


def test_a_build_without_runs_has_no_test_engine(sandbox: Sandbox, api: httpx.Client) -> None:
    got = api.get(path_of(sandbox, BUILDKITE_BUILD_WITHOUT_RUNS), params=BRIEF).json()
    assert (got["id"], got["state"]) == (BUILDKITE_BUILD_WITHOUT_RUNS, "passed")
    assert "test_engine" not in got


def test_retried_jobs_are_listed_only_on_request(sandbox: Sandbox, api: httpx.Client) -> None:
    build, known = sandbox.buildkite.build_of(RUN.RECOVERED)
    path = path_of(sandbox, build.id)
    last = {job["id"]: job for job in api.get(path).json()["jobs"]}
    got = api.get(path, params={"include_retried_jobs": "true"}).json()
    assert [job["id"] for job in got["jobs"]] == [job.id for job in known]
    (first,) = (job for job in got["jobs"] if job["id"] not in last)
    assert (first["retried"], first["state"], first["exit_status"]) == (True, "failed", 1)
    retry = last[first["retried_in_job_id"]]
    assert (retry["retried"], retry["state"], retry["exit_status"]) == (False, "passed", 0)
    assert retry["retried_in_job_id"] is None
    for name in ("step_key", "name", "parallel_group_index", "parallel_group_total"):
        assert retry[name] == first[name]
    assert (first["retries_count"], retry["retries_count"]) == (0, 1)
    assert got["state"] == "passed"


def test_failures_name_their_job(sandbox: Sandbox) -> None:
    for run in RUN:
        failures = sandbox.buildkite.failures_of(run)
        if run in (RUN.STRANGE_STRINGS, RUN.OLDEST_SHAPE) or not failures:
            continue
        build, jobs = sandbox.buildkite.build_of(run)
        states = {job.id: job.state for job in jobs}
        for failure in failures:
            assert isinstance(failure.tags, dict)
            assert failure.tags["build.id"] == build.id
            expected = "passed" if run == RUN.MUTED else "failed"
            assert states[failure.tags["build.job_id"]] == expected
            assert {"collector.name", "test.framework.name"} <= set(failure.tags)
            assert not {"result", "scm.branch", "scm.commit_sha"} & set(failure.tags)


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (RUN.MAIN, "failed"),
        (RUN.PASSED, "passed"),
        (RUN.PENDING, "running"),
        (RUN.PASSED_SO_FAR, "running"),
        (RUN.STALE, "canceled"),
        (RUN.PARTLY_RECOVERED, "failed"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_the_state_of_a_build_follows_from_its_jobs(
    sandbox: Sandbox, api: httpx.Client, run: NotableBuildkiteRun, state: str
) -> None:
    build, jobs = sandbox.buildkite.build_of(run)
    got = api.get(path_of(sandbox, build.id)).json()
    assert got["state"] == state
    assert state in {job.state for job in jobs}
    assert (got["finished_at"] is None) == (state == "running")


def test_newer_builds_have_higher_numbers(sandbox: Sandbox) -> None:
    builds = [sandbox.buildkite.build_of(run)[0] for run in (RUN.STALE, RUN.MAIN, RUN.PENDING)]
    assert sorted(build.number for build in builds) == [build.number for build in builds]
    added = sandbox.buildkite.build_of(add_buildkite_run(sandbox))[0]
    assert added.number > builds[-1].number


def test_three_attempts_of_one_build_are_its_retried_jobs(sandbox: Sandbox) -> None:
    build, jobs = sandbox.buildkite.build(BUILDKITE_SHARED_BUILD)
    assert build.state == "passed"
    by_id = {job.id: job for job in jobs}
    chains = [job for job in jobs if job.retries_count == 2]
    assert chains
    for job in jobs:
        if job.retried:
            assert by_id[str(job.retried_in_job_id)].retries_count == (job.retries_count or 0) + 1


@pytest.mark.parametrize("end", ["0", "99999", "1e3", "", "x", "²", "1000000000000000000000"])
def test_an_unknown_build_is_not_found(api: httpx.Client, end: str) -> None:
    answer = api.get(f"{PIPELINES}/{BUILDKITE_PIPELINE}/builds/{end}")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_build_numbers_are_per_pipeline(sandbox: Sandbox, api: httpx.Client) -> None:
    number = sandbox.buildkite.build_of(RUN.MAIN)[0].number
    assert api.get(f"{PIPELINES}/freight-api/builds/{number}").status_code == 404
    other = f"/v2/organizations/nobody/pipelines/{BUILDKITE_PIPELINE}/builds/{number}"
    assert api.get(other).status_code == 404
