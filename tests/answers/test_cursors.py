import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from runs_mcp.answers.cursors import Position, Query, bad_cursor, decode_cursor, encode_cursor
from runs_mcp.errors import InvalidArgument

QUERY: Final[Query] = ("currents_list_projects", "x")
small_texts = st.text(max_size=8)
queries: st.SearchStrategy[Query] = st.lists(
    small_texts | st.integers(-5, 5) | st.booleans() | st.lists(small_texts, max_size=3),
    max_size=4,
).map(tuple)
positions: st.SearchStrategy[Position] = st.lists(
    st.integers(-(2**63), 2**63 - 1) | small_texts, max_size=5
)


@given(query=queries, position=positions)
def test_a_cursor_gives_back_the_position_it_was_made_of(query: Query, position: Position) -> None:
    assert decode_cursor(encode_cursor(query, position), query) == position


@given(query=queries)
def test_an_empty_cursor_is_the_first_page(query: Query) -> None:
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
def test_a_changed_cursor_is_refused_or_gives_another_position(
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
def test_a_position_has_only_integers_and_strings(value: str) -> None:
    parts = json.loads(urlsafe_b64decode(encode_cursor(QUERY, [1]) + "==="))
    token = f'["{parts[0]}",{value}]'
    with pytest.raises(InvalidArgument):
        decode_cursor(as_cursor(token.encode()), QUERY)


def test_the_error_for_a_cursor_says_what_to_do() -> None:
    assert "leave cursor out to start again" in str(bad_cursor())
    with pytest.raises(InvalidArgument, match="leave cursor out to start again"):
        decode_cursor(encode_cursor(("a",), [1]), ("b",))


def test_a_cursor_does_not_reveal_the_query() -> None:
    secretive = encode_cursor(("currents_list_runs", "project-name", "search=words"), [1])
    token = urlsafe_b64decode(secretive + "===")
    assert b"project-name" not in token
    assert b"words" not in token
