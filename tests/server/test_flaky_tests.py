"""Which tests are flaky, as a host asks it, of both providers."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hosts import ERAS, Era, structured_of, text_of
from in_process import connect
from mcp import Client

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Fault, Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, CONSOLE_PROJECT

pytestmark = pytest.mark.no_cover  # It takes twice as long, and covers nothing else.

Json = dict[str, Any]
BOOKING: Final = f"currents:{BOOKING_PROJECT}"
SUITE: Final = f"{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}"
FLAKE: Final = "Seat map › keeps the chosen seats after a reload"


@pytest.fixture
def sandbox(story: Sandbox) -> Iterator[Sandbox]:
    yield story
    story.heal()


async def flaky(client: Client, project: str, **more: object) -> Json:
    return structured_of(await client.call_tool("flaky_tests", {"project": project, **more}))


@pytest.mark.parametrize("era", ERAS)
async def test_the_one_flake_of_the_story_is_found_in_the_runs(sandbox: Sandbox, era: Era) -> None:
    async with connect(sandbox, era=era) as client:
        answer = await flaky(client, BOOKING, max_runs=20)
    (test,) = answer["tests"]
    assert test["test"] == FLAKE
    assert answer["runs_read"] == 20
    assert test["seen"] <= 20
    assert test["rate"] == round(test["flaky"] / test["seen"], 3)
    assert "toHaveCount" in test["last"]["error"]
    assert test["last"]["run"].startswith("currents:")
    assert answer["searched"]["source"] == "runs"
    assert answer["searched"]["branch"] == "main"


async def test_the_counts_are_those_of_the_runs_themselves(sandbox: Sandbox) -> None:
    """Each run on the branch next is read here as well, by the tools for one run."""
    async with connect(sandbox) as client:
        answer = await flaky(client, BOOKING, branch="next", max_runs=12)
        listed = structured_of(
            await client.call_tool(
                "currents_list_runs",
                {
                    "project_id": BOOKING_PROJECT,
                    "branches": ["next"],
                    "completion": ["complete"],
                    "limit": 12,
                },
            )
        )
    (test,) = answer["tests"]
    assert test["flaky"] == sum(run.get("flaky", 0) for run in listed["runs"])
    assert (test["seen"], answer["runs_read"]) == (12, 12)
    assert test.get("failed", 0) == 0


async def test_a_project_without_flaky_tests_has_none(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        answer = await flaky(client, f"currents:{CONSOLE_PROJECT}", max_runs=10)
    assert answer["tests"] == []
    assert answer["runs_read"] == 10


@pytest.mark.parametrize(
    "project",
    [
        f"https://app.currents.dev/projects/{BOOKING_PROJECT}/runs?branch=main",
        f"<https://app.currents.dev/projects/{BOOKING_PROJECT}>",
    ],
)
async def test_a_project_can_be_pasted(sandbox: Sandbox, project: str) -> None:
    async with connect(sandbox) as client:
        answer = await flaky(client, project, max_runs=1)
    assert answer["searched"]["project"] == BOOKING


@pytest.mark.parametrize(
    "project",
    [
        f"buildkite:{SUITE}",
        f"https://buildkite.com/organizations/{SUITE.replace('/', '/analytics/suites/')}?branch=x",
    ],
)
async def test_in_buildkite_what_passed_on_a_retry_is_flaky(sandbox: Sandbox, project: str) -> None:
    async with connect(sandbox) as client:
        answer = await flaky(client, project, branch="fix/ledger-rows")
    counts = [(test["flaky"], test.get("failed", 0), test["seen"]) for test in answer["tests"]]
    assert counts == [(2, 0, 2), (1, 0, 2), (1, 1, 2)]
    assert answer["searched"]["source"] == "runs"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"project": "nope"}, "names no project of currents or buildkite"),
        ({"project": ""}, "names no project"),
        ({"project": "currents:../x"}, "not the ID of a project"),
        ({"project": "https://app.currents.dev/run/abc"}, "not the URL of a project"),
        ({"project": "buildkite:Acme Shop/x"}, "slug"),
        ({"project": BOOKING, "days": 91}, "days"),
        ({"project": BOOKING, "max_runs": 51}, "max_runs"),
        ({"project": BOOKING, "cursor": "x"}, "cursor"),
    ],
)
async def test_what_cannot_be_asked_says_what_can(
    sandbox: Sandbox, arguments: Json, words: str
) -> None:
    async with connect(sandbox) as client:
        before = len(sandbox.requests)
        result = await client.call_tool("flaky_tests", arguments)
    assert result.is_error
    assert "kind=invalid_argument" in text_of(result)
    assert words in text_of(result)
    assert len(sandbox.requests) == before


async def test_a_run_that_cannot_be_read_is_said_and_not_counted(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(path="/v1/runs/[0-9a-f]", status=404, times=2))
    async with connect(sandbox) as client:
        answer = await flaky(client, BOOKING, branch="next", max_runs=5)
    assert answer["runs_read"] == 3
    assert answer["searched"]["remarks"] == ["could not be read: not_found 2"]


async def test_the_answer_fits_and_pages(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings={"RUNS_MCP_RESULT_BYTES": "2000"}) as client:
        seen: list[str] = []
        arguments: Json = {"project": f"buildkite:{SUITE}", "branch": "fix/ledger-rows", "limit": 2}
        while True:
            result = await client.call_tool("flaky_tests", arguments)
            page = structured_of(result)
            compact = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
            assert max(len(compact.encode()), len(text_of(result).encode())) <= 2000
            assert len(page["tests"]) <= 2
            seen += [test["test"] for test in page["tests"]]
            if not (cursor := page["trim"].get("next_cursor")):
                break
            arguments["cursor"] = cursor
    assert len(seen) == len(set(seen)) == page["trim"]["total"] == 3
