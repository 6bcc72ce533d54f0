import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from runs_mcp.answers.cursors import (
    PageRequest,
    Position,
    Query,
    bad_cursor,
    decode_cursor,
    encode_cursor,
)
from runs_mcp.answers.encoding import encoded_size, structured_content, text_content
from runs_mcp.answers.fitting import list_page, longest_page
from runs_mcp.answers.reports import ProjectList, RunList
from runs_mcp.errors import InvalidArgument, MalformedResponse
from runs_mcp.model import ListedRun, Project, Record

QUERY: Final[Query] = ("currents_list_projects", "x")

small_texts = st.text(max_size=8)
queries: st.SearchStrategy[Query] = st.lists(
    small_texts | st.integers(-5, 5) | st.booleans() | st.lists(small_texts, max_size=3),
    max_size=4,
).map(tuple)
positions: st.SearchStrategy[Position] = st.lists(
    st.integers(-(2**63), 2**63 - 1) | small_texts, max_size=5
)


# --- cursors


@given(query=queries, position=positions)
def test_a_cursor_gives_back_the_position_it_was_made_of(query: Query, position: Position) -> None:
    assert decode_cursor(encode_cursor(query, position), query) == position


@given(query=queries)
def test_no_cursor_is_the_beginning(query: Query) -> None:
    assert decode_cursor("", query) == []


@given(query=queries, position=positions)
def test_a_cursor_can_be_passed_on_as_it_is_in_urls_shells_and_json(
    query: Query, position: Position
) -> None:
    cursor = encode_cursor(query, position)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


@given(query=queries, other=queries, position=positions)
@example(query=("a", 1), other=("a", True), position=[1])
@example(query=("a", 1), other=("a", "1"), position=[1])
@example(query=("a", "b"), other=("ab",), position=[1])
@example(query=("a", ["b"], ["c"]), other=("a", ["b", "c"], []), position=[1])
@example(query=("a", ["b", "c"]), other=("a", ["b,c"]), position=[1])
@example(query=("a",), other=(), position=[1])
def test_a_cursor_of_another_query_is_refused(
    query: Query, other: Query, position: Position
) -> None:
    assume(json.dumps(query) != json.dumps(other))
    with pytest.raises(InvalidArgument, match="belongs to another query"):
        decode_cursor(encode_cursor(query, position), other)


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param(" ", id="a blank"),
        pytest.param("\n", id="a line end"),
        pytest.param("a", id="too short"),
        pytest.param("====", id="padding alone"),
        pytest.param("next_cursor", id="a word"),
        pytest.param("caf\u00e9", id="an accent"),
        pytest.param("\U0001f600", id="an emoji"),
        pytest.param("\ud800", id="half a surrogate pair"),
        pytest.param("\x00", id="a NUL"),
        pytest.param("../../etc/passwd", id="a path"),
        pytest.param("A" * 4000, id="many zeros"),
    ],
)
def test_garbage_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidArgument, match="not one that this tool gave"):
        decode_cursor(cursor, QUERY)


@pytest.mark.parametrize(
    "token",
    [
        *[b"{}", b"[]", b"null", b"1", b'"x"', b"[", b"[1", b"\xff\xfe", b'["\xff"]', b"[[]]"],
        *[b"[" * 3000, b"[" * 1500 + b"]" * 1500, b'{"a":' * 500, b'["\\ud800"]', b"[NaN]"],
        *[b"[1e999]", b"[" + b"9" * 2500 + b"]", b"[null]", b"[1.5]", b"[true]", b'[{"a":1}]'],
    ],
)
def test_a_token_of_another_shape_is_refused(token: bytes) -> None:
    with pytest.raises(InvalidArgument):
        decode_cursor(as_cursor(token), QUERY)


def as_cursor(token: bytes) -> str:
    return urlsafe_b64encode(token).decode()


@given(garbage=st.text(min_size=1) | st.binary(min_size=1).map(as_cursor))
def test_no_garbage_raises_anything_else(garbage: str) -> None:
    with pytest.raises(InvalidArgument):
        decode_cursor(garbage, QUERY)


@given(position=positions, data=st.data())
def test_a_cursor_that_was_changed_anywhere_is_refused_or_another_position_and_no_other_error(
    position: Position, data: st.DataObject
) -> None:
    cursor = encode_cursor(QUERY, position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    changed = cursor[:at] + data.draw(small_texts) + cursor[at + data.draw(st.integers(0, 2)) :]
    try:
        found = decode_cursor(changed, QUERY)
    except InvalidArgument:
        return
    assert all(type(value) in (int, str) for value in found)


@pytest.mark.parametrize("value", ["1.5", "true", "null", "[]", "{}", "1e999", "9" * 5000])
def test_a_position_holds_whole_numbers_and_texts_alone(value: str) -> None:
    parts = json.loads(urlsafe_b64decode(encode_cursor(QUERY, [1]) + "==="))
    token = f'["{parts[0]}",{value}]'
    with pytest.raises(InvalidArgument):
        decode_cursor(as_cursor(token.encode()), QUERY)


def test_a_refused_cursor_comes_with_what_to_do_instead() -> None:
    assert "leave cursor out to start again" in str(bad_cursor())
    with pytest.raises(InvalidArgument, match="leave cursor out to start again"):
        decode_cursor(encode_cursor(("a",), [1]), ("b",))


def test_a_cursor_does_not_show_what_was_asked_for() -> None:
    secretive = encode_cursor(("currents_list_runs", "project-name", "search=words"), [1])
    token = urlsafe_b64decode(secretive + "===")
    assert b"project-name" not in token
    assert b"words" not in token


# --- the longest page


def projects(count: int, chars: int = 20) -> tuple[Project, ...]:
    return tuple(Project(project_id=f"{n:03}", name="n" * chars) for n in range(count))


def first_of(rows: tuple[Project, ...]) -> Callable[[int], ProjectList]:
    return lambda count: ProjectList(projects=rows[:count])


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(["", "n" * 30, '"' * 30, "\U0001f600" * 60]), max_size=70),
    budget=st.integers(300, 5000),
)
@example(names=["n" * 30] * 16, budget=5000)
@example(names=["n" * 30] * 17, budget=5000)
@example(names=["n" * 30] * 64, budget=5000)
def test_no_longer_page_would_have_fitted(names: list[str], budget: int) -> None:
    rows = tuple(Project(project_id=f"{n:03}", name=name) for n, name in enumerate(names))
    make = first_of(rows)
    page = longest_page(len(rows), make, budget)
    assert encoded_size(page) <= budget
    assert page == make(max(n for n in range(len(rows) + 1) if encoded_size(make(n)) <= budget))


def test_a_page_that_is_exactly_as_large_as_the_budget_is_shown() -> None:
    make = first_of(projects(5))
    assert longest_page(5, make, encoded_size(make(5))) == make(5)
    assert longest_page(5, make, encoded_size(make(5)) - 1) == make(4)


def test_nothing_to_show_is_an_empty_page() -> None:
    assert longest_page(0, first_of(()), 2000) == ProjectList(projects=())


def test_a_record_over_the_budget_comes_alone_with_its_texts_cut() -> None:
    rows = (
        Project(project_id="p" * 128, name="n" * 5000, default_branch="b" * 20),
        *projects(3),
    )
    page = longest_page(4, first_of(rows), 2000)
    (project,) = page.projects
    assert encoded_size(page) <= 2000
    assert project.project_id == "p" * 128
    assert project.name.startswith("nnn")
    assert project.name.endswith(" characters)")
    assert project.default_branch == "b" * 20


def test_texts_are_cut_no_more_than_they_must() -> None:
    rows = (Project(project_id="p", name="n" * 5000),)
    assert len(longest_page(1, first_of(rows), 2000).projects[0].name) == 1000
    assert len(longest_page(1, first_of(rows), 700).projects[0].name) == 500


def test_lists_of_texts_in_a_record_over_the_budget_are_cut_one_by_one() -> None:
    run = ListedRun(provider="currents", id="r", tags=("t" * 3000, "u"))
    page = longest_page(1, lambda count: RunList(runs=(run,)[:count]), 2000)
    first, second = page.runs[0].tags
    assert first.startswith("ttt")
    assert len(first) <= 1000
    assert second == "u"


# --- lists


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
        assert larger_size(page) <= budget
        shown += [project.project_id for project in page.projects]
        cursor = page.next_cursor
        assert structured_content(page).get("next_cursor", "") == cursor
        if not cursor:
            break
        assert text_content(page).split("\n")[-1] == f"next_cursor {cursor}"
    assert cursor == ""
    assert shown == [project.project_id for project in upstream.projects]


def larger_size(report: Record) -> int:
    compact = json.dumps(structured_content(report), ensure_ascii=False, separators=(",", ":"))
    return max(len(compact.encode()), len(text_content(report).encode()))


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
    with pytest.raises(MalformedResponse, match="no cursor to go on with"):
        project_page(items, has_more=True)


def test_a_list_without_cursors_that_does_not_fit_is_malformed_and_not_cut_silently() -> None:
    items = [(project, "") for project in projects(50, chars=128)]
    with pytest.raises(MalformedResponse, match="no cursor to go on with"):
        project_page(items, budget=2000)


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
