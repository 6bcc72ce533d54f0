"""Text from outside becomes plain text."""

import re
import sys
import unicodedata
from collections.abc import Iterator

import pytest
from hostile_text import (
    BLACK_FLAG,
    ESC,
    FAMILY,
    FLAGS,
    GERMANY,
    HEART,
    KEYCAP,
    MAN,
    THUMBS_UP,
    VS15,
    VS16,
    WOMAN,
    ZWJ,
    ZWSP,
    hostile_text,
    ordinary_text,
    tags,
)
from hypothesis import example, given, settings

from runs_mcp.text import one_line, plain


def forbidden_in(text: str) -> Iterator[str]:
    """Yields the characters that must not be in plain text, by Python's own Unicode data."""
    for flag in FLAGS:
        text = text.replace(flag, BLACK_FLAG)
    for position, character in enumerate(text):
        code = ord(character)
        joins_emoji = character == ZWJ and 0 < position < len(text) - 1
        if (
            (unicodedata.category(character) in {"Cc", "Cf"} and character not in "\n\t")
            and not joins_emoji
        ) or (
            0xD800 <= code <= 0xDFFF
            or 0xFDD0 <= code <= 0xFDEF
            or code & 0xFFFE == 0xFFFE
            or 0xE0000 <= code <= 0xE0FFF
            or 0xFE00 <= code <= 0xFE0D
            or character in "\u2028\u2029\u034f\u115f\u1160\u3164\uffa0\u17b4\u17b5\u2065\u2800"
            or 0x180B <= code <= 0x180F
        ):
            yield character


@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", f"{ZWSP}\n"]
)
def test_every_line_end_becomes_a_newline(end: str) -> None:
    assert plain(f"one{end}\ttwo") == "one\n\ttwo"


def test_every_control_format_and_unencodable_character_is_removed() -> None:
    removed_categories = {"Cc", "Cf", "Cs"}
    line_ends = "\n\t\r\x0b\x0c\x85"
    listed = [0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, 0x2065, 0x2800]
    listed += [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)]
    listed += range(0xFDD0, 0xFDF0)
    listed += [plane * 0x10000 + end for plane in range(17) for end in (0xFFFE, 0xFFFF)]
    removed = {chr(code) for code in listed} | {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) in removed_categories and character not in line_ends
    }
    assert [hex(ord(char)) for char in sorted(removed) if plain(f"a{char}é") != "aé"] == []


def test_every_visible_character_stays() -> None:
    blank = "\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5"
    changed = [
        hex(ord(char))
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char)[0] in "LNPSZM"
        and unicodedata.category(char) not in {"Zl", "Zp"}
        and not unicodedata.name(char, "").startswith(("VARIATION SELECTOR", "MONGOLIAN FREE VAR"))
        and char not in blank
        and plain(f"a{char}b") != f"a{char}b"
    ]
    assert changed == []


@pytest.mark.parametrize(
    "text",
    [
        *["<div>", "List<String>", "a › b ‹ c …", "└── ─ │", "&lt;b&gt;", "a\u00a0b", "e\u0301"],
        *["السلام عليكم", "שלום", "日本語", "한국어", "हिन्दी"],
        *[FAMILY, HEART, KEYCAP, "#" + VS16 + "\u20e3", GERMANY, THUMBS_UP, *FLAGS],
        *["\u2708" + VS15, "\u2194" + VS16, "\u2192" + VS16, "\u203c" + VS16, "\u2139" + VS16],
        *[f"\U0001f3f3{VS16}{ZWJ}\U0001f308", f"\U0001f44b\U0001f3fd{ZWJ}\u2640{VS16}"],
    ],
)
def test_visible_text_stays_exactly_as_it_is(text: str) -> None:
    assert plain(text) == text
    assert plain(f"a{text}b") == f"a{text}b"
    assert plain(f"a{text}{ZWSP}b") == f"a{text}b"


@pytest.mark.parametrize(
    ("smuggled", "visible"),
    [
        (f"a{ZWJ}b", "ab"),
        (f"{MAN}{ZWJ}b", f"{MAN}b"),
        (f"a{ZWJ}{MAN}", f"a{MAN}"),
        (f"{MAN}{ZWJ}{ZWJ}{WOMAN}", f"{MAN}{WOMAN}"),
        (f"{MAN}{ZWJ}", MAN),
        (f"a{VS16}", "a"),
        (f"日{VS16}", "日"),
        (f"1{VS16}", "1"),
        (f".{VS16}", "."),
        (VS16, ""),
        (f"{HEART}{VS16}", HEART),
        (f"{HEART}{VS15}", HEART),
        (f"{HEART}\U000e0100", HEART),
        ("\u2764\ufe00", "\u2764"),
        (tags("gbeng"), ""),
        (BLACK_FLAG + tags("usca"), BLACK_FLAG),
        (FLAGS[0] + tags("gbeng"), FLAGS[0]),
        (BLACK_FLAG + ESC + "[0m" + tags("gbeng"), BLACK_FLAG),
        (f"{ESC}{KEYCAP}", "\u20e3"),
        (f"a{ESC}[{KEYCAP}", "a\u20e3"),
    ],
)
def test_joiners_selectors_and_tags_stay_only_where_they_are_visible(
    smuggled: str, visible: str
) -> None:
    assert plain(smuggled) == visible


@given(hostile_text)
@example(f"{ESC}1{VS16}\u20e3")
@example("[31m[39ms]")
@settings(max_examples=500, deadline=None)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert one_line(one_line(text)) == one_line(text)
    assert plain(one_line(text)) == one_line(text)


@given(hostile_text)
@settings(max_examples=500, deadline=None)
def test_no_forbidden_character_gets_through(text: str) -> None:
    cleaned = plain(text)
    assert list(forbidden_in(cleaned)) == []
    cleaned.encode()
    joiners = [match.start() for match in re.finditer(ZWJ, cleaned)]
    assert all(unicodedata.category(cleaned[place + 1])[0] == "S" for place in joiners)
    assert all(unicodedata.category(cleaned[place - 1])[0] in "SM" for place in joiners)
    assert not re.search(f"(?s)(?:^|[\\w\\s{VS15}{VS16}])[{VS15}{VS16}](?!\u20e3)", cleaned)
    assert not re.search(r"\[3[1-7]m(?!s)", cleaned)


@given(ordinary_text)
@settings(deadline=None)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert plain(text) == text


@given(ordinary_text)
@settings(deadline=None)
def test_one_line_only_collapses_whitespace_in_ordinary_text(text: str) -> None:
    assert one_line(text) == re.sub(r"\s+", " ", text).strip()


def test_one_line_makes_every_run_of_whitespace_one_space() -> None:
    assert one_line("  a\r\n\t b\u2028c\u00a0 d\u3000\n") == "a b c d"
    assert one_line(f"a {ZWSP} b{ESC}[31m\n{ESC}[0m c") == "a b c"
