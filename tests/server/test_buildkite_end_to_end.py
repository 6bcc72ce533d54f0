"""Buildkite Test Engine runs, as a host asks for them: over stdio, from the sandbox over HTTP."""

import json
import unicodedata
from typing import Any, Final, Literal

import anyio
import pytest
from hosts import ERAS, Era, pages_of, structured_of, text_of
from in_process import connect
from mcp_types import CallToolResult

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_SHARED_BUILD,
    CREW_SUITE,
    NotableBuildkiteRun,
)

BUDGET: Final = 8000
MANY: Final = NotableBuildkiteRun.MANY_FAILURES.value


def fits(result: CallToolResult) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= BUDGET


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("expanded", [False, True], ids=["reasons", "expanded"])
async def test_all_437_failures_come_over_the_pages_and_none_twice(
    sandbox: Sandbox, era: Era, *, expanded: bool
) -> None:
    truth = [failure.execution_id for failure in sandbox.buildkite.failures_of(MANY)]
    async with connect(sandbox, era=era) as client:
        arguments: dict[str, object] = {"run_id": MANY, "include_expanded": expanded}
        tool = "buildkite_get_failed_executions"
        pages = [page async for page in pages_of(client, tool, arguments)]

    failures = [failure for page in pages for failure in structured_of(page)["failures"]]
    assert len(truth) == 437
    assert [failure["execution_id"] for failure in failures] == truth
    for page in pages:
        assert fits(page)
        for failure in structured_of(page)["failures"]:
            assert failure["execution_id"] in text_of(page)
    assert structured_of(pages[-1])["trim"]["total"] == 437
    framed = [failure for failure in failures if failure["error"].get("frame")]
    assert bool(framed) is expanded


async def test_no_link_url_and_no_token_of_one_is_ever_shown(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        for tool, arguments in (
            ("buildkite_list_suites", {"limit": 1}),
            ("buildkite_list_runs", {"limit": 1}),
            ("buildkite_get_failed_executions", {"run_id": MANY}),
        ):
            result = await client.call_tool(tool, arguments)
            shown = text_of(result) + json.dumps(structured_of(result))
            assert "access_token" not in shown
            assert "per_page" not in shown

    assert not any("access_token" in request.query for request in sandbox.requests)


async def test_a_failure_says_where_in_the_projects_own_code_and_why(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        arguments: dict[str, object] = {"run_id": MANY, "include_expanded": True}
        tool = "buildkite_get_failed_executions"
        pages = [page async for page in pages_of(client, tool, arguments)]

    failures = [failure for page in pages for failure in structured_of(page)["failures"]]
    truth = {failure.execution_id: failure for failure in sandbox.buildkite.failures_of(MANY)}
    foreign = ("/gems/", "site-packages", "node_modules", "_pytest/")
    for failure in failures:
        real = truth[failure["execution_id"]]
        assert failure["status"] == "failed"
        assert failure["test"]
        assert failure["url"] == real.test_execution_url
        assert failure["test_url"] == real.test_url
        assert not any(part in failure["error"].get("frame", "") for part in foreign)
        if real.location:
            assert failure["location"] == real.location.removeprefix("./")
            assert failure["location"].startswith(failure["spec"])
    kinds = {failure["spec"].rpartition(".")[2] for failure in failures}
    assert {"rb", "py", "ts"} <= kinds | {"ts"} or {"rb", "py", "js"} <= kinds


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
async def test_the_state_of_a_run_is_told_honestly(
    sandbox: Sandbox,
    run: NotableBuildkiteRun,
    status: str,
    completion: str,
    note: str | None,
) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool("buildkite_get_run", {"run_id": run.value})

    told = structured_of(result)["run"]
    assert (told["status"], told["completion"]) == (status, completion)
    assert (told["organization"], told["suite"]) == (BUILDKITE_ORGANIZATION, BUILDKITE_SUITE)
    assert note is None or note in told["note"]
    assert ("note" in told) is (note is not None)


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_the_pages_of_a_list_are_all_runs_once_newest_first(
    sandbox: Sandbox, limit: int
) -> None:
    async with connect(sandbox) as client:
        arguments: dict[str, object] = {"limit": limit}
        pages = [page async for page in pages_of(client, "buildkite_list_runs", arguments)]

    runs = [run for page in pages for run in structured_of(page)["runs"]]
    ids = [run["id"] for run in runs]
    assert len(ids) == len(set(ids))
    assert {MANY, NotableBuildkiteRun.STALE.value, NotableBuildkiteRun.WITHOUT_BUILD.value} <= set(
        ids
    )
    times = [run["created_at"] for run in runs]
    assert times == sorted(times, reverse=True)
    for page in pages:
        assert fits(page)


async def test_a_build_narrows_the_list(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        answer = structured_of(
            await client.call_tool("buildkite_list_runs", {"build_id": BUILDKITE_SHARED_BUILD})
        )

    assert len(answer["runs"]) == 3
    assert {run["ci_build_id"] for run in answer["runs"]} == {BUILDKITE_SHARED_BUILD}


async def test_urls_of_runs_suites_and_tests_work_as_pasted(sandbox: Sandbox) -> None:
    root = f"https://buildkite.com/organizations/{BUILDKITE_ORGANIZATION}/analytics/suites"
    settings = {"BUILDKITE_ORGANIZATION": "", "BUILDKITE_SUITE": ""}
    async with connect(sandbox, settings=settings) as client:

        async def answer(tool: str, **arguments: str) -> dict[str, Any]:
            return structured_of(await client.call_tool(tool, arguments))

        url = f"{root}/{BUILDKITE_SUITE}/runs/{MANY}"
        assert (await answer("buildkite_get_run", run_id=f" {url}?x#y "))["run"]["url"] == url
        failed = await answer("buildkite_get_failed_executions", run_id=url)
        by_suite = await answer("buildkite_list_runs", suite=f"{root}/{CREW_SUITE}")
        by_test = await answer("buildkite_list_runs", suite=failed["failures"][0]["test_url"])
        missing = await client.call_tool("buildkite_list_runs", {})

    assert {run["suite"] for run in by_suite["runs"]} == {CREW_SUITE}
    assert {run["suite"] for run in by_test["runs"]} == {BUILDKITE_SUITE}
    assert "BUILDKITE_ORGANIZATION" in text_of(missing)


@pytest.mark.parametrize("scope", ["rest", "rest_user"])
async def test_a_spent_limit_that_resets_soon_is_waited_for(
    sandbox: Sandbox, scope: Literal["rest", "rest_user"]
) -> None:
    async with connect(sandbox) as client:
        # Now, so that the limit is not over before the server has started.
        sandbox.buildkite.limits.spend(scope, remaining=0, reset_s=2)
        with anyio.fail_after(30):
            result = await client.call_tool("buildkite_get_run", {"run_id": MANY})

    assert structured_of(result)["run"]["id"] == MANY
    statuses = [request.status for request in sandbox.requests]
    assert statuses[0] == 429
    assert statuses[-1] == 200
    assert len(statuses) <= 3


@pytest.mark.parametrize("scope", ["rest", "rest_user"])
async def test_a_spent_limit_that_resets_late_is_told_at_once(
    sandbox: Sandbox, scope: Literal["rest", "rest_user"]
) -> None:
    async with connect(sandbox) as client:
        sandbox.buildkite.limits.spend(scope, remaining=0, reset_s=300)
        result = await client.call_tool("buildkite_get_run", {"run_id": MANY})

    assert "kind=rate_limited status=429 retryable=yes" in text_of(result)
    after = float(text_of(result).partition("retry_after_s=")[2].partition("]")[0])
    assert 290 <= after <= 300
    assert len(sandbox.requests) == 1


async def test_what_strangers_write_has_no_hidden_characters(sandbox: Sandbox) -> None:
    run = NotableBuildkiteRun.STRANGE_STRINGS.value
    async with connect(sandbox) as client:
        result = await client.call_tool(
            "buildkite_get_failed_executions", {"run_id": run, "include_expanded": True}
        )

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
async def test_only_providers_with_a_key_are_served(
    sandbox: Sandbox, settings: dict[str, str], served: list[str]
) -> None:
    async with connect(sandbox, settings=settings) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]

    named = {name.partition("_")[0] for name in names} & {"currents", "buildkite"}
    assert named == set(served)
