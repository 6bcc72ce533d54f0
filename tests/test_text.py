import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import runs_mcp.text.plain_text
from runs_mcp.text import clip, one_line, plain, without_url_secrets

ESC = "\x1b"
BEL = "\x07"
ZWSP = "\u200b"
ZWJ = "\u200d"
VS15 = "\ufe0e"
VS16 = "\ufe0f"
MAN, WOMAN, GIRL = "\U0001f468", "\U0001f469", "\U0001f467"
FAMILY = ZWJ.join([MAN, WOMAN, GIRL])
HEART = "\u2764" + VS16
KEYCAP = "1" + VS16 + "\u20e3"
BLACK_FLAG = "\U0001f3f4"
GERMANY = "\U0001f1e9\U0001f1ea"
THUMBS_UP = "\U0001f44d\U0001f3fd"
REGIONAL = [chr(code) for code in range(0x1F1E6, 0x1F200)]


def tags(letters: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in letters) + "\U000e007f"


FLAGS = [BLACK_FLAG + tags(region) for region in ("gbeng", "gbsct", "gbwls")]

# What text is made of when someone means harm, or when a terminal wrote it.
HOSTILE_PIECES = [
    *"\x1b[]PX^_\\()=7m;:?0123459s ab!#*\t\n\r\x00\x07\x08\x18\x7f\x85\x90\x98\x9b\x9c\x9d\x9f",
    *"\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\u00ad\u2060\u2800\u3164\u180e\u034f\u2028\u2029",
    *"\ufe00\ufe0e\ufe0f\ufe0f\U000e0100\U000e0041\U000e007f\ud800\udfff\ufffe\U0010ffff\ufdd0",
    *["\u00a0", "\u3000", "\u20e3", "\u0301", "\u00a9", "\u2194", "\u2764", MAN, WOMAN, BLACK_FLAG],
    *[FAMILY, HEART, KEYCAP, GERMANY, THUMBS_UP, *FLAGS, tags("gbeng"), tags("usca")],
    *["[31m", "[1m", "[0m", "[3", "1m", "[31;", "38;5;1m", "\x1b[31m", "\x1b[1m", "[31ms"],
    *["\x1b]8;;https://a.example\x07", "\x1b]0;", "\x1b(B", "ESC", "é", "日本", "السلام"],
]
hostile_text = st.lists(st.sampled_from(HOSTILE_PIECES), max_size=25).map("".join) | st.text(
    st.characters(), max_size=30
)

# Letters, numbers, punctuation and symbols as they stand in titles and messages.
ordinary_text = (
    st.lists(
        st.sampled_from(
            "abcXYZ 019.,:;!?()]{}<>'\"`~@#$%^&*+-=/\\|_\t\n\u00a0äßñ‹›…└─│日本語שלוםمرحبا"
        )
        | st.sampled_from([FAMILY, HEART, KEYCAP, GERMANY, THUMBS_UP, *FLAGS])
        | st.sampled_from(["[", "arr[31]", "e\u0301", "[31", "[5m]"]),
        max_size=40,
    )
    .map("".join)
    .filter(lambda text: not re.search(r"\[[0-9;]{2,}m", text))
)


def forbidden_in(text: str) -> Iterator[str]:
    """Yield the characters that may stand nowhere in plain text, by Python's own Unicode data."""
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
    "escaped",
    [
        pytest.param("a\x1b[31mb\x1b[0mc", id="colours"),
        pytest.param("a\x9b31mb\x9b0mc", id="colours with the one-character introducer"),
        pytest.param("a\x1b[38;2;1;2;3mb\x1b[38:5:1mc", id="long colours"),
        pytest.param("a\x1b[2K\x1b[1;1Hb\x1b[?25lc", id="cursor movement"),
        pytest.param("a\x1b[1 qbc", id="an intermediate character"),
        pytest.param("abc\x1b[31", id="a code cut short by the end"),
        pytest.param("a\x1b[31\x1b[32mbc", id="a code cut short by another"),
        pytest.param("a\x1b]0;window title\x07bc", id="a title ended by BEL"),
        pytest.param("a\x1b]0;window title\x1b\\bc", id="a title ended by ESC backslash"),
        pytest.param("a\x1b]0;window title\x9cbc", id="a title ended by ST"),
        pytest.param("a\x9d0;window title\x9cbc", id="a title begun by OSC"),
        pytest.param("a\x1b]8;;https://x.example\x07b\x1b]8;;\x07c", id="a hyperlink"),
        pytest.param("a\x1bPq#0\x1b\\b\x1bXsecret\x1b\\c", id="DCS and SOS"),
        pytest.param("a\x1b^private\x1b\\b\x1b_app\x1b\\c", id="PM and APC"),
        pytest.param("a\x90q\x9cb\x98x\x9c\x9ep\x9c\x9fa\x9cc", id="one-character introducers"),
        pytest.param("a\x1b(Bb\x1b)0c", id="character sets"),
        pytest.param("\x1b7a\x1b=b\x1b>c\x1b8", id="other escapes"),
        pytest.param("\x1babc", id="a lone ESC before a letter"),
        pytest.param("abc\x1b", id="a lone ESC at the end"),
        pytest.param("a\x1b\x1b[31mbc", id="a doubled ESC"),
        pytest.param(f"a{ESC}{ZWSP}[1mbc", id="an invisible character behind ESC"),
        pytest.param(f"a{ESC}{VS16}[1mbc", id="a variation selector behind ESC"),
        pytest.param(f"a{ESC}[3{ZWSP}1mbc", id="an invisible character in a code"),
        pytest.param("a\x1b\x00[1mbc", id="a control character behind ESC"),
        pytest.param("a[3\x071mbc", id="a code put together by a removed BEL"),
        pytest.param("a[3\x1b[0m1mbc", id="a code put together by a removed code"),
    ],
)
def test_escape_sequences_leave_only_what_they_surround(escaped: str) -> None:
    assert plain(escaped) == "abc"


@pytest.mark.parametrize(
    ("escaped", "visible"),
    [
        ("\x1b]0;title without an end", "0;title without an end"),
        ("\x9d0;title without an end", "0;title without an end"),
        ("\x1bPassed, and more", "Passed, and more"),
        ("\x1b_app without an end", "app without an end"),
        ("\x1b]0;one \x1b[31mtwo\x07", "0;one two"),
        ("â\x80\x9cone\u00e2\x80\x9d and â\x80\x9ctwo", "âoneâ and âtwo"),
    ],
)
def test_an_unterminated_string_loses_only_its_introducer(escaped: str, visible: str) -> None:
    assert plain(escaped) == visible


@pytest.mark.parametrize(
    "code",
    [
        *[f"[{n}m" for n in (*range(31, 38), *range(90, 98), *range(41, 48), *range(100, 108))],
        *[f"[{n}m" for n in (22, 23, 24, 27, 29, 39, 49)],
        *["[38;5;208m", "[48;5;1m", "[38;2;1;20;255m", "[1;31m", "[01;31m", "[0;1;4;97;41m"],
    ],
)
def test_a_colour_code_that_lost_its_esc_is_removed(code: str) -> None:
    assert plain(f"expected {code}1 to be 2") == "expected 1 to be 2"


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7, 9, 30, 40])
@pytest.mark.parametrize("sure", ["[31m", "\x1b[31m", "\x9b31m", "[39m", "[38;5;1m"])
def test_an_ambiguous_code_is_removed_only_beside_a_sure_one(number: int, sure: str) -> None:
    assert plain(f"a [{number}m, b") == f"a [{number}m, b"
    assert plain(f"a [{number}m, b{sure}") == "a , b"
    assert plain(f"{sure}a [{number}m, b") == "a , b"


def test_an_ambiguous_code_with_its_esc_makes_no_other_one_sure() -> None:
    assert plain("\x1b[1mwaits\x1b[0m [1m, 5m]") == "waits [1m, 5m]"


@pytest.mark.parametrize(
    "text",
    [
        *["arr[31]", "[31 m", "[m]", "List<String>[3]", "[5m]", "[1m, 5m]", "[30m, 1h]"],
        *[
            "[m",
            "[;m",
            "[0;1m",
            "[138;5;3m",
            "[31,5m",
            "[200m",
            "[1;200m",
            "[\u0663\u0661m",
            "[31M",
        ],
        *["took [31ms]", "[35ms, 90ms]", "[31ms"],
    ],
)
def test_brackets_that_are_no_colour_code_stay(text: str) -> None:
    assert plain(text) == text


def test_a_coloured_word_that_begins_with_s_is_still_uncoloured() -> None:
    assert plain("[31mshould[39m [31ms[39m") == "should s"


def test_other_brackets_stay_beside_colour_codes() -> None:
    text = "[31mList<String>[3][39m arr[31] [m] [;m [31 m [200m [35ms, 5ms]"
    assert plain(text) == "List<String>[3] arr[31] [m] [;m [31 m [200m [35ms, 5ms]"


@pytest.mark.parametrize(
    "nested", ["[3[31m1m", "[3[3[31m1m1m", "[[31m31m", "[1[31m[31m;31m", "[3[1m1m[31m"]
)
def test_removing_a_code_creates_no_other(nested: str) -> None:
    assert plain(nested) == ""


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
def test_joiners_selectors_and_tags_stay_only_where_they_show(smuggled: str, visible: str) -> None:
    assert plain(smuggled) == visible


@given(hostile_text)
@example(f"{ESC}1{VS16}\u20e3")
@example("[31m[39ms]")
@settings(max_examples=1000, deadline=None)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert one_line(one_line(text)) == one_line(text)
    assert plain(one_line(text)) == one_line(text)


@given(hostile_text)
@settings(max_examples=1000, deadline=None)
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


class CountingPattern:
    """A pattern that notes each pass it makes over a text."""

    def __init__(self, pattern: re.Pattern[str], passes: list[int]) -> None:
        self.pattern = pattern
        self.passes = passes

    def search(self, text: str) -> re.Match[str] | None:
        self.passes.append(len(text))
        return self.pattern.search(text)

    def sub(self, replacement: str, text: str) -> str:
        self.passes.append(len(text))
        return self.pattern.sub(replacement, text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        self.passes.append(len(text))
        return self.pattern.finditer(text)


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        ("\x1b[" * 500_000, 0),
        ("[" * 1_000_000, 1_000_000),
        ("\x1b]" * 500_000, 0),
        ("\x9d" * 1_000_000, 0),
        ("\x1bP" * 500_000, 500_000),
        ("\x1b[" + "1" * 1_000_000 + "é", 1),
        ("\x1b(" * 500_000, 500_000),
        ("[31m" + "[3" * 200_000 + "1m" * 200_000, 0),
        ("[31m" + "[1;" * 200_000, 600_000),
        ((MAN + ZWJ) * 500_000, 999_999),
        (ZWSP * 1_000_000, 0),
    ],
)
def test_hostile_text_costs_a_fixed_number_of_passes(
    hostile: str, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    for name in ("_SUSPICIOUS", "_SUSPICIOUS_ASCII", "_LINE_END", "_HIDDEN", "_ESCAPE"):
        pattern = cast("re.Pattern[str]", getattr(runs_mcp.text.plain_text, name))
        monkeypatch.setattr(runs_mcp.text.plain_text, name, CountingPattern(pattern, passes))
    token = CountingPattern(
        cast("re.Pattern[str]", vars(runs_mcp.text.plain_text)["_CODE_TOKEN"]), passes
    )
    monkeypatch.setattr(runs_mcp.text.plain_text, "_CODE_TOKEN", token)
    assert len(plain(hostile)) == left  # A pattern that backtracks without end never gets here.
    assert len(passes) <= 6
    assert max(passes) <= len(hostile)


def test_clip_says_how_much_it_cut() -> None:
    assert clip("x" * 1255, 40) == "x" * 20 + "… (+1235 characters)"


@pytest.mark.parametrize("text", ["", "abc", "a" * 40, FAMILY * 8])
def test_clip_leaves_short_text_unchanged(text: str) -> None:
    assert clip(text, 40) == text


@given(st.text(max_size=200) | hostile_text.map(lambda text: text * 4), st.integers(1, 120))
@settings(deadline=None)
def test_clipped_text_keeps_to_its_length_and_states_the_number_cut(
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
def test_clip_splits_nothing_seen_as_one_character(
    sequence: str, tail: str, max_chars: int
) -> None:
    for start in range(len(sequence)):
        clipped = clip("x" * start + sequence * 50 + tail, max_chars)
        kept = clipped.rpartition("…")[0]
        assert kept.lstrip("x") == sequence * kept.count(sequence)
        assert len(clipped) > max_chars - len(sequence) - len("…(+100 characters)") - 2


def test_clip_cuts_endless_combining_characters_where_they_are() -> None:
    assert len(clip("a" + "\u0301" * 1000, 500)) >= 499


@pytest.mark.parametrize(
    "name",
    [
        *["Signature", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"],
        *["X-Goog-Signature", "X-Goog-Credential", "Key-Pair-Id", "sig", "token", "access_token"],
        *["api_key", "apikey", "client_secret", "password", "auth", "Authorization", "oauth_nonce"],
        *["SIG", "TOKEN", "x-amz-signature", "user[token]", "refresh_token"],
    ],
)
def test_a_url_with_a_secret_parameter_loses_its_query(name: str) -> None:
    bare = "https://s3.example:8443/a/b.png"
    assert without_url_secrets(f"{bare}?{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1&{name}=abc%2F+/=&y=2#top") == f"{bare}?…"
    assert without_url_secrets(f"{bare}#{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1#/in?{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1&amp;{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?x=1\\u0026{name}=abc") == f"{bare}?…"
    assert without_url_secrets(f"{bare}?to=https%3A%2F%2Fb%3F{name}%3Dabc") == f"{bare}?…"


def test_a_cloudfront_url_loses_its_policy() -> None:
    signed = "https://cdn.example/v.webm?Policy=eyJ&Signature=ab~c&Key-Pair-Id=APK"
    assert without_url_secrets(signed) == "https://cdn.example/v.webm?…"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *[
            ("(", ")"),
            ("[a](", ")[b]"),
            ("[", "]"),
            ("'", "',"),
            ('"', '"}'),
            ("<", ">"),
            ("`", "`"),
        ],
        *[("see ", ". Then"), ("", ", and"), ("", "?\nnext"), ("**", "**"), ('\\"', '\\",')],
        *[("fetch('", "').then()"), ("", "\\n    at x"), ("'", "';next"), ("[", "]: no")],
    ],
)
def test_text_around_a_url_stays(before: str, after: str) -> None:
    text = f"{before}https://a.example/p?token=abc{after}"
    assert without_url_secrets(text) == f"{before}https://a.example/p?…{after}"


@pytest.mark.parametrize(
    "secret",
    ["a(b)c", "a)bc", "a'bc", "a,b;c", "a.b.c", "a/b?c", "a:b@c", "[1]=x", "a|b{c}d", "]&x=1"],
)
def test_punctuation_within_a_secret_does_not_end_it(secret: str) -> None:
    text = f"https://a.example/p?token={secret}z next"
    assert without_url_secrets(text) == "https://a.example/p?… next"
    assert without_url_secrets(f"http://[::1]:80/?f[a][b]={secret}&sig=x") == "http://[::1]:80/?…"


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/p?x=1&author=jo&page=2#top",
        "https://a.example/p?token",
        "https://a.example/token=1/secret",
        "https://a.example/?design=1&signal=2&newsig=1&monkey=3&max_tokens=5",
        "https://a.example/@scope/pkg@1.2.3?mail=a@b.example",
        "webpack://@org/app/./src/a.ts?1a2b",
        "/p?token=x is no URL, 'a?b' neither; mail jo@a.example",
        "Bearer token is missing",
        'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
        "the bearer of bad news",
    ],
)
def test_text_without_secrets_stays_exactly_as_it_is(text: str) -> None:
    assert without_url_secrets(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@host.example/p?x=1", "https://…@host.example/p?x=1"),
        ("ssh://git@host.example/p", "ssh://…@host.example/p"),
        ("https://user:p@ss@host.example", "https://…@host.example"),
        ("https:\\/\\/u:p@host.example\\/p", "https:\\/\\/…@host.example\\/p"),
        ("to http://a:b@c/, http://d:e@f/", "to http://…@c/, http://…@f/"),
        ("https://u:p@a.example/?sig=1", "https://…@a.example/?…"),
        ("https://a/?to=http://u:p@b", "https://a/?to=http://…@b"),
        ("https:\\/\\/a.example\\/p?sig=1", "https:\\/\\/a.example\\/p?…"),
    ],
)
def test_user_names_and_passwords_in_urls_are_hidden(text: str, shown: str) -> None:
    assert without_url_secrets(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer abc.def-123_~+/==", "Bearer …"),
        ("Authorization: Bearer eyJ.a.b. Then", "Authorization: Bearer …. Then"),
        ("authorization: bearer abc", "authorization: bearer …"),
        ("AUTHORIZATION: BEARER abc", "AUTHORIZATION: BEARER …"),
        ('{"Authorization":"Bearer abc"}', '{"Authorization":"Bearer …"}'),
        ('{\\"authorization\\": \\"bearer abc\\"}', '{\\"authorization\\": \\"bearer …\\"}'),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic …"),
        ("https://a/?auth=Bearer abc", "https://a/?… …"),
    ],
)
def test_bearer_tokens_are_hidden(text: str, shown: str) -> None:
    assert without_url_secrets(text) == shown


URL_PIECES = [
    *"()[]'\"`<>.,;:!?#&=@/\\ \n…aB1_%{}|",
    *["https://", "http:\\/\\/", "a.example", "/p", "?", "&", "token=", "sig=", "x=1", "u:p@"],
    *["Bearer ", "Authorization: ", "basic ", "\\u0026", "%3Ftoken%3D", "[a]", "token"],
]


@given(st.lists(st.sampled_from(URL_PIECES), max_size=20).map("".join))
@settings(max_examples=2000, deadline=None)
def test_hiding_secrets_twice_is_hiding_them_once(text: str) -> None:
    once = without_url_secrets(text)
    assert without_url_secrets(once) == once


@given(
    st.lists(st.sampled_from(["x=1", "f[a]=b", "q=a.b", "y=(z)", "n"])),
    st.sampled_from(["", " ", ".", ")", "]", "',", '"', "> "]),
    st.sampled_from(["token", "sig", "X-Amz-Signature", "my_password"]),
)
@settings(deadline=None)
def test_no_secret_value_survives(others: list[str], around: str, name: str) -> None:
    query = "&".join([*others, f"{name}=SECRET", *others])
    assert "SECRET" not in without_url_secrets(f"{around}https://a.example/p?{query}{around}")


@pytest.mark.parametrize(
    "hostile", ["://", "Bearer ", "https://x?token=", "://a@", "authorization:"]
)
def test_hostile_text_does_not_keep_the_search_for_secrets_busy(hostile: str) -> None:
    assert without_url_secrets(hostile * 50_000)
    assert without_url_secrets("https://x?" + hostile[-1] * 1_000_000)
