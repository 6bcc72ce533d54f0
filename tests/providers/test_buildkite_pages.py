"""Buildkite's lists in pages of any form: every record comes once, and none is lost."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from buildkite_in_stub import REFERENCE, UUID, AcmeServer, acme_server
from buildkite_runs import add_buildkite_run
from hosts import ERAS, Era, environment, structured_of, text_of
from in_process import configured
from report_stub import Route, Stub
from shared_client import SharedClient, shared_client
from story_time import STORY_END

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Sandbox

Json = dict[str, Any]


# The sandbox's lists, in the pages of the API.

FAILURES: Final = 130
"""More than the API returns in a page."""
RUN: Final = "0191a0f0-0001-4000-8000-000000000130"
LISTS: Final[dict[str, tuple[str, Json, str]]] = {
    "buildkite_list_suites": ("suites", {"limit": 2}, "suite"),
    "buildkite_list_runs": ("runs", {"limit": 20}, "id"),
    "buildkite_get_failed_executions": ("failures", {"run_id": RUN}, "execution_id"),
}
SHORT: Final = {"buildkite_list_suites": 1, "buildkite_list_runs": 7}
"""The items of a short page."""
every_list = pytest.mark.parametrize("tool", LISTS)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as sandbox:
        add_buildkite_run(sandbox, failures=FAILURES, run_id=RUN)
        yield sandbox


@pytest.fixture
def story(running: Sandbox) -> Sandbox:
    """The sandbox, with its usual pages and links."""
    running.buildkite.pages.shorten(to=None)
    running.buildkite.pages.shape_links()
    return running


@pytest.fixture(scope="module")
def client(running: Sandbox) -> Iterator[SharedClient]:
    with shared_client(configured(environment(running))) as connected:
        yield connected


def listed(client: SharedClient, tool: str) -> list[str]:
    """Returns the IDs of all records of a list."""
    rows, arguments, key = LISTS[tool]
    pages = client.pages(tool, **arguments)
    return [row[key] for page in pages for row in structured_of(page)[rows]]


@pytest.fixture(scope="module")
def all_records(running: Sandbox, client: SharedClient) -> dict[str, list[str]]:
    """The IDs of all records of each list, read in full pages."""
    running.buildkite.pages.shorten(to=None)
    running.buildkite.pages.shape_links()
    return {tool: listed(client, tool) for tool in LISTS}


@every_list
def test_full_pages_have_each_record_once(all_records: dict[str, list[str]], tool: str) -> None:
    assert len(all_records[tool]) == len(set(all_records[tool])) > 5


@every_list
def test_short_pages_have_the_same_records(
    all_records: dict[str, list[str]], story: Sandbox, client: SharedClient, tool: str
) -> None:
    story.buildkite.pages.shorten(to=SHORT.get(tool, 7))
    assert listed(client, tool) == all_records[tool]


@every_list
def test_links_without_tokens_and_last_pages_lead_to_the_same_records(
    all_records: dict[str, list[str]], story: Sandbox, client: SharedClient, tool: str
) -> None:
    story.buildkite.pages.shape_links(tokens=False, rels=("next",))
    assert listed(client, tool) == all_records[tool]


def test_the_limit_can_change_from_page_to_page(
    all_records: dict[str, list[str]], story: Sandbox, client: SharedClient
) -> None:
    del story
    found: list[str] = []
    cursor = ""
    limits = iter((3, 50, 7))
    while cursor or not found:
        page = client.answer("buildkite_list_runs", limit=next(limits, 100), cursor=cursor)
        found += [run["id"] for run in page["runs"]]
        cursor = page.get("next_cursor", "")
    assert next(limits, None) is None
    assert found == all_records["buildkite_list_runs"]


@pytest.mark.parametrize("items", [None, 7])
def test_every_page_of_failed_executions_has_their_total(
    story: Sandbox, client: SharedClient, items: int | None
) -> None:
    story.buildkite.pages.shorten(to=items)
    pages = client.pages("buildkite_get_failed_executions", run_id=RUN)
    trims = [structured_of(page)["trim"] for page in pages]
    assert {trim["total"] for trim in trims} == {FAILURES}
    assert sum(trim["shown"] for trim in trims) == FAILURES


@pytest.mark.parametrize("era", ERAS)
def test_triage_reads_all_short_pages(story: Sandbox, era: Era) -> None:
    story.buildkite.pages.shorten(to=50)
    run = f"buildkite:{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}/{RUN}"
    with shared_client(configured(environment(story)), era) as client:
        answer = client.answer("triage_run", run=run)
    assert f"{FAILURES} tests failed" in answer["verdict"]


# A stub with odd links and records.

FAILED: Final = {"id": UUID, "state": "finished", "result": "failed", "branch": "main"}
EXECUTIONS: Final = "buildkite_get_failed_executions"


@pytest.fixture(scope="module")
def acme(stub: Stub) -> Iterator[AcmeServer]:
    with acme_server(stub) as running:
        yield running


def execution(number: int) -> Json:
    return {
        "execution_id": f"e{number}",
        "test_id": f"t{number}",
        "failure_reason": "Error: it broke",
        "test_name": f"case {number}",
    }


def page(*numbers: int, following: str = "", link: str = "") -> Json:
    """Returns a page with these executions, and a link to the following one."""
    if following:
        link = f'<https://api.example/x?api_key=k&{following}>; rel="next"'
    return {
        "body": [execution(number) for number in numbers],
        "headers": {"Link": link} if link else {},
    }


def routes_of(pages: dict[int, Json]) -> list[Route]:
    """Returns the routes of a failed run whose failed executions have these pages."""
    return [
        *(
            Route(path=rf"failed_executions.*[?&]page={number}(&|$)", **sent)
            for number, sent in pages.items()
        ),
        Route(path=f"/runs/{UUID}$", body=FAILED),
    ]


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("triage_run", {"run": REFERENCE}, "could not be loaded"),
        (EXECUTIONS, {"suite": "web", "run_id": UUID}, "pages of a list are empty"),
    ],
)
def test_empty_pages_without_end_are_not_taken_for_an_empty_list(
    acme: AcmeServer, tool: str, arguments: Json, message: str
) -> None:
    empty = Route(path="failed_executions", **page(following="page=2"))
    run = Route(path=f"/runs/{UUID}$", body={**FAILED, "result": "passed"})
    text = text_of(acme.call([empty, run], tool, **arguments))
    assert "no test failed" not in text
    assert message in text


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
def test_failed_executions_are_read_to_the_end(acme: AcmeServer, pages: dict[int, Json]) -> None:
    read = acme.pages(routes_of(pages), EXECUTIONS, suite="web", run_id=UUID)
    failures = [failure for one in read for failure in structured_of(one)["failures"]]
    names = list(dict.fromkeys(failure["test"] for failure in failures))
    assert names == ["case 1", "case 2", "case 3"]
    assert structured_of(read[0])["trim"]["total"] == 3
    triage = acme.answer(routes_of(pages), "triage_run", run=REFERENCE)
    assert triage["groups"][0]["tests"] == 3


def test_two_tests_whose_executions_have_one_id_are_both_there(acme: AcmeServer) -> None:
    pages = {1: page(1, 2)}
    for sent in pages[1]["body"]:
        sent["execution_id"] = "one-for-all"
    triage = acme.answer(routes_of(pages), "triage_run", run=REFERENCE)
    assert sum(group["tests"] for group in triage["groups"]) == 2


@pytest.mark.parametrize("expanded", [False, True])
def test_the_total_is_known_after_reading_each_page_once(
    acme: AcmeServer, stub: Stub, *, expanded: bool
) -> None:
    routes = routes_of({1: page(1, 2, following="page=2"), 2: page(2, 3)})
    arguments = {"suite": "web", "run_id": UUID, "include_expanded": expanded}
    first = acme.answer(routes, EXECUTIONS, **arguments)
    assert first["trim"]["total"] == 3
    assert [asked.count("page=1&") for asked in stub.asked] == [1, 0]
    acme.answer(routes, EXECUTIONS, cursor=first["trim"]["next_cursor"], **arguments)
    assert len(stub.asked) == 1


def test_a_list_of_one_page_is_read_once(acme: AcmeServer, stub: Stub) -> None:
    answer = acme.answer(routes_of({1: page(1, 2)}), EXECUTIONS, suite="web", run_id=UUID)
    assert answer["trim"]["total"] == 2
    assert len(stub.asked) == 1


def test_an_odd_record_is_counted_with_its_position(acme: AcmeServer) -> None:
    routes = routes_of({1: {"body": [execution(1), "odd", None, execution(2)]}})
    [read] = acme.pages(routes, EXECUTIONS, suite="web", run_id=UUID)
    content = structured_of(read)
    assert [failure["test"] for failure in content["failures"]] == ["case 1", "case 2"]
    assert content["unreadable"] == 2
    assert content["odd"][0] == "$[1] is text"
    assert "unreadable 2" in text_of(read)


def test_a_failed_run_without_failed_executions_has_a_note(acme: AcmeServer) -> None:
    routes = routes_of({1: {"body": []}})
    [read] = acme.pages(routes, EXECUTIONS, suite="web", run_id=UUID)
    content = structured_of(read)
    assert content["failures"] == []
    assert content["note"] in text_of(read)
    triage = acme.answer(routes, "triage_run", run=REFERENCE)
    assert "lists no failed execution" in triage["verdict"]
    assert "no test failed" not in triage["verdict"]
