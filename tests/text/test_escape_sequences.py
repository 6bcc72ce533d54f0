"""Escape sequences and colour codes are removed."""

import pytest
from hostile_text import ESC, VS16, ZWSP

from runs_mcp.text import plain


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
        pytest.param(f"a{ESC}{ZWSP}[1mbc", id="an invisible character after ESC"),
        pytest.param(f"a{ESC}{VS16}[1mbc", id="a variation selector after ESC"),
        pytest.param(f"a{ESC}[3{ZWSP}1mbc", id="an invisible character in a code"),
        pytest.param("a\x1b\x00[1mbc", id="a control character after ESC"),
        pytest.param("a[3\x071mbc", id="a code joined by a removed BEL"),
        pytest.param("a[3\x1b[0m1mbc", id="a code joined by a removed code"),
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


def test_an_ambiguous_code_with_its_esc_does_not_make_another_one_sure() -> None:
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
def test_brackets_that_are_not_a_colour_code_stay(text: str) -> None:
    assert plain(text) == text


def test_the_colour_of_a_word_that_begins_with_s_is_removed() -> None:
    assert plain("[31mshould[39m [31ms[39m") == "should s"


def test_other_brackets_stay_beside_colour_codes() -> None:
    text = "[31mList<String>[3][39m arr[31] [m] [;m [31 m [200m [35ms, 5ms]"
    assert plain(text) == "List<String>[3] arr[31] [m] [;m [31 m [200m [35ms, 5ms]"


@pytest.mark.parametrize(
    "nested", ["[3[31m1m", "[3[3[31m1m1m", "[[31m31m", "[1[31m[31m;31m", "[3[1m1m[31m"]
)
def test_removing_a_code_does_not_create_another(nested: str) -> None:
    assert plain(nested) == ""
