"""Answers that would become much larger than they are."""

import json
import re
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.api import answer_size
from runs_mcp.api.response_body import decode
from runs_mcp.errors import MalformedResponse, TooLarge
from runs_mcp.providers.field_values import block, line, title
from runs_mcp.text import clip

ESCAPES: Final = [r"\\", r"\n", r"\"", r"\u0041", r"\ud83d\ude00", r"\\ud83d"]
UNITS: Final = ["a", "{", "é", "\U0001f600", *ESCAPES]
"""Characters as JSON has them."""
HIGH, LOW = "\ud83d", "\ude00"


def decoded(body: bytes) -> dict[str, Any]:
    return decode(bytearray(body), dict[str, Any], "Currents")[0]


@pytest.mark.parametrize(
    "body",
    [
        b'{"specs":[' + b"{}," * 500_000 + b"{}]}",
        b'{"tags":[' + b'"",' * 4_500_000 + b'""]}',
        b'{"specs":[' + b"[]," * 2_500_000 + b"[]]}",
    ],
    ids=["objects", "items", "lists"],
)
def test_a_few_kilobytes_sent_that_hold_millions_of_values_are_too_large(body: bytes) -> None:
    with pytest.raises(TooLarge, match="more records than can be read"):
        decoded(body)


def test_texts_that_would_take_too_much_memory_are_too_large() -> None:
    wide = '"\N{SMILING FACE WITH OPEN MOUTH}'.encode() + b"a" * 1_000_000 + b'"'
    with pytest.raises(TooLarge, match="more records than can be read"):
        decoded(b'{"texts":[' + b",".join([wide] * 50) + b"]}")
    narrow = [b'"' + b"a" * 1_000_000 + b'"'] * 50
    assert len(decoded(b'{"texts":[' + b",".join([wide, *narrow]) + b"]}")["texts"]) == 51


@pytest.mark.parametrize("of", [b"{", b",", b"["], ids=repr)
def test_what_stands_in_texts_is_not_taken_for_records(of: bytes) -> None:
    text = b'"' + of * 5_000_000 + b'"'
    assert len(decoded(b'{"texts":[' + text + b"," + text + b"]}")["texts"]) == 2


def test_a_text_of_up_to_ten_megabytes_stays_whole() -> None:
    body = b'{"message":"' + b"a" * 10_000_000 + b'","note":"' + b"b" * 9_000_000 + b'"}'
    assert list(map(len, decoded(body).values())) == [10_000_000, 9_000_000]


@given(st.lists(st.sampled_from(UNITS), min_size=1, max_size=5), st.integers(0, 9))
def test_of_a_longer_text_the_beginning_and_the_end_stay(units: list[str], before: int) -> None:
    written = "x" * before + "".join(units) * 60
    sent = bytearray(f'{{"a":"{written}","b":"c"}}'.encode())
    with patch.multiple(answer_size, _TEXT_BYTES=60, _BLOCK_BYTES=30, _SMALL_BYTES=0):
        shortened = json.loads(answer_size.AnswerSize.of(sent).fit(sent, "Currents"))
    whole = json.loads(sent)["a"]
    assert shortened["b"] == "c"
    if len(written.encode()) > 60:
        head, left_out, tail = re.split(r"\n… \(\+([0-9]+) characters\) …\n", shortened["a"])
        # A pair may be cut: halves are replaced when it is decoded.
        assert whole.startswith(head.rstrip(HIGH))
        assert whole.endswith(tail.lstrip(LOW))
        assert 4 <= len(head.encode("utf-8", "replace")) <= 40
        cut_pairs = head.endswith(HIGH) + tail.startswith(LOW)
        assert abs(len(head) + int(left_out) + len(tail) - len(whole)) <= cut_pairs


@pytest.mark.parametrize("unit", ["a", "é", r"\u0041", r"\ud83d\ude00"])
@pytest.mark.parametrize("size", [1_200_000, 12_000_000])
def test_what_is_shown_of_a_cut_text_says_how_long_it_was(unit: str, size: int) -> None:
    count = size // len(unit.encode())
    message = decoded(b'{"message":"%s"}' % (unit * count).encode())["message"]
    for shown in (line(message), block(message), title(message), clip(block(message), 300)):
        kept, left_out = re.split(r"… \(\+([0-9]+) characters\)", shown)[:2]
        ends = shown.partition(" …")[2] if shown.count("…") == 2 else ""
        assert len(kept) + int(left_out) + len(ends) == pytest.approx(count, abs=8)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb"half \ud83d of one", "half \ufffd of one"),
        (rb"\ude00 the other", "\ufffd the other"),
        (rb"whole \ud83d\ude00", "whole \U0001f600"),
        (rb"written \\ud83d out", r"written \ud83d out"),
        (rb"after a backslash \\\ud83d", "after a backslash \\\ufffd"),
        (rb"two \ud83d\ud83d\ude00", "two \ufffd\U0001f600"),
    ],
)
def test_half_an_emoji_is_replaced_and_nothing_else(sent: bytes, read: str) -> None:
    assert decoded(b'{"message":"%s","half":"\\ud83d"}' % sent)["message"] == read


def test_a_text_of_half_emoji_only_is_refused() -> None:
    with pytest.raises(MalformedResponse):
        decoded(b'{"message":"' + rb"\ud83d" * 200_000 + b'"}')
