"""Since when a cause is there, as a host asks it, of both providers."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hosts import ERAS, Era, structured_of, text_of
from in_process import connect
from mcp import Client
from mcp_types import CallToolResult
from server.story_references import BRANCH, buildkite, currents

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.seeded import hex_id
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

Json = dict[str, Any]
LONG: Final = currents(NotableRun.LONG_HISTORY)
CABINS, HELP, WEATHER, WEEKDAY = "Cabins", "Page not found", "marine", "sondag"
"""Parts of the causes of that run."""


@pytest.fixture
def sandbox(story: Sandbox) -> Iterator[Sandbox]:
    yield story
    story.heal()


def run_of_next(number: int) -> str:
    """Returns the reference to a run of the branch next, 0 being the newest."""
    return f"currents:{hex_id(f'run next {number}')}"


async def history(client: Client, run: str, **more: object) -> Json:
    return structured_of(await client.call_tool("failure_history", {"run": run, **more}))


def about(answer: Json, cause: str) -> Json:
    (found,) = (each for each in answer["causes"] if cause in each["cause"])
    assert isinstance(found, dict)
    return found


def fits(result: CallToolResult, budget: int) -> bool:
    compact = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return max(len(text_of(result).encode()), len(compact.encode())) <= budget


@pytest.mark.parametrize("era", ERAS)
async def test_each_cause_has_its_first_run_its_last_good_one_and_the_commits_between(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era) as client:
        result = await client.call_tool("failure_history", {"run": LONG, "max_runs": 20})
    answer = structured_of(result)
    assert fits(result, 8000)
    facts = {
        name: (
            cause["pattern"],
            cause["since"]["run"],
            cause["last_good"]["run"],
            cause["seen"]["runs"],
        )
        for name in (CABINS, HELP, WEATHER, WEEKDAY)
        for cause in [about(answer, name)]
    }
    assert facts == {
        CABINS: ("since", run_of_next(5), run_of_next(6), 4),
        HELP: ("since", run_of_next(16), run_of_next(17), 15),
        WEATHER: ("intermittent", run_of_next(0), run_of_next(1), 3),
        WEEKDAY: ("since", run_of_next(1), run_of_next(2), 1),
    }
    assert about(answer, WEEKDAY)["also_on"] == ["main", "chore/node-24"]
    assert {cause["not_run"] for cause in answer["causes"]} == {1}  # It was canceled.
    for cause in answer["causes"]:
        good, since = cause["last_good"]["commit"], cause["since"]["commit"]
        assert cause["commits"]["range"] == f"{good}...{since}"
        assert cause["commits"]["url"].endswith(f"/booking-site/compare/{good}...{since}")
        assert cause["seen"]["of"] == answer["runs_read"] == 20
        assert cause["since"]["author"]
        assert cause["since"]["created_at"] > cause["last_good"]["created_at"]
    assert answer["searched"]["branch"] == "next"
    assert answer["trim"]["trimmed"] is False


async def test_a_window_that_is_too_short_says_so(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        cause = about(await history(client, LONG), HELP)
        assert cause["pattern"] == "always"
        assert "last_good" not in cause
        assert "older than the runs read: ask with a larger max_runs" in cause["note"]
        shortest = about(await history(client, run_of_next(2), max_runs=1), HELP)
        assert shortest["seen"] == {"runs": 1, "of": 1}


async def test_one_cause_and_one_test_can_be_asked_for(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        whole = about(await history(client, LONG), CABINS)
        alone = await history(client, LONG, fingerprint=whole["fingerprint"])
        assert [cause["fingerprint"] for cause in alone["causes"]] == [whole["fingerprint"]]
        assert alone["causes"][0]["since"] == whole["since"]
        of_test = await history(client, LONG, test="names the affected sailings", max_runs=20)
        (test,) = of_test["causes"]
        assert (test["pattern"], test["seen"]["runs"]) == ("intermittent", 3)
        flaky = await history(
            client, currents(NotableRun.THREE_CAUSES), test="keeps the chosen seats"
        )
        assert flaky["causes"][0]["tests"] == 1


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"fingerprint": "0123456789ab"}, "not_found", "No cause of this run has"),
        ({"test": "no such title"}, "not_found", "No test of this run with the title"),
        ({"test": "a"}, "invalid_argument", "7 tests that failed"),
        ({"max_runs": 0}, "invalid_argument", "max_runs"),
        ({"max_runs": 51}, "invalid_argument", "max_runs"),
        ({"cursor": "x"}, "invalid_argument", "cursor"),
    ],
)
async def test_what_cannot_be_asked_says_what_can(
    sandbox: Sandbox, arguments: Json, kind: str, words: str
) -> None:
    async with connect(sandbox) as client:
        result = await client.call_tool("failure_history", {"run": LONG, **arguments})
    assert result.is_error
    assert f"kind={kind}" in text_of(result)
    assert words in text_of(result)


async def test_a_run_in_the_middle_that_cannot_be_read_makes_the_answer_unknown(
    sandbox: Sandbox,
) -> None:
    lost = run_of_next(5).removeprefix("currents:")
    sandbox.fail(Fault(path=f"/v1/runs/{lost}", status=404))
    async with connect(sandbox) as client:
        answer = await history(client, LONG)
    cause = about(answer, CABINS)
    assert cause["pattern"] == "unknown"
    assert cause["since"]["run"] == run_of_next(3)  # The canceled one did not run its specs.
    assert cause["last_good"]["run"] == run_of_next(6)
    assert cause["unread"] == 1
    assert "could not be read" in cause["note"]
    assert answer["coverage"]["why"] == ["not_found 1"]
    assert answer["runs_read"] == 9
    # What came later is as sure as before.
    assert about(answer, WEEKDAY)["pattern"] == "since"


async def test_where_nothing_can_be_read_it_says_so_and_claims_nothing(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(path="/v1/runs/", status=404, after=1))
    async with connect(sandbox) as client:
        answer = await history(client, LONG)
    for cause in answer["causes"]:
        assert (cause["pattern"], cause["seen"]) == ("unknown", {"runs": 0, "of": 0})
        assert cause["note"] == "None of the runs before could be read."
    sandbox.heal()
    sandbox.fail(Fault(path="/v1/instances/", status=404))
    async with connect(sandbox) as client:
        result = await client.call_tool("failure_history", {"run": LONG})
    assert "No failing spec of the run could be read (not_found 6)." in text_of(result)
    assert "kind=not_found" in text_of(result)


async def test_a_spec_that_cannot_be_read_is_not_taken_for_passed(sandbox: Sandbox) -> None:
    lost = run_of_next(1).removeprefix("currents:")
    specs = sandbox.currents.specs_of(lost)
    (print_spec,) = (spec for spec in specs if spec.spec.endswith("timetable/print.spec.ts"))
    sandbox.fail(Fault(path=f"/v1/instances/{print_spec.instance_id}", status=404))
    async with connect(sandbox) as client:
        answer = await history(client, LONG)
    cause = about(answer, WEEKDAY)
    assert (cause["pattern"], cause["unread"]) == ("unknown", 1)
    assert about(answer, CABINS)["pattern"] == "since"


async def test_a_young_branch_goes_on_with_the_branch_it_came_from(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        answer = await history(client, BRANCH)
    assert answer["searched"]["then"] == "main"
    assert answer["runs_read"] == 10
    assert [cause["pattern"] for cause in answer["causes"]] == ["new", "intermittent", "new"]


async def test_the_runs_of_a_rerun_are_of_one_commit_and_that_is_said(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        cause = about(await history(client, run_of_next(7)), WEATHER)
    assert cause["since"]["commit"] == cause["last_good"]["commit"]
    assert "commits" not in cause
    assert "did not come with a change of the code" in cause["note"]


async def test_a_run_without_failures_has_no_causes(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        answer = await history(client, currents(NotableRun.CONSOLE_MAIN))
    assert answer["causes"] == []
    assert answer.get("runs_read", 0) == 0


async def test_the_pages_have_every_cause_once(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings={"RUNS_MCP_RESULT_BYTES": "3000"}) as client:
        seen: list[str] = []
        arguments: Json = {"run": LONG, "max_runs": 20}
        while True:
            result = await client.call_tool("failure_history", arguments)
            page = structured_of(result)
            assert fits(result, 3000)
            seen += [cause["fingerprint"] for cause in page["causes"]]
            if not (cursor := page["trim"].get("next_cursor")):
                break
            arguments["cursor"] = cursor
    assert len(seen) == len(set(seen)) == page["trim"]["total"] == 4


async def test_buildkite_runs_have_a_history_too(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        answer = await history(client, buildkite(NotableBuildkiteRun.MAIN))
    (cause,) = answer["causes"]
    assert (cause["pattern"], cause["seen"]) == ("since", {"runs": 2, "of": 10})
    assert cause["commits"]["range"]
    assert "url" not in cause["commits"]
    assert "does not tell which tests ran" in answer["searched"]["remarks"][0]


async def test_progress_is_reported(sandbox: Sandbox) -> None:
    told: list[tuple[float, float | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        del message
        told.append((progress, total))

    async with connect(sandbox) as client:
        await client.call_tool("failure_history", {"run": LONG}, progress_callback=tell)
    assert told
    assert all(total is not None and done <= total for done, total in told)
