"""Answers that would become much larger than they are."""

from typing import Any

import pytest

from runs_mcp.api.response_body import decode
from runs_mcp.errors import MalformedResponse, TooLarge


def decoded(body: bytes) -> dict[str, Any]:
    return decode(bytearray(body), dict[str, Any], "Currents")[0]


@pytest.mark.parametrize(
    "body",
    [
        b'{"specs":[' + b"{}," * 600_000 + b"{}]}",
        b'{"tags":[' + b'"",' * 3_100_000 + b'""]}',
        b'{"specs":[' + b"[]," * 1_600_000 + b"[]]}",
    ],
    ids=["objects", "items", "lists"],
)
def test_a_few_kilobytes_sent_that_hold_millions_of_values_are_too_large(body: bytes) -> None:
    with pytest.raises(TooLarge, match="more records than can be read"):
        decoded(body)


def test_a_large_answer_of_few_values_is_read() -> None:
    assert len(decoded(b'{"message":"' + b"a" * 20_000_000 + b'"}')["message"]) == 20_000_000


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
