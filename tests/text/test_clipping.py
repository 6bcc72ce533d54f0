"""Texts are cut to a length."""

import re
from collections.abc import Callable

import pytest
from hostile_text import FAMILY, FLAGS, GERMANY, HEART, KEYCAP, THUMBS_UP, hostile_text
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_mcp.text import clip, clip_middle, full_length


def test_clip_says_how_much_it_cut() -> None:
    assert clip("x" * 1255, 40) == "x" * 20 + "… (+1235 characters)"


@pytest.mark.parametrize("text", ["", "abc", "a" * 40, FAMILY * 8])
def test_clip_leaves_short_text_unchanged(text: str) -> None:
    assert clip(text, 40) == text


@given(st.text(max_size=200) | hostile_text.map(lambda text: text * 4), st.integers(1, 120))
@settings(deadline=None)
def test_clipped_text_keeps_to_its_length_and_says_how_much_is_missing(
    text: str, max_chars: int
) -> None:
    clipped = clip(text, max_chars)
    assert len(clipped) <= max_chars
    if len(text) <= max_chars:
        assert clipped == text
        return
    kept, ellipsis, marker = clipped.rpartition("…")
    assert ellipsis
    assert text.startswith(kept)
    if max_chars > 20:
        assert marker == f" (+{len(text) - len(kept)} characters)"


@pytest.mark.parametrize("max_chars", [1, 2, 5, 18, 19])
def test_a_tiny_clip_ends_in_a_bare_ellipsis(max_chars: int) -> None:
    assert clip("x" * 100, max_chars) == "x" * (max_chars - 1) + "…"


@pytest.mark.parametrize(
    "sequence", [FAMILY, HEART, KEYCAP, GERMANY, THUMBS_UP, *FLAGS, "e\u0301\u0323"]
)
@pytest.mark.parametrize("tail", ["", "x" * 100])
@pytest.mark.parametrize("max_chars", [4, 7, 30, 31, 32, 33, 34, 35])
def test_clip_splits_no_visible_character(sequence: str, tail: str, max_chars: int) -> None:
    for start in range(len(sequence)):
        clipped = clip("x" * start + sequence * 50 + tail, max_chars)
        kept = clipped.rpartition("…")[0]
        assert kept.lstrip("x") == sequence * kept.count(sequence)
        assert len(clipped) > max_chars - len(sequence) - len("…(+100 characters)") - 2


def test_clip_cuts_within_an_endless_sequence_of_combining_characters() -> None:
    assert len(clip("a" + "\u0301" * 1000, 500)) >= 499


@given(
    st.text("ab… (+1)\n", min_size=200, max_size=500),
    st.lists(st.tuples(st.sampled_from([clip, clip_middle]), st.integers(25, 200)), max_size=4),
)
def test_a_text_that_was_clipped_before_still_says_how_much_of_it_all_is_missing(
    text: str, clips: list[tuple[Callable[[str, int], str], int]]
) -> None:
    shown = text
    for clip_to, max_chars in clips:
        shown = clip_to(shown, max_chars)
        assert len(shown) <= max_chars
        assert full_length(shown) == len(text)


def test_clip_middle_keeps_the_beginning_and_the_end() -> None:
    assert clip_middle("a" * 100 + "z" * 100, 40) == "a" * 10 + "… (+181 characters) …" + "z" * 9
    assert clip_middle("a" * 40, 40) == "a" * 40
    assert clip_middle("a" * 100, 10) == clip("a" * 100, 10)


@given(st.text("ab\u0301\u200d", max_size=200), st.integers(26, 120))
def test_a_text_clipped_in_the_middle_says_how_much_is_missing(text: str, max_chars: int) -> None:
    clipped = clip_middle(text, max_chars)
    assert len(clipped) <= max_chars
    if len(text) <= max_chars:
        assert clipped == text
        return
    parts = re.fullmatch(r"(.*)… \(\+([0-9]+) characters\) …(.*)", clipped)
    assert parts
    assert text.startswith(parts[1])
    assert text.endswith(parts[3])
    assert len(parts[1]) + int(parts[2]) + len(parts[3]) == len(text)
