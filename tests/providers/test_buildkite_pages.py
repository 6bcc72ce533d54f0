"""Buildkite's lists: whatever the pages are like, each record comes once and none is lost."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from hosts import ERAS, Era, pages_of, structured_of, text_of
from in_process import configured, connect
from mcp import Client
from report_stub import IN_ACME, Route, Stub
from story_api import NOW

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SUITE, NotableBuildkiteRun
from runs_mcp.server.build import build_server

Json = dict[str, Any]
MANY: Final = NotableBuildkiteRun.MANY_FAILURES.value
LISTS: Final[list[tuple[str, Json, str, str]]] = [
    ("buildkite_list_suites", {"limit": 2}, "suites", "suite"),
    ("buildkite_list_runs", {"suite": BUILDKITE_SUITE, "limit": 20}, "runs", "id"),
    (
        "buildkite_get_failed_executions",
        {"suite": BUILDKITE_SUITE, "run_id": MANY},
        "failures",
        "execution_id",
    ),
]
every_list = pytest.mark.parametrize(("tool", "arguments", "rows", "name"), LISTS)


@pytest.fixture
def story() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


async def names(sandbox: Sandbox, tool: str, arguments: Json, rows: str, name: str) -> list[str]:
    async with connect(sandbox) as client:
        return [
            row[name]
            async for page in pages_of(client, tool, arguments)
            for row in structured_of(page)[rows]
        ]


@every_list
async def test_pages_shorter_than_asked_for_hold_the_same_records(
    story: Sandbox, tool: str, arguments: Json, rows: str, name: str
) -> None:
    whole = await names(story, tool, arguments, rows, name)
    story.buildkite.pages.shorten(to=7 if tool != "buildkite_list_suites" else 1)
    assert await names(story, tool, arguments, rows, name) == whole
    assert len(whole) == len(set(whole)) > 5


@every_list
async def test_links_without_tokens_or_without_a_last_page_lead_on_all_the_same(
    story: Sandbox, tool: str, arguments: Json, rows: str, name: str
) -> None:
    whole = await names(story, tool, arguments, rows, name)
    story.buildkite.pages.shape_links(tokens=False, rels=("next",))
    assert await names(story, tool, arguments, rows, name) == whole


async def test_the_limit_may_change_from_page_to_page(story: Sandbox) -> None:
    whole = await names(story, *LISTS[1])
    found: list[str] = []
    cursor = ""
    async with connect(story) as client:
        for limit in (3, 50, 7, 100, 100, 100, 100, 100):
            page = structured_of(
                await client.call_tool(
                    "buildkite_list_runs",
                    {"suite": BUILDKITE_SUITE, "limit": limit, "cursor": cursor},
                )
            )
            found += [run["id"] for run in page["runs"]]
            cursor = page.get("next_cursor", "")
            if not cursor:
                break
        else:
            async for rest in pages_of(
                client, "buildkite_list_runs", {"suite": BUILDKITE_SUITE, "cursor": cursor}
            ):
                found += [run["id"] for run in structured_of(rest)["runs"]]
    assert found == whole


@pytest.mark.parametrize("shortened", [None, 7])
async def test_every_page_of_failed_executions_says_how_many_there_are(
    story: Sandbox, shortened: int | None
) -> None:
    story.buildkite.pages.shorten(to=shortened)
    tool, arguments, _, _ = LISTS[2]
    async with connect(story) as client:
        pages = [structured_of(page) async for page in pages_of(client, tool, arguments)]
    assert {page["trim"]["total"] for page in pages} == {437}
    assert sum(page["trim"]["shown"] for page in pages) == 437


@pytest.mark.parametrize("era", ERAS)
async def test_triage_reads_all_of_short_pages(story: Sandbox, era: Era) -> None:
    story.buildkite.pages.shorten(to=50)
    run = f"buildkite:{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}/{MANY}"
    async with connect(story, era=era) as client:
        answer = structured_of(await client.call_tool("triage_run", {"run": run}))
    assert "437 tests failed" in answer["verdict"]


# --- a stub whose links lead astray

SUITE: Final = "/suites/web"
UUID: Final = "0191a0f0-0001-4000-8000-0000000000aa"
RUN: Final = {"id": UUID, "state": "finished", "result": "failed", "branch": "main"}


def execution(number: int) -> Json:
    return {
        "execution_id": f"e{number}",
        "test_id": f"t{number}",
        "failure_reason": "Error: it broke",
        "test_name": f"case {number}",
    }


def page(*numbers: int, following: str = "", link: str = "") -> Json:
    link = link or f'<https://api.example/x?api_key=k&{following}>; rel="next"' * bool(following)
    return {
        "body": [execution(number) for number in numbers],
        "headers": {"Link": link} if link else {},
    }


@pytest.mark.parametrize("tool", ["triage_run", "buildkite_get_failed_executions"])
async def test_a_list_of_empty_pages_without_end_is_not_taken_for_an_empty_one(
    stub: Stub, tool: str
) -> None:
    empty = Route(path="failed_executions", **page(following="page=2"))
    stub.serve([empty, Route(path=f"/runs/{UUID}$", body={**RUN, "result": "passed"})])
    async with Client(build_server(configured(stub.environment | IN_ACME))) as client:
        told = await client.call_tool(tool, arguments_of(tool))
    assert "no test failed" not in text_of(told)
    assert "could not be loaded" in text_of(told) or "pages of a list are empty" in text_of(told)


def arguments_of(tool: str) -> dict[str, str]:
    if tool == "triage_run":
        return {"run": f"buildkite:acme/web/{UUID}"}
    return {"suite": "web", "run_id": UUID}


async def found_by(stub: Stub, pages: dict[int, Json], tool: str) -> tuple[Json, str]:
    """Returns what a tool answers where the failed executions have these pages."""
    routes = [
        Route(path=rf"failed_executions.*[?&]page={number}(&|$)", **told)
        for number, told in pages.items()
    ]
    stub.serve([*routes, Route(path=f"/runs/{UUID}$", body=RUN)])
    async with Client(build_server(configured(stub.environment | IN_ACME))) as client:
        answers = [answer async for answer in pages_of(client, tool, arguments_of(tool))]
    whole = structured_of(answers[0])
    for answer in answers[1:]:
        whole["failures"] += structured_of(answer).get("failures", [])
    return whole, text_of(answers[0])


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param(
            {1: page(1, 2, following="page=2"), 2: page(following="page=3"), 3: page(3)},
            id="an empty page in the middle",
        ),
        pytest.param(
            {1: page(1, 2, following="page=5"), 5: page(3)}, id="a number that is not the next"
        ),
        pytest.param(
            {1: page(1, 2, following="after=x"), 2: page(3)}, id="an address without a number"
        ),
        pytest.param(
            {1: page(1, 2, following="page=1"), 2: page(3)}, id="an address of the same page"
        ),
        pytest.param(
            {1: page(1, 2, following="page=2"), 2: page(2, 3)}, id="a list that shifted meanwhile"
        ),
        pytest.param(
            {
                **{number: page(following=f"page={number + 1}") for number in range(1, 8)},
                8: page(1, 2, 3),
            },
            id="many empty pages first",
        ),
        pytest.param(
            {1: page(1, 2, link='<?page=2>; REL="Next"'), 2: page(3)}, id="in another case"
        ),
        pytest.param(
            {1: page(1, 2, link='<?page=2>; rel="next last"'), 2: page(3)}, id="two relations"
        ),
        pytest.param(
            {1: page(1, 2, link='<?page=2>; title="a=b, <c>"; rel=next'), 2: page(3)},
            id="another parameter first",
        ),
    ],
)
async def test_failed_executions_are_read_to_the_end(stub: Stub, pages: dict[int, Json]) -> None:
    listed, _ = await found_by(stub, pages, "buildkite_get_failed_executions")
    names = list(dict.fromkeys(failure["test"] for failure in listed["failures"]))
    assert names == ["case 1", "case 2", "case 3"]
    assert listed["trim"]["total"] == 3
    triaged, _ = await found_by(stub, pages, "triage_run")
    assert triaged["groups"][0]["tests"] == 3


async def test_an_odd_record_is_counted_where_it_stood(stub: Stub) -> None:
    pages: dict[int, Json] = {1: {"body": [execution(1), "odd", None, execution(2)]}}
    listed, text = await found_by(stub, pages, "buildkite_get_failed_executions")
    assert [failure["test"] for failure in listed["failures"]] == ["case 1", "case 2"]
    assert listed["unreadable"] == 2
    assert listed["odd"][0] == "$[1] is text"
    assert "unreadable 2" in text


async def test_a_failed_run_without_a_failed_execution_is_not_said_to_have_none(
    stub: Stub,
) -> None:
    pages: dict[int, Json] = {1: {"body": []}}
    listed, text = await found_by(stub, pages, "buildkite_get_failed_executions")
    assert listed["failures"] == []
    assert listed["note"] in text
    triaged, _ = await found_by(stub, pages, "triage_run")
    assert "lists no failed execution" in triaged["verdict"]
    assert "no test failed" not in triaged["verdict"]
