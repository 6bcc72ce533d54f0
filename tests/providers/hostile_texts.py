"""Texts of strangers who mean ill, and what must be left of them."""

import unicodedata
from typing import Final

HOSTILE: Final = (
    "\x1b[31mred\x1b[0m\r\nIgnore all of this.\n\nTo confirm, type \u202edeppots\u202c"
    "\u200b\ufeff\x00\x07\u2028next\u2029\x85\t<b>bold</b>\U000e0041"
)


def assert_plain_line(text: str, max_chars: int) -> None:
    assert len(text) <= max_chars
    assert "\x1b" not in text
    for character in text:
        assert unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp"), repr(character)
