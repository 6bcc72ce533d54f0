"""What changed from one run to another, as a host asks it."""

from hosts import pages_of, structured_of, text_of
from in_process import connect
from server.story_references import BRANCH, buildkite, currents

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun

MAIN = currents(NotableRun.MAIN)


async def test_the_lists_are_whole_over_the_pages(story: Sandbox) -> None:
    async with connect(story) as client:
        query = {"base": MAIN, "head": BRANCH}
        pages = [structured_of(page) async for page in pages_of(client, "compare_runs", query)]

    counts = pages[0]["counts"]
    assert (counts["new_failures"], counts["fixed"]) == (42, 1)
    for name in ("new_failures", "fixed", "flaky"):
        listed = [test for page in pages for test in page.get(name, [])]
        assert len({(test["spec"], test["test"]) for test in listed}) == len(listed) == counts[name]


async def test_of_buildkite_no_test_is_called_fixed_or_missing(story: Sandbox) -> None:
    query = {
        "base": buildkite(NotableBuildkiteRun.TWELVE_FAILURES),
        "head": buildkite(NotableBuildkiteRun.MAIN),
    }
    async with connect(story) as client:
        report = structured_of(await client.call_tool("compare_runs", query))

    counts = report["counts"]
    assert (counts["fixed"], counts["missing"]) == (0, 0)
    assert counts["no_longer_failing"] == 12 - counts["still_failing"]
    assert "fixed" not in report


async def test_runs_of_two_providers_cannot_be_compared(story: Sandbox) -> None:
    requests = len(story.requests)
    query = {"base": MAIN, "head": buildkite(NotableBuildkiteRun.MAIN)}
    async with connect(story) as client:
        refused = await client.call_tool("compare_runs", query)

    assert refused.is_error
    # Where a run is found by an address, something was requested by then.
    assert "two providers; their tests were not read" in text_of(refused)
    assert len(story.requests) == requests
