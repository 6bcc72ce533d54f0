"""Cleaning a hostile text takes time in proportion to its length."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import pytest
from hostile_text import MAN, ZWJ, ZWSP

from runs_mcp.text import plain, without_url_secrets

CHARACTERS: Final = 300_000
LIMIT_S: Final = 30  # Linear cost is below a second; quadratic cost is minutes.


@contextmanager
def time_limit() -> Iterator[None]:
    """Fails a test that takes too long, also in the middle of a regular expression."""

    def fail(_signum: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"It took more than {LIMIT_S} s.")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def calls_in(function: Callable[[str], str], text: str) -> int:
    """Returns how many functions, of Python and of C, a function calls for a text."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    function(text)  # The first call of all fills caches of `re`.
    sys.setprofile(count)
    try:
        function(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    ("before", "repeated", "after", "left"),
    [
        ("", ("\x1b[",), "", 0),
        ("", ("[",), "", CHARACTERS),
        ("", ("\x1b]",), "", 0),
        ("", ("\x9d",), "", 0),
        ("", ("\x1bP",), "", CHARACTERS // 2),
        ("\x1b[", ("1",), "é", 1),
        ("", ("\x1b(",), "", CHARACTERS // 2),
        ("[31m", ("[3", "1m"), "", 0),
        ("[31m", ("[1;",), "", CHARACTERS),
        ("", (MAN + ZWJ,), "", CHARACTERS - 1),
        ("", (ZWSP,), "", 0),
    ],
    ids=repr,
)
def test_plain_text_costs_calls_and_time_in_proportion_to_its_length(
    before: str, repeated: tuple[str, ...], after: str, left: int
) -> None:
    def hostile(characters: int) -> str:
        times = characters // sum(map(len, repeated))
        return before + "".join(part * times for part in repeated) + after

    assert calls_in(plain, hostile(1200)) <= 2 * calls_in(plain, hostile(600))
    with time_limit():
        assert len(plain(hostile(CHARACTERS))) == left


@pytest.mark.parametrize(
    "hostile", ["://", "Bearer ", "https://x?token=", "://a@", "authorization:"]
)
def test_finding_secrets_takes_time_in_proportion_to_the_length(hostile: str) -> None:
    calls = calls_in(without_url_secrets, hostile * 100)
    assert calls_in(without_url_secrets, hostile * 200) <= 2 * calls
    with time_limit():
        assert without_url_secrets(hostile * 50_000)
        assert without_url_secrets("https://x?" + hostile[-1] * CHARACTERS)
