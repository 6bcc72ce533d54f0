"""Builds, tokens, versions and the form of pages, as the sandbox answers them."""

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from runs_mcp.sandbox import (
    BUILDKITE_LINK_TOKEN,
    BUILDKITE_ORGANIZATION,
    BUILDKITE_SUITE,
    READ_ONLY_KEY,
    READ_WRITE_KEY,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.buildkite.assumptions import ASSUMED
from runs_mcp.sandbox.buildkite.tokens import NO_BUILDS_KEY, NO_SUITES_KEY
from runs_mcp.sandbox.story.buildkite_notable import (
    BUILDKITE_BUILD_WITHOUT_RUNS,
    BUILDKITE_PIPELINE,
    BUILDKITE_SHARED_BUILD,
    BUILDKITE_TWO_SUITES_BUILD,
    E2E_SUITE,
)

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loads no CA certificates: 50 ms a client
NOW = datetime(2027, 5, 20, 12, tzinfo=UTC)
ANALYTICS = f"/v2/analytics/organizations/{BUILDKITE_ORGANIZATION}"
RUNS = f"{ANALYTICS}/suites/{BUILDKITE_SUITE}/runs"
PIPELINES = f"/v2/organizations/{BUILDKITE_ORGANIZATION}/pipelines"
RUN = NotableBuildkiteRun
BRIEF = {"include_test_engine": "true", "exclude_jobs": "true", "exclude_pipeline": "true"}
LINK = re.compile(r'<([^>]+)>; rel="([a-z]+)"')
Json = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.shorten_buildkite_pages(to=None)
    running.shape_buildkite_links()


@pytest.fixture(scope="module")
def api(running: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {READ_ONLY_KEY}"}
    with httpx.Client(
        base_url=running.buildkite_url, headers=headers, timeout=10, verify=NO_TLS
    ) as client:
        yield client


def path_of(sandbox: Sandbox, build_id: str) -> str:
    number = sandbox.buildkite_build(build_id)[0].number
    return f"{PIPELINES}/{BUILDKITE_PIPELINE}/builds/{number}"


def links(answer: httpx.Response) -> dict[str, httpx.URL]:
    return {rel: httpx.URL(url) for url, rel in LINK.findall(answer.headers.get("link", ""))}


def test_a_build_leads_to_its_runs_in_one_request(sandbox: Sandbox, api: httpx.Client) -> None:
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
        told = api.get(f"{suite}/runs/{run['id']}").json()
        assert (told["build_id"], told["commit_sha"]) == (got["id"], got["commit"])
        assert told["branch"] == got["branch"]


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


def test_retried_jobs_are_there_only_when_asked_for(sandbox: Sandbox, api: httpx.Client) -> None:
    build, known = sandbox.buildkite_build_of(RUN.MENDED)
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


def test_failures_name_the_job_that_they_were_in(sandbox: Sandbox) -> None:
    for run in RUN:
        failures = sandbox.buildkite_failures_of(run)
        if run in (RUN.STRANGE_STRINGS, RUN.OLDEST_SHAPE) or not failures:
            continue
        build, jobs = sandbox.buildkite_build_of(run)
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
        (RUN.HALF_MENDED, "failed"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_build_is_as_its_jobs_are(
    sandbox: Sandbox, api: httpx.Client, run: NotableBuildkiteRun, state: str
) -> None:
    build, jobs = sandbox.buildkite_build_of(run)
    got = api.get(path_of(sandbox, build.id)).json()
    assert got["state"] == state
    assert state in {job.state for job in jobs}
    assert (got["finished_at"] is None) == (state == "running")


def test_newer_builds_have_higher_numbers(sandbox: Sandbox) -> None:
    builds = [sandbox.buildkite_build_of(run)[0] for run in (RUN.STALE, RUN.MAIN, RUN.PENDING)]
    assert sorted(build.number for build in builds) == [build.number for build in builds]
    added = sandbox.buildkite_build_of(sandbox.add_buildkite_run())[0]
    assert added.number > builds[-1].number


def test_three_attempts_of_one_build_are_its_retried_jobs(sandbox: Sandbox) -> None:
    build, jobs = sandbox.buildkite_build(BUILDKITE_SHARED_BUILD)
    assert build.state == "passed"
    by_id = {job.id: job for job in jobs}
    chains = [job for job in jobs if job.retries_count == 2]
    assert chains
    for job in jobs:
        if job.retried:
            assert by_id[str(job.retried_in_job_id)].retries_count == (job.retries_count or 0) + 1


@pytest.mark.parametrize("end", ["0", "99999", "1e3", "", "x", "²", "1000000000000000000000"])
def test_a_build_that_there_is_not_is_not_found(api: httpx.Client, end: str) -> None:
    answer = api.get(f"{PIPELINES}/{BUILDKITE_PIPELINE}/builds/{end}")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_number_belongs_to_one_pipeline(sandbox: Sandbox, api: httpx.Client) -> None:
    number = sandbox.buildkite_build_of(RUN.MAIN)[0].number
    assert api.get(f"{PIPELINES}/freight-api/builds/{number}").status_code == 404
    other = f"/v2/organizations/nobody/pipelines/{BUILDKITE_PIPELINE}/builds/{number}"
    assert api.get(other).status_code == 404


@pytest.mark.parametrize(
    ("key", "scopes"),
    [
        (READ_WRITE_KEY, ["read_suites", "write_suites", "read_builds"]),
        (READ_ONLY_KEY, ["read_suites", "read_builds"]),
        (NO_SUITES_KEY, ["read_builds", "read_user"]),
        (NO_BUILDS_KEY, ["read_suites"]),
    ],
)
def test_a_token_tells_its_scopes_and_is_held_to_them(
    sandbox: Sandbox, key: str, scopes: list[str]
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    build = sandbox.buildkite_build_of(RUN.MAIN)[0]
    with httpx.Client(base_url=sandbox.buildkite_url, headers=headers, verify=NO_TLS) as client:
        token = client.get("/v2/access-token").json()
        statuses = {
            path: client.get(path).status_code
            for path in (
                f"{ANALYTICS}/suites",
                f"{RUNS}/{RUN.MAIN}/failed_executions",
                f"{ANALYTICS}/builds/{build.id}/tests",
                path_of(sandbox, build.id),
            )
        }
    assert token["scopes"] == scopes
    assert token["created_at"] == "2025-07-16 06:07:42 UTC"
    assert {"uuid", "description", "user"} <= set(token)
    assert set(token["user"]) == {"name", "email"}
    *analytics, of_build = statuses.values()
    assert set(analytics) == {200 if "read_suites" in scopes else 403}
    assert of_build == (200 if "read_builds" in scopes else 403)


def test_a_forbidden_request_has_a_message_and_counts(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {NO_SUITES_KEY}"}
    sandbox.lift_buildkite_limits()
    answer = httpx.get(f"{sandbox.buildkite_url}{RUNS}", headers=headers, verify=NO_TLS)
    assert (answer.status_code, list(answer.json())) == (403, ["message"])
    assert answer.headers["ratelimit-remaining"] == "199"


def test_the_token_is_read_by_get_alone_and_not_without_one(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    assert api.post("/v2/access-token").status_code == 404
    url = f"{sandbox.buildkite_url}/v2/access-token"
    assert httpx.get(url, verify=NO_TLS).status_code == 401
    basic = httpx.get(url, auth=(READ_ONLY_KEY, ""), verify=NO_TLS)
    assert basic.status_code == 401


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("", 200),
        ("2026-08-01", 200),
        ("2019-01-01", 200),
        ("2026-13-01", 400),
        ("2026-8-1", 400),
        ("latest", 400),
        ("20260801", 400),
    ],
)
def test_a_version_is_a_date_or_nothing(api: httpx.Client, version: str, status: int) -> None:
    answer = api.get(RUNS, headers={"Buildkite-Version": version})
    assert answer.status_code == status
    if status == 400:
        assert list(answer.json()) == ["message"]


@pytest.mark.parametrize("to", [1, 7, 99])
def test_a_short_page_is_not_the_end(sandbox: Sandbox, api: httpx.Client, to: int) -> None:
    path = f"{RUNS}/{RUN.TWELVE_FAILURES}/failed_executions"
    sandbox.shorten_buildkite_pages(to=to)
    sizes, found = [], []
    url: httpx.URL | str = f"{path}?per_page=100"
    while url:
        answer = api.get(url)
        sizes.append(len(answer.json()))
        found += [one["execution_id"] for one in answer.json()]
        url = links(answer).get("next", "")
    known = sandbox.buildkite_failures_of(RUN.TWELVE_FAILURES)
    assert found == [one.execution_id for one in known]
    assert max(sizes) == min(to, 12)
    assert len(sizes) == -(-12 // to)


def test_pages_can_be_made_longer_again_but_not_empty(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.shorten_buildkite_pages(to=2)
    assert len(api.get(RUNS).json()) == 2
    sandbox.shorten_buildkite_pages(to=None)
    assert len(api.get(RUNS).json()) == 30
    with pytest.raises(ValueError, match="1 item"):
        sandbox.shorten_buildkite_pages(to=0)


def test_links_can_be_without_tokens_and_without_some_relations(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    assert BUILDKITE_LINK_TOKEN in api.get(RUNS, params={"page": 2}).headers["link"]
    sandbox.shape_buildkite_links(tokens=False, rels=["next"])
    answer = api.get(RUNS, params={"page": 2})
    assert set(links(answer)) == {"next"}
    assert BUILDKITE_LINK_TOKEN not in answer.headers["link"]
    assert "api_key" not in answer.headers["link"]
    sandbox.shape_buildkite_links(rels=[])
    assert "link" not in api.get(RUNS).headers


def test_each_assumption_is_one_sentence_told_once() -> None:
    assert len(set(ASSUMED)) == len(ASSUMED)
    for sentence in ASSUMED:
        assert sentence.endswith(".")
        assert len(sentence) < 100
