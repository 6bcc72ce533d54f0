import gzip
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from buildkite_story_api import RUNS, SUITES, api_of, everything, links
from story_api import NO_TLS, NOW

from runs_mcp.sandbox import (
    BUILDKITE_LINK_TOKEN,
    BUILDKITE_SUITE,
    READ_ONLY_KEY,
    READ_WRITE_KEY,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_SHARED_BUILD,
    CREW_SUITE,
    E2E_SUITE,
    EMPTY_SUITE,
    FREIGHT_SUITE,
    MIXED_SUITE,
)

MANY = f"{RUNS}/{NotableBuildkiteRun.MANY_FAILURES}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def test_the_url_has_no_version_and_no_slash_at_its_end(sandbox: Sandbox) -> None:
    assert sandbox.buildkite_url == f"http://127.0.0.1:{sandbox.port}"


def test_suites_are_listed_with_their_urls(api: httpx.Client) -> None:
    suites = api.get(SUITES).json()
    assert [suite["slug"] for suite in suites] == [
        BUILDKITE_SUITE,
        FREIGHT_SUITE,
        CREW_SUITE,
        EMPTY_SUITE,
        E2E_SUITE,
        MIXED_SUITE,
    ]
    assert list(suites[0]) == [
        *("id", "slug", "name", "url", "web_url", "default_branch", "graphql_id"),
        *("organization_id", "application_name", "color", "emoji"),
    ]
    assert api.get(f"{SUITES}/{BUILDKITE_SUITE}").json() == suites[0]
    path = f"organizations/skerry-lines/suites/{BUILDKITE_SUITE}"
    assert suites[0]["url"] == f"https://api.buildkite.com/v2/analytics/{path}"
    assert suites[0]["web_url"] == (
        "https://buildkite.com/organizations/skerry-lines/analytics/suites/platform"
    )


def test_runs_are_listed_newest_first_thirty_per_page(api: httpx.Client) -> None:
    answer = api.get(RUNS)
    assert len(answer.json()) == 30
    assert set(links(answer)) == {"next", "last"}
    runs = everything(api, RUNS)
    created = [run["created_at"] for run in runs]
    assert created == sorted(created, reverse=True)
    assert len({run["id"] for run in runs}) == len(runs) > 50


@pytest.mark.parametrize("per_page", [1, 7, 30, 100])
def test_pages_together_contain_every_item_once(
    sandbox: Sandbox, api: httpx.Client, per_page: int
) -> None:
    suites = everything(api, SUITES, per_page=per_page)
    assert len({suite["id"] for suite in suites}) == len(suites) == 6
    path = f"{RUNS}/{NotableBuildkiteRun.TWELVE_FAILURES}/failed_executions"
    failures = everything(api, path, per_page=per_page)
    known = sandbox.buildkite.failures_of(NotableBuildkiteRun.TWELVE_FAILURES)
    assert [one["execution_id"] for one in failures] == [one.execution_id for one in known]


def test_437_failures_are_on_five_pages_of_a_hundred(sandbox: Sandbox, api: httpx.Client) -> None:
    sizes = [
        len(api.get(f"{MANY}/failed_executions", params={"per_page": 100, "page": page}).json())
        for page in range(1, 7)
    ]
    assert sizes == [100, 100, 100, 100, 37, 0]
    failures = everything(api, f"{MANY}/failed_executions", per_page=100)
    known = sandbox.buildkite.failures_of(NotableBuildkiteRun.MANY_FAILURES)
    assert [one["execution_id"] for one in failures] == [one.execution_id for one in known]
    assert len({one["test_id"] for one in failures}) == 437


def test_links_lead_to_all_pages_with_a_token_that_is_ignored(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    path = f"{MANY}/failed_executions?per_page=100&include_failure_expanded=true&page=3"
    found = links(api.get(path))
    pages = {rel: url.params["page"] for rel, url in found.items()}
    assert pages == {"first": "1", "prev": "2", "next": "4", "last": "5"}
    for url in found.values():
        assert str(url).startswith(f"{sandbox.buildkite_url}{MANY}/failed_executions?")
        assert url.params["api_key"] == BUILDKITE_LINK_TOKEN
        assert url.params["include_failure_expanded"] == "true"
        assert "failure_expanded" in api.get(url).json()[0]


def test_the_token_of_a_link_does_not_authorize(api: httpx.Client) -> None:
    url = links(api.get(RUNS))["next"]
    assert httpx.get(url, verify=NO_TLS).status_code == 401


def test_a_page_after_the_last_is_empty_and_links_back(api: httpx.Client) -> None:
    answer = api.get(RUNS, params={"page": 99})
    assert answer.json() == []
    pages = {rel: int(url.params["page"]) for rel, url in links(answer).items()}
    assert pages == {"first": 1, "prev": 3}


def test_a_list_on_one_page_has_no_links(api: httpx.Client) -> None:
    assert "link" not in api.get(SUITES).headers
    empty = api.get(f"{SUITES}/{EMPTY_SUITE}/runs")
    assert (empty.json(), "link" in empty.headers) == ([], False)


def test_runs_of_a_build_are_found_and_of_an_unknown_build_there_are_none(
    api: httpx.Client,
) -> None:
    runs = everything(api, RUNS, build_id=BUILDKITE_SHARED_BUILD, per_page=2)
    assert [run["build_id"] for run in runs] == [BUILDKITE_SHARED_BUILD] * 3
    assert len({run["commit_sha"] for run in runs}) == 1
    assert api.get(RUNS, params={"build_id": BUILDKITE_SHARED_BUILD.upper()}).json() == runs
    nobody = "00000000-0000-4000-8000-000000000000"
    assert api.get(RUNS, params={"build_id": nobody}).json() == []


def test_a_run_is_the_same_alone_and_in_a_list(api: httpx.Client) -> None:
    listed = {run["id"]: run for run in everything(api, RUNS)}
    got = api.get(MANY).json()
    assert got == listed[NotableBuildkiteRun.MANY_FAILURES]
    assert list(got) == [
        "id",
        "branch",
        "commit_sha",
        "state",
        "result",
        "url",
        "web_url",
        "build_id",
        "created_at",
    ]
    assert got["url"] == f"https://api.buildkite.com{MANY}"
    assert got["web_url"] == (
        "https://buildkite.com/organizations/skerry-lines/analytics/suites/platform/runs/"
        + NotableBuildkiteRun.MANY_FAILURES
    )


def test_failures_are_expanded_only_on_request(sandbox: Sandbox, api: httpx.Client) -> None:
    path = f"{RUNS}/{NotableBuildkiteRun.TWELVE_FAILURES}/failed_executions"
    known = sandbox.buildkite.failures_of(NotableBuildkiteRun.TWELVE_FAILURES)
    expanded = api.get(path, params={"include_failure_expanded": "true"}).json()
    assert expanded == msgspec.json.decode(msgspec.json.encode(known))
    assert all(one["failure_expanded"] for one in expanded)
    for query in ("", "?include_failure_expanded=false"):
        plain = api.get(path + query).json()
        assert plain == [
            {name: value for name, value in one.items() if name != "failure_expanded"}
            for one in expanded
        ]


def test_both_keys_may_read_and_no_other(sandbox: Sandbox) -> None:
    url = sandbox.buildkite_url + SUITES
    with httpx.Client(verify=NO_TLS) as client:
        for key in (READ_WRITE_KEY, READ_ONLY_KEY):
            assert client.get(url, headers={"Authorization": f"bearer {key}"}).status_code == 200
        for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": READ_ONLY_KEY}):
            answer = client.get(url, headers=headers)
            assert answer.status_code == 401
            assert list(answer.json()) == ["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/analytics/organizations/nobody/suites",
        f"/v2/analytics/organizations/nobody/suites/{BUILDKITE_SUITE}/runs",
        f"{SUITES}/nobody/runs",
        f"{SUITES}/nobody/runs/{NotableBuildkiteRun.MAIN}",
        f"{SUITES}/{FREIGHT_SUITE}/runs/{NotableBuildkiteRun.MAIN}",
        f"{RUNS}/00000000-0000-4000-8000-000000000000",
        f"{RUNS}/nobody/failed_executions",
        f"{RUNS}/",
        f"{SUITES}/{BUILDKITE_SUITE}%2Fruns",
        "/v2/suites",
    ],
)
def test_an_unknown_path_is_not_found(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_nothing_can_be_written(api: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert api.request(method, MANY).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=",
        "page=two",
        "page=1e3",
        "per_page=0",
        "per_page=101",
        "per_page=x",
        "build_id=",
        "build_id=4711",
        "build_id=018c133d53197fe39e9e3c51464490a2",
    ],
)
def test_the_error_for_a_bad_parameter_names_it(api: httpx.Client, query: str) -> None:
    answer = api.get(f"{RUNS}?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["message"]


def test_answers_are_gzip_where_that_is_accepted(api: httpx.Client) -> None:
    path = f"{MANY}/failed_executions?include_failure_expanded=true&per_page=100"
    plain = api.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with api.stream("GET", path) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 5
