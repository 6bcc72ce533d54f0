from typing import Final

import pytest
from answers.encoded_bytes import encoded_sizes
from answers.made_projects import projects
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_mcp.answers.cursors import PageRequest, Position, Query, encode_cursor
from runs_mcp.answers.encoding import structured_content, text_content
from runs_mcp.answers.fitting import list_page
from runs_mcp.answers.reports import ProjectList
from runs_mcp.errors import InvalidArgument, MalformedResponse
from runs_mcp.model import Project

QUERY: Final[Query] = ("currents_list_projects", "x")


class Upstream:
    """A list as the API has it: cursors, pages of its own."""

    def __init__(self, names: list[str]) -> None:
        self.projects = [Project(project_id=f"{n:03}", name=name) for n, name in enumerate(names)]

    def page(self, after: str, limit: int) -> tuple[list[tuple[Project, str]], bool]:
        start = int(after.removeprefix("after ")) + 1 if after else 0
        items = self.projects[start : start + limit]
        rows = [(item, f"after {start + n}") for n, item in enumerate(items)]
        return rows, start + limit < len(self.projects)


def upstream_cursor(cursor: str) -> str:
    return PageRequest(QUERY, cursor, 8000).upstream_cursor()


def project_page(
    items: list[tuple[Project, str]], *, has_more: bool = False, budget: int = 8000
) -> ProjectList:
    return list_page(
        items,
        lambda rows, next_cursor: ProjectList(projects=rows, next_cursor=next_cursor),
        PageRequest(QUERY, "", budget),
        has_more=has_more,
    )


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(
        st.text(max_size=10) | st.sampled_from(["\U0001f600" * 128, '"' * 128, "x" * 1000]),
        max_size=80,
    ),
    limit=st.integers(1, 50),
    budget=st.integers(2000, 40_000) | st.just(2000),
)
def test_the_pages_of_a_list_together_hold_every_item_once_within_the_budget(
    names: list[str], limit: int, budget: int
) -> None:
    upstream = Upstream(names)
    shown: list[str] = []
    cursor = ""
    for _ in range(len(names) + 1):
        items, has_more = upstream.page(upstream_cursor(cursor), limit)
        page = project_page(items, has_more=has_more, budget=budget)
        assert max(encoded_sizes(page)) <= budget
        shown += [project.project_id for project in page.projects]
        cursor = page.next_cursor
        assert structured_content(page).get("next_cursor", "") == cursor
        if not cursor:
            break
        assert text_content(page).split("\n")[-1] == f"next_cursor {cursor}"
    assert cursor == ""
    assert shown == [project.project_id for project in upstream.projects]


def test_a_list_that_is_all_there_gives_no_cursor() -> None:
    items, _ = Upstream(["a", "b"]).page("", 5)
    page = project_page(items)
    assert page.next_cursor == ""
    assert len(page.projects) == 2


def test_a_list_that_goes_on_upstream_gives_a_cursor_behind_its_last_item() -> None:
    items, has_more = Upstream(["a", "b", "c"]).page("", 2)
    page = project_page(items, has_more=has_more)
    assert upstream_cursor(page.next_cursor) == "after 1"


def test_a_list_that_does_not_fit_gives_a_cursor_behind_the_last_item_shown() -> None:
    items, _ = Upstream(["x" * 500] * 10).page("", 10)
    page = project_page(items, budget=2000)
    assert 0 < len(page.projects) < 10
    assert upstream_cursor(page.next_cursor) == f"after {len(page.projects) - 1}"


@pytest.mark.parametrize("count", [1, 15, 16, 17, 20, 50])
def test_a_list_without_cursors_is_shown_where_all_of_it_is_there_and_fits(count: int) -> None:
    items = [(project, "") for project in projects(count)]
    page = project_page(items)
    assert page == ProjectList(projects=projects(count))


@pytest.mark.parametrize("count", [1, 16, 20])
def test_a_list_that_goes_on_without_a_cursor_is_malformed(count: int) -> None:
    items = [(project, "") for project in projects(count)]
    with pytest.raises(MalformedResponse, match="no cursor that it can be read on with"):
        project_page(items, has_more=True)


@pytest.mark.parametrize(
    ("cursors", "has_more", "first"),
    [([""] * 50, False, 50), ([*[""] * 39, *["c"] * 11], False, 40), ([*[""] * 49, "c"], True, 50)],
)
def test_a_list_without_cursors_that_does_not_fit_is_not_cut_and_not_said_to_go_on(
    cursors: list[str], *, has_more: bool, first: int
) -> None:
    items = list(zip(projects(50, chars=128), cursors, strict=True))
    with pytest.raises(MalformedResponse, match=f"first {first} records .* do not fit") as refused:
        project_page(items, has_more=has_more, budget=2000)
    assert "goes on" not in str(refused.value)


def test_a_record_that_does_not_fit_is_shortened_where_one_after_it_has_no_cursor() -> None:
    items = list(zip(projects(3, chars=3000), ["a", "", "c"], strict=True))
    page = project_page(items, budget=2000)
    assert upstream_cursor(page.next_cursor) == "a"


def test_an_item_without_a_cursor_behind_the_end_of_the_page_does_no_harm() -> None:
    items, has_more = Upstream(["x" * 500] * 20).page("", 20)
    items = [(item, "" if n in (9, 15, 19) else cursor) for n, (item, cursor) in enumerate(items)]
    page = project_page(items, has_more=has_more, budget=2000)
    assert upstream_cursor(page.next_cursor) == f"after {len(page.projects) - 1}"


def test_an_empty_list_is_an_empty_page_even_where_upstream_claims_more() -> None:
    assert project_page([], has_more=True) == ProjectList(projects=())


@given(after=st.text(min_size=1, max_size=200))
def test_the_upstream_cursor_comes_back_as_it_was(after: str) -> None:
    page = project_page([(Project(project_id="p"), after)], has_more=True)
    assert upstream_cursor(page.next_cursor) == after


def test_no_cursor_asks_upstream_for_the_beginning() -> None:
    assert upstream_cursor("") == ""


@pytest.mark.parametrize("position", [[1], ["a", "b"], [1, "a"], ["a", 1], [0]])
def test_a_position_that_no_list_gave_is_refused(position: Position) -> None:
    with pytest.raises(InvalidArgument, match="not one that this tool gave"):
        upstream_cursor(encode_cursor(QUERY, position))


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="another query"):
        PageRequest(
            QUERY, encode_cursor(("currents_list_runs",), ["after 1"]), 8000
        ).upstream_cursor()
