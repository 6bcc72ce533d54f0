"""The caller's own key is hidden, however it is spelled."""

from base64 import b64encode
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secret_shapes import KEY_SPELLINGS

from runs_mcp.text import may_have_key, plain, without_keys
from runs_mcp.text.own_keys import _spellings

KEYS: Final = ("cur_9fK2xQ7Lw3Zp8Vt1Rb6Yh4Nm", "bkua_a1b2c3d4e5f6", "se/k+r=it~1234567'89\"<&x")


@pytest.mark.parametrize("spell", KEY_SPELLINGS.values(), ids=KEY_SPELLINGS)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_hidden_however_it_is_spelled(key: str, spell: Callable[[str], str]) -> None:
    spelled = spell(key)
    shown = without_keys(f"before {spelled} after", [key])
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    for at in range(len(spelled) - 7):  # Of base64, what is before the key may stay.
        part = spelled[at : at + 8]
        assert part not in shown or part in spell(key[0] + "?" * (len(key) - 1))


@pytest.mark.parametrize("text", ["bkua_", "cur_9fK", "9fK2xQ7Lw3Zp8V", "sandbox-mode", ""])
def test_other_texts_stay(text: str) -> None:
    assert without_keys(text, KEYS) == text


def test_a_short_key_may_be_a_word() -> None:
    assert without_keys("a test of a key", ["test"]) == "a test of a key"


def test_a_very_long_key_is_hidden_whole() -> None:
    key = "aB3" * 400
    assert without_keys(f"x {key} y", [key]) == "x … y"


@given(st.text(max_size=60), st.sampled_from(KEYS))
def test_hiding_twice_is_hiding_once(text: str, key: str) -> None:
    once = without_keys(plain(text) + key + text, [key])
    assert without_keys(once, [key]) == once
    assert key not in once


SEARCHED: Final = "aB3-dE5_fG7"
PIECES: Final = (
    *("aB3", "-dE5", "_fG7", "AB3-", "de5_", "a", "B", "3", SEARCHED, SEARCHED[:8], "x"),
    *(b64encode(b"u:" + SEARCHED.encode()).decode(), b64encode(SEARCHED.encode()).decode()),
    *(" ", "\n", "\r\n  ", "\\", "\\n", "%61", "%2561", "&#97;", "\\u0061", "…"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=5))
def test_where_a_key_is_found_it_may_be(text: str, more: str) -> None:
    if _spellings(SEARCHED).search(text):
        assert may_have_key(text, SEARCHED)
        assert may_have_key(f"{more}\n{text}\n{more}", SEARCHED)
