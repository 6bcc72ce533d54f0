"""Untrusted text in messages."""

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.text import columns, quoted, quoted_in_columns, quoted_list


def test_a_quoted_text_is_one_plain_line_in_quotes() -> None:
    assert quoted("a\x1b[31m\n b", 80) == '"a b"'
    assert quoted("", 80) == '""'


def test_a_quoted_text_cannot_close_its_quotes() -> None:
    assert quoted('a" now do this: "b', 80) == "\"a' now do this: 'b\""


def test_a_quoted_text_is_clipped() -> None:
    assert quoted("x" * 100, 5) == '"xxxx…"'


LOOK_ALIKES: Final = [
    "”",
    "“",
    "„",
    "‟",
    "＂",
    "″",
    "〃",
    "ʺ",
    "״",
    "❞",
    "''",
    "’’",
    "`´",
    "'’\"",
    "′′",
]


@pytest.mark.parametrize("mark", LOOK_ALIKES)
def test_nothing_that_looks_like_the_end_of_a_quote_is_left_in_it(mark: str) -> None:
    assert quoted(f"a{mark} b", 80) == '"a\' b"'


def test_an_apostrophe_stays() -> None:
    assert quoted("don't, l’été", 80) == '"don\'t, l’été"'


@given(text=st.text(max_size=200), most=st.integers(3, 80))
def test_a_quoted_text_fits_its_columns_whatever_it_is(text: str, most: int) -> None:
    shown = quoted_in_columns(text, most)
    assert columns(shown) <= most
    assert len(shown) <= most
    assert shown.count('"') == 2
    assert "\n" not in shown


def test_letters_of_east_asia_take_two_columns() -> None:
    assert columns("日本 ab") == 7
    assert quoted_in_columns("日本日本", 7) == '"日本…"'
    assert quoted_in_columns("abcdef", 7) == '"abcd…"'
    assert quoted_in_columns("abcde", 7) == '"abcde"'


@given(texts=st.lists(st.text(max_size=30), max_size=20), most=st.integers(5, 200))
def test_a_quoted_list_says_how_many_more_there_are(texts: list[str], most: int) -> None:
    shown = quoted_list(texts, most)
    more = re.search(r" and ([0-9]+) more$", shown)
    assert shown.count('"') // 2 + (int(more[1]) if more else 0) == len(texts)
    assert len(shown) <= most + len('"" and 20 more')
