"""Buildkite Test Engine runs, as a host reads them."""

import json
import time
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import pytest
from buildkite_runs import add_buildkite_run
from hosts import Era, environment, structured_of, text_of
from in_process import configured
from mcp_types import CallToolResult
from shared_client import SharedClient, shared_client
from story_time import STORY_END

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Sandbox
from runs_mcp.sandbox.buildkite.limits import Scope
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_SHARED_BUILD,
    CREW_SUITE,
    NotableBuildkiteRun,
)

BUDGET: Final = 8000
MANY: Final = NotableBuildkiteRun.MANY_FAILURES.value
SOME: Final = "0191a0f0-0001-4000-8000-000000000130"
"""A run whose failures take more than one page of the API, too."""
FAILED_EXECUTIONS: Final = "buildkite_get_failed_executions"
SUITES_URL: Final = f"https://buildkite.com/organizations/{BUILDKITE_ORGANIZATION}/analytics/suites"
every_scope = pytest.mark.parametrize("scope", ["rest", "rest_user"])


@pytest.fixture(scope="module")
def story() -> Iterator[Sandbox]:
    """A sandbox that no test changes."""
    with Sandbox(now=STORY_END) as running:
        add_buildkite_run(running, failures=130, run_id=SOME)
        yield running


@pytest.fixture(scope="module")
def expanded(client: SharedClient) -> list[CallToolResult]:
    """All pages of the failures of SOME, with whole messages."""
    return client.pages(FAILED_EXECUTIONS, run_id=SOME, include_expanded=True)


@pytest.fixture(scope="module")
def reasons(story: Sandbox) -> list[CallToolResult]:
    """All pages of the failures of MANY, with reasons alone, read by an older client."""
    era: Era = "legacy"
    with shared_client(configured(environment(story)), era) as older:
        return older.pages(FAILED_EXECUTIONS, run_id=MANY)


def fits(result: CallToolResult) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= BUDGET


def failures_in(pages: list[CallToolResult]) -> list[dict[str, Any]]:
    return [failure for page in pages for failure in structured_of(page)["failures"]]


@pytest.mark.parametrize(
    ("form", "run", "number"), [("expanded", SOME, 130), ("reasons", MANY, 437)]
)
def test_all_failures_come_over_the_pages_and_none_twice(
    story: Sandbox, form: str, run: str, number: int, request: pytest.FixtureRequest
) -> None:
    pages: list[CallToolResult] = request.getfixturevalue(form)
    failures = failures_in(pages)
    in_api = [failure.execution_id for failure in story.buildkite.failures_of(run)]
    assert len(in_api) == number
    assert [failure["execution_id"] for failure in failures] == in_api
    for page in pages:
        assert fits(page)
        for failure in structured_of(page)["failures"]:
            assert failure["execution_id"] in text_of(page)
    assert structured_of(pages[-1])["trim"]["total"] == number
    with_frame = [failure for failure in failures if failure["error"].get("frame")]
    assert bool(with_frame) is (form == "expanded")


def test_a_failure_has_its_place_in_the_projects_own_code(
    story: Sandbox, expanded: list[CallToolResult]
) -> None:
    in_api = {failure.execution_id: failure for failure in story.buildkite.failures_of(SOME)}
    libraries = ("/gems/", "site-packages", "node_modules", "_pytest/")
    failures = failures_in(expanded)
    for failure in failures:
        sent = in_api[failure["execution_id"]]
        assert failure["status"] == "failed"
        assert failure["test"]
        assert failure["url"] == sent.test_execution_url
        assert failure["test_url"] == sent.test_url
        assert not any(part in failure["error"].get("frame", "") for part in libraries)
        if sent.location:
            assert failure["location"] == sent.location.removeprefix("./")
            assert failure["location"].startswith(failure["spec"])
    file_types = {failure["spec"].rpartition(".")[2] for failure in failures}
    assert {"rb", "py", "ts"} <= file_types


def test_no_url_of_a_link_and_no_token_in_it_is_shown(story: Sandbox, client: SharedClient) -> None:
    for tool, arguments in (
        ("buildkite_list_suites", {"limit": 1}),
        ("buildkite_list_runs", {"limit": 1}),
        (FAILED_EXECUTIONS, {"run_id": MANY}),
    ):
        result = client.call(tool, arguments)
        shown = text_of(result) + json.dumps(structured_of(result))
        assert "access_token" not in shown
        assert "per_page" not in shown

    assert not any("access_token" in request.query for request in story.requests)


@pytest.mark.parametrize(
    ("run", "status", "completion", "note"),
    [
        (NotableBuildkiteRun.PASSED, "passed", "complete", None),
        (NotableBuildkiteRun.PASSED_SO_FAR, "passed", "in_progress", "Not final"),
        (NotableBuildkiteRun.FAILED_SO_FAR, "failed", "in_progress", "that it failed is final"),
        (NotableBuildkiteRun.PENDING, "pending", "in_progress", "No result has come yet"),
        (NotableBuildkiteRun.STALE, "stale", "complete", "No results came in time"),
        (NotableBuildkiteRun.MAIN, "failed", "complete", None),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_run_has_its_state_and_a_note_whether_that_is_final(
    client: SharedClient,
    run: NotableBuildkiteRun,
    status: str,
    completion: str,
    note: str | None,
) -> None:
    read = client.answer("buildkite_get_run", run_id=run.value)["run"]
    assert (read["status"], read["completion"]) == (status, completion)
    assert (read["organization"], read["suite"]) == (BUILDKITE_ORGANIZATION, BUILDKITE_SUITE)
    assert note is None or note in read["note"]
    assert ("note" in read) is (note is not None)


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_the_pages_of_a_list_have_every_run_once_newest_first(
    client: SharedClient, limit: int
) -> None:
    pages = client.pages("buildkite_list_runs", limit=limit)
    runs = [run for page in pages for run in structured_of(page)["runs"]]
    ids = [run["id"] for run in runs]
    assert len(ids) == len(set(ids))
    some = {MANY, NotableBuildkiteRun.STALE.value, NotableBuildkiteRun.WITHOUT_BUILD.value}
    assert some <= set(ids)
    times = [run["created_at"] for run in runs]
    assert times == sorted(times, reverse=True)
    assert all(fits(page) for page in pages)


def test_a_build_narrows_the_list(client: SharedClient) -> None:
    runs = client.answer("buildkite_list_runs", build_id=BUILDKITE_SHARED_BUILD)["runs"]
    assert len(runs) == 3
    assert {run["ci_build_id"] for run in runs} == {BUILDKITE_SHARED_BUILD}


def test_urls_of_runs_suites_and_tests_work_as_pasted(story: Sandbox) -> None:
    without_defaults = {"BUILDKITE_ORGANIZATION": "", "BUILDKITE_SUITE": ""}
    with shared_client(configured(environment(story) | without_defaults)) as client:
        url = f"{SUITES_URL}/{BUILDKITE_SUITE}/runs/{MANY}"
        run = client.answer("buildkite_get_run", run_id=f" {url}?x#y ")["run"]
        failures = client.answer(FAILED_EXECUTIONS, run_id=url)["failures"]
        by_suite = client.answer("buildkite_list_runs", suite=f"{SUITES_URL}/{CREW_SUITE}")
        by_test = client.answer("buildkite_list_runs", suite=failures[0]["test_url"])
        missing = client.call("buildkite_list_runs", {})

    assert run["url"] == url
    assert {run["suite"] for run in by_suite["runs"]} == {CREW_SUITE}
    assert {run["suite"] for run in by_test["runs"]} == {BUILDKITE_SUITE}
    assert "BUILDKITE_ORGANIZATION" in text_of(missing)


@every_scope
def test_a_request_waits_for_a_limit_that_resets_soon(sandbox: Sandbox, scope: Scope) -> None:
    with shared_client(configured(environment(sandbox))) as client:
        sandbox.buildkite.limits.spend(scope, remaining=0, reset_s=1)
        started = time.monotonic()
        run = client.answer("buildkite_get_run", run_id=MANY)["run"]

    assert time.monotonic() - started < 30
    assert run["id"] == MANY
    statuses = [request.status for request in sandbox.requests]
    assert statuses[0] == 429
    assert statuses[-1] == 200
    assert len(statuses) <= 3


@every_scope
def test_a_limit_that_resets_late_is_an_error_at_once(sandbox: Sandbox, scope: Scope) -> None:
    with shared_client(configured(environment(sandbox))) as client:
        sandbox.buildkite.limits.spend(scope, remaining=0, reset_s=300)
        text = text_of(client.call("buildkite_get_run", {"run_id": MANY}))

    assert "kind=rate_limited status=429 retryable=yes" in text
    after = float(text.partition("retry_after_s=")[2].partition("]")[0])
    assert 290 <= after <= 300
    assert len(sandbox.requests) == 1


def test_text_from_outside_has_no_hidden_characters(client: SharedClient) -> None:
    run = NotableBuildkiteRun.STRANGE_STRINGS.value
    result = client.call(FAILED_EXECUTIONS, {"run_id": run, "include_expanded": True})
    shown = text_of(result) + json.dumps(structured_of(result), ensure_ascii=False)
    hidden = [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert hidden == []
    assert "<div" in shown


@pytest.mark.parametrize(
    ("settings", "served"),
    [
        ({"CURRENTS_API_KEY": ""}, ["buildkite"]),
        ({"BUILDKITE_API_TOKEN": ""}, ["currents"]),
        ({}, ["currents", "buildkite"]),
        ({"RUNS_MCP_PROVIDERS": "buildkite"}, ["buildkite"]),
    ],
    ids=str,
)
def test_only_providers_with_a_key_are_served(
    story: Sandbox, settings: dict[str, str], served: list[str]
) -> None:
    with shared_client(configured(environment(story) | settings)) as client:
        names = [tool.name for tool in client.run(client.client.list_tools).tools]

    assert {name.partition("_")[0] for name in names} & {"currents", "buildkite"} == set(served)
