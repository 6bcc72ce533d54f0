"""The forms in which a run can be named, of either provider."""

import pytest
from hosts import structured_of, text_of
from in_process import connect
from server.story_references import BRANCH, buildkite

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun

RUN = NotableRun.CONSOLE_MAIN.value
OF_BUILDKITE = NotableBuildkiteRun.PASSED
LINK = (
    f"https://buildkite.com/organizations/{BUILDKITE_ORGANIZATION}/analytics/suites/"
    f"{BUILDKITE_SUITE}/runs/{OF_BUILDKITE}"
)


@pytest.mark.parametrize(
    ("reference", "run_id"),
    [
        (f"currents:{RUN}", RUN),
        (f"https://app.currents.dev/run/{RUN}?x#y", RUN),
        (buildkite(OF_BUILDKITE), OF_BUILDKITE.value),
        (LINK, OF_BUILDKITE.value),
    ],
)
async def test_every_form_names_the_run(story: Sandbox, reference: str, run_id: str) -> None:
    async with connect(story) as client:
        result = await client.call_tool("wait_for_run", {"run": reference})

    assert structured_of(result)["run"]["id"] == run_id


async def test_anything_else_is_refused_before_anything_is_requested(story: Sandbox) -> None:
    requests = len(story.requests)
    async with connect(story) as client:
        for bad in ("", "currents:", "currents:a/b", "circleci:1", "buildkite:a/b", "../x"):
            refused = await client.call_tool("triage_run", {"run": bad})
            assert "kind=invalid_argument" in text_of(refused), bad

    assert len(story.requests) == requests


async def test_a_bare_id_that_could_be_a_commit_is_searched_and_told_what_to_write(
    story: Sandbox,
) -> None:
    async with connect(story) as client:
        refused = text_of(await client.call_tool("triage_run", {"run": RUN}))
    assert "kind=not_found" in refused
    assert f"the commit {RUN}" in refused
    assert "currents:<run ID>" in refused


async def test_with_one_provider_its_bare_id_is_enough_and_links_to_others_are_refused(
    story: Sandbox,
) -> None:
    async with connect(story, settings={"BUILDKITE_API_TOKEN": ""}) as client:
        result = await client.call_tool("wait_for_run", {"run": RUN})
        assert structured_of(result)["run"]["id"] == RUN
        refused = await client.call_tool("wait_for_run", {"run": LINK})
        assert "kind=invalid_argument" in text_of(refused)


async def test_a_run_that_does_not_exist_is_not_found(story: Sandbox) -> None:
    async with connect(story) as client:
        for tool, arguments in (
            ("triage_run", {"run": "currents:nope"}),
            ("compare_runs", {"base": "currents:nope", "head": BRANCH}),
            ("wait_for_run", {"run": "currents:nope"}),
        ):
            result = await client.call_tool(tool, arguments)
            assert "kind=not_found status=404" in text_of(result)
