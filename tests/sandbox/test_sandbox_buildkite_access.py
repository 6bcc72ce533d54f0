"""Tokens, versions and the form of pages, as the sandbox has them."""

from collections.abc import Iterator

import httpx
import pytest
from buildkite_story_api import ANALYTICS, RUNS, api_of, links, path_of
from story_api import NO_TLS, NOW

from runs_mcp.sandbox import (
    BUILDKITE_LINK_TOKEN,
    READ_ONLY_KEY,
    READ_WRITE_KEY,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.buildkite.assumptions import ASSUMPTIONS
from runs_mcp.sandbox.buildkite.tokens import NO_BUILDS_KEY, NO_SUITES_KEY

RUN = NotableBuildkiteRun


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.buildkite.pages.shorten(to=None)
    running.buildkite.pages.shape_links()


@pytest.fixture(scope="module")
def api(running: Sandbox) -> Iterator[httpx.Client]:
    with api_of(running) as client:
        yield client


@pytest.mark.parametrize(
    ("key", "scopes"),
    [
        (READ_WRITE_KEY, ["read_suites", "write_suites", "read_builds"]),
        (READ_ONLY_KEY, ["read_suites", "read_builds"]),
        (NO_SUITES_KEY, ["read_builds", "read_user"]),
        (NO_BUILDS_KEY, ["read_suites"]),
    ],
)
def test_a_token_shows_its_scopes_and_allows_nothing_else(
    sandbox: Sandbox, key: str, scopes: list[str]
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    build = sandbox.buildkite.build_of(RUN.MAIN)[0]
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


def test_a_forbidden_request_has_a_message_and_counts_for_the_limits(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {NO_SUITES_KEY}"}
    sandbox.buildkite.limits.lift()
    answer = httpx.get(f"{sandbox.buildkite_url}{RUNS}", headers=headers, verify=NO_TLS)
    assert (answer.status_code, list(answer.json())) == (403, ["message"])
    assert answer.headers["ratelimit-remaining"] == "199"


def test_the_token_can_only_be_read_with_get_and_a_token(
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
def test_a_version_is_a_date_or_empty(api: httpx.Client, version: str, status: int) -> None:
    answer = api.get(RUNS, headers={"Buildkite-Version": version})
    assert answer.status_code == status
    if status == 400:
        assert list(answer.json()) == ["message"]


@pytest.mark.parametrize("to", [1, 7, 99])
def test_a_short_page_is_not_the_end(sandbox: Sandbox, api: httpx.Client, to: int) -> None:
    path = f"{RUNS}/{RUN.TWELVE_FAILURES}/failed_executions"
    sandbox.buildkite.pages.shorten(to=to)
    sizes, found = [], []
    url: httpx.URL | str = f"{path}?per_page=100"
    while url:
        answer = api.get(url)
        sizes.append(len(answer.json()))
        found += [one["execution_id"] for one in answer.json()]
        url = links(answer).get("next", "")
    known = sandbox.buildkite.failures_of(RUN.TWELVE_FAILURES)
    assert found == [one.execution_id for one in known]
    assert max(sizes) == min(to, 12)
    assert len(sizes) == -(-12 // to)


def test_a_limit_of_page_sizes_can_be_removed_but_not_zero(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.buildkite.pages.shorten(to=2)
    assert len(api.get(RUNS).json()) == 2
    sandbox.buildkite.pages.shorten(to=None)
    assert len(api.get(RUNS).json()) == 30
    with pytest.raises(ValueError, match="at least 1 item"):
        sandbox.buildkite.pages.shorten(to=0)


def test_links_can_lack_tokens_and_some_relations(sandbox: Sandbox, api: httpx.Client) -> None:
    assert BUILDKITE_LINK_TOKEN in api.get(RUNS, params={"page": 2}).headers["link"]
    sandbox.buildkite.pages.shape_links(tokens=False, rels=["next"])
    answer = api.get(RUNS, params={"page": 2})
    assert set(links(answer)) == {"next"}
    assert BUILDKITE_LINK_TOKEN not in answer.headers["link"]
    assert "api_key" not in answer.headers["link"]
    sandbox.buildkite.pages.shape_links(rels=[])
    assert "link" not in api.get(RUNS).headers


def test_each_assumption_is_one_unique_sentence() -> None:
    assert len(set(ASSUMPTIONS)) == len(ASSUMPTIONS)
    for sentence in ASSUMPTIONS:
        assert sentence.endswith(".")
        assert len(sentence) < 100
