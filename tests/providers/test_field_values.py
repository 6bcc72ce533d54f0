"""Texts, numbers, times and lists of payloads, as the model has them."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runs_mcp.providers.field_values import (
    PATH_CHARS,
    block,
    count,
    distinct_line,
    identifier,
    line,
    path,
    present,
    timestamp,
    when,
    whole_line,
)
from runs_mcp.text import clip_distinct

Reader = Callable[[str], str]

numbers = st.integers() | st.floats()
any_times = st.text() | numbers | st.none()

SIGNED = (
    "https://fs.currents.dev/org/a.png?Expires=1657219165&Key-Pair-Id=K1ZN&Signature=QYVMeagJ~N"
)


# --- texts


@pytest.mark.parametrize("value", [None, "", " ", "\n", "\u200b", "\x1b[31m\x1b[0m"])
def test_nothing_visible_is_an_empty_text(value: str | None) -> None:
    assert line(value) == identifier(value) == path(value) == ""
    assert block(value).strip() == ""


def test_a_line_is_one_plain_line() -> None:
    assert line("\x1b[31mFix\u202e\r\n\tthe  checkout\u200b\x00\n") == "Fix the checkout"


def test_a_block_keeps_its_lines_but_not_empty_ones_around_it() -> None:
    assert block("\n\n\x1b[2m  one\x1b[22m\r\n\r\n  two\n\n") == "  one\n\n  two"


@pytest.mark.parametrize(
    ("read", "longest"), [(identifier, 128), (line, 128), (path, 300), (block, 1500)]
)
def test_a_text_is_complete_up_to_its_limit_and_then_says_how_much_is_missing(
    read: Reader, longest: int
) -> None:
    whole = "x" * longest
    assert read(whole) == whole
    cut = read(whole + "y")
    assert len(cut) <= longest
    assert " characters)" in cut


def test_a_path_is_complete_up_to_300_characters() -> None:
    assert PATH_CHARS == 300
    assert path("\U0001f600" * 300) == "\U0001f600" * 300


@given(text=st.text(), longest=st.integers(1, 60))
@example(text="\U0001f468\u200d\U0001f469\u200d\U0001f467" * 9, longest=20)
@example(text="[31m" * 30, longest=20)
def test_no_line_is_longer_than_asked_for_or_has_a_line_end(text: str, longest: int) -> None:
    shown = line(text, longest)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize("read", [line, block, path, identifier])
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(SIGNED, "QYVM", id="a signed URL"),
        pytest.param(f"see {SIGNED}.", "QYVM", id="a signed URL in a sentence"),
        pytest.param("https://me:hunter2@a.example/", "hunter2", id="a password in a URL"),
        pytest.param("Authorization: Bearer abc123def", "abc123", id="a key"),
        pytest.param(
            "Authorization: Bearer \x1b[32mabc123def\x1b[39m", "abc123", id="a key in colour"
        ),
        pytest.param("Authorization: Bearer\u200b abc123def", "abc123", id="a key behind nothing"),
        pytest.param(
            "https://a.example/?Signa\x1b[1mture=abc123def", "abc123", id="a name in two colours"
        ),
        pytest.param(
            "https://a.example/?x=1&\u200bSigna\u200bture=abc123", "abc123", id="a hidden break"
        ),
    ],
)
def test_no_secret_comes_through(read: Reader, text: str, secret: str) -> None:
    shown = read(text)
    assert secret not in shown
    assert shown


@pytest.mark.parametrize("read", [line, path])
def test_a_line_end_within_a_header_does_not_hide_a_key(read: Reader) -> None:
    assert "abc123" not in read("Authorization: Bearer\nabc123def")


# --- numbers


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        *[(0, 0), (7, 7), (7.0, 7), (1.6, 2), (None, 0), (-3, 0), (-0.4, 0), (10**10, 10**10)],
        *[(math.nan, 0), (math.inf, 0), (-math.inf, 0), (10**400, 0), (-(10**400), 0), (1e300, 0)],
    ],
)
def test_a_count_is_a_whole_number_and_0_for_what_cannot_be_one(
    value: float | None, counted: int
) -> None:
    assert count(value) == counted
    assert type(count(value)) is int


@given(value=numbers)
def test_every_number_can_be_counted(value: float) -> None:
    assert 0 <= count(value) <= 10**11


# --- times


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2022-07-06T08:23:40.939Z", "2022-07-06T08:23:40.939Z"),
        ("2022-07-06T08:23:40Z", "2022-07-06T08:23:40.000Z"),
        ("2022-07-06T08:23:40.939123Z", "2022-07-06T08:23:40.939Z"),
        ("2022-07-06T10:23:40.939+02:00", "2022-07-06T08:23:40.939Z"),
        ("2022-07-06T08:23:40.939", "2022-07-06T08:23:40.939Z"),
        ("2022-07-06 08:23:40", "2022-07-06T08:23:40.000Z"),
        ("2022-07-06", "2022-07-06T00:00:00.000Z"),
        (1657095820, "2022-07-06T08:23:40.000Z"),
        (1657095820.5, "2022-07-06T08:23:40.500Z"),
        (1657095820939, "2022-07-06T08:23:40.939Z"),
        (1657095820939.0, "2022-07-06T08:23:40.939Z"),
        (0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_shown_as_iso_8601_in_utc(value: str | float, shown: str) -> None:
    assert timestamp(value) == shown


@pytest.mark.parametrize(
    "value",
    [
        *[None, "", "yesterday", "2022-13-01", "2022-07-06T25:00:00Z", "12:30", "\x00", "n/a"],
        *[math.nan, math.inf, -math.inf, 10**400, -(10**400), 1e300, -1e300, 10**18],
        *["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2022-07-06T08:23:40+99:00"],
    ],
)
def test_what_is_not_a_time_is_left_out(value: str | float | None) -> None:
    assert when(value) is None
    assert timestamp(value) == ""


@given(value=any_times)
@example(value="20220706")
@example(value=True)
def test_any_value_for_a_time_is_a_time_in_utc_or_left_out(value: str | float | None) -> None:
    moment = when(value)
    assert moment is None or moment.utcoffset() == timedelta(0)
    assert (timestamp(value) == "") is (moment is None)


@given(
    moment=st.datetimes(
        datetime(1000, 1, 2),  # noqa: DTZ001  # hypothesis wants bounds without a zone
        datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.builds(
            timezone, st.integers(-14, 14).map(lambda hours: timedelta(hours=hours))
        ),
    )
)
def test_a_time_in_any_zone_is_exact_to_the_millisecond(moment: datetime) -> None:
    shown = timestamp(moment.isoformat())
    assert shown.endswith("Z")
    assert timedelta(0) <= moment - datetime.fromisoformat(shown) < timedelta(milliseconds=1)


def test_a_time_without_a_zone_is_in_utc_wherever_the_server_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "JST-9")
        time.tzset()
        shown = timestamp("2022-07-06T08:23:40"), timestamp(1657095820)
    time.tzset()
    assert shown == ("2022-07-06T08:23:40.000Z",) * 2


def test_seconds_and_milliseconds_are_told_apart() -> None:
    assert when(99_999_999_999) == datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)
    assert when(100_000_000_000) == datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)


# --- lists


@pytest.mark.parametrize(
    ("items", "there"),
    [(None, []), ([], []), ([None], []), ([1, None, 0, None, 2], [1, 0, 2]), (("", None), [""])],
)
def test_nulls_in_a_list_are_left_out(items: list[object] | None, there: list[object]) -> None:
    assert present(items) == there


@given(st.from_regex(r"[0-9a-f]{8,32}(-[0-9a-f]{4,12}){0,4}", fullmatch=True))
def test_a_hexadecimal_id_is_what_cleaning_would_leave(value: str) -> None:
    assert identifier(value) == clip_distinct(whole_line(value), 128) == value


@given(st.text(max_size=220), st.integers(1, 300))
def test_a_line_that_is_asked_for_again_is_the_same(value: str, max_chars: int) -> None:
    expected = clip_distinct(whole_line(value), max_chars)
    assert distinct_line(value, max_chars) == distinct_line(value, max_chars) == expected
