import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from typing import get_args

import pytest
from answers.encoded_bytes import encoded_sizes
from answers.made_runs import QUERY, many_failures, page_at
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_mcp.answers.cursors import PageRequest, encode_cursor
from runs_mcp.answers.run_pages import Detail, run_page
from runs_mcp.errors import InvalidArgument


@pytest.mark.parametrize("detail", ["auto", "failures"])
def test_a_cursor_of_auto_goes_on_with_auto_or_with_what_was_applied(detail: Detail) -> None:
    cursor = page_at(many_failures(), detail="auto").trim.next_cursor
    page = page_at(many_failures(), detail=detail, cursor=cursor)
    assert page == page_at(many_failures(), detail="failures", cursor=cursor)
    assert page.specs


def test_a_cursor_of_full_goes_on_with_full_under_auto() -> None:
    cursor = page_at(many_failures(), detail="full").trim.next_cursor
    page = page_at(many_failures(), detail="auto", cursor=cursor)
    assert page.trim.detail == "full"
    assert page == page_at(many_failures(), detail="full", cursor=cursor)


@pytest.mark.parametrize(
    ("given_by", "passed_to"), [("full", "failures"), ("failures", "full"), ("auto", "full")]
)
def test_a_cursor_of_another_detail_is_refused_and_the_error_names_the_right_one(
    given_by: Detail, passed_to: Detail
) -> None:
    cursor = page_at(many_failures(), detail=given_by).trim.next_cursor
    applied = "full" if given_by == "full" else "failures"
    with pytest.raises(InvalidArgument, match=f"Pass detail={applied}"):
        page_at(many_failures(), detail=passed_to, cursor=cursor)


def test_a_cursor_of_another_run_is_refused() -> None:
    cursor = run_page(
        many_failures(),
        PageRequest(("currents_get_run", "another"), "", 8000),
        detail="full",
        trim_above_bytes=1,
    ).trim.next_cursor
    with pytest.raises(InvalidArgument, match="another query"):
        page_at(many_failures(), detail="full", cursor=cursor)


def test_a_cursor_of_an_instance_is_refused_for_a_run() -> None:
    with pytest.raises(InvalidArgument, match="not one that this tool gave"):
        page_at(many_failures(), cursor=encode_cursor(QUERY, [5]))


@pytest.mark.parametrize(
    "position",
    [
        pytest.param(["failures"], id="a detail alone"),
        pytest.param(["failures", 0], id="no record to go on behind"),
        pytest.param(["everything", 0, 0], id="no such detail"),
        pytest.param(["auto", 0, 0], id="a detail that is never in force"),
        pytest.param([0, 0, 0], id="a number for the detail"),
        pytest.param(["failures", "0", 0, 0], id="a text for the groups"),
        pytest.param(["failures", 0, "0", 0], id="a text for the section"),
        pytest.param(["failures", 0, 0, "x"], id="a text for the rank"),
        pytest.param(["failures", 0, 0, 1, "x"], id="a text for the number of failures"),
        pytest.param(["failures", 0, 0, 1, -1, 10**6], id="a spec that is not there"),
        pytest.param(["failures", 0, 1, "x"], id="a text for the number of a group"),
        pytest.param(["failures", 0, 2, "x"], id="a text for the number of a test"),
    ],
)
def test_a_position_that_no_page_gave_is_refused(position: list[int | str]) -> None:
    with pytest.raises(InvalidArgument):
        page_at(many_failures(), detail="auto", cursor=encode_cursor(QUERY, position))


@settings(max_examples=100)
@given(
    detail=st.sampled_from(get_args(Detail)),
    position=st.lists(
        st.integers(-(2**63), 2**63 - 1)
        | st.integers(-3, 3)
        | st.sampled_from(["full", "failures", "auto", "000", ""])
        | st.text(max_size=5),
        max_size=8,
    ),
    applied=st.sampled_from([[], ["full"], ["failures"], ["full", 0], ["failures", 3, 0, 1]]),
)
def test_a_tampered_position_is_refused_or_gives_a_page(
    detail: Detail, position: list[int | str], applied: list[int | str]
) -> None:
    cursor = encode_cursor(QUERY, [*applied, *position])
    try:
        page = page_at(many_failures(), detail=detail, cursor=cursor)
    except InvalidArgument:
        return
    assert max(encoded_sizes(page)) <= 8000


@pytest.mark.parametrize(
    "value",
    ["1.5", "true", "null", "[]", "[0]", "{}", "1e999", "9" * 5000, "NaN", '"\\ud800"'],
)
@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5])
def test_a_value_of_another_type_in_a_cursor_is_refused(value: str, place: int) -> None:
    with pytest.raises(InvalidArgument):
        page_at(many_failures(), cursor=with_value(failures_cursor(), place, value))


@pytest.mark.parametrize("value", ["9" * 30, "-" + "9" * 30])
@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5, 6])
def test_a_huge_number_in_a_cursor_breaks_nothing(value: str, place: int) -> None:
    cursor = with_value(failures_cursor(), place, value)
    try:
        page = page_at(many_failures(), cursor=cursor)
    except InvalidArgument:
        return
    assert max(encoded_sizes(page)) <= 8000


@cache
def failures_cursor() -> str:
    return page_at(many_failures(), detail="failures").trim.next_cursor


def with_value(cursor: str, place: int, value: str) -> str:
    """Returns the cursor with a JSON text in place of one of its values."""
    parts = [json.dumps(part) for part in json.loads(urlsafe_b64decode(cursor + "==="))]
    parts[place] = value
    return urlsafe_b64encode(f"[{','.join(parts)}]".encode()).decode().rstrip("=")
