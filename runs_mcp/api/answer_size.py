"""What an answer becomes in memory: too much is refused, and texts without end are shortened.

30 KB sent can hold 10 million objects, and one emoji makes four bytes of each character of a text.
"""

import re
from typing import Final, NamedTuple, Self

from runs_mcp.api.json_texts import end_of_text, next_unit
from runs_mcp.errors import TooLarge
from runs_mcp.text import middle_marker

_MOST_BYTES: Final = 150_000_000
_OBJECT_BYTES: Final = 280  # measured, with what is made of it
_VALUE_BYTES: Final = 35
_TEXT_BYTES: Final = 10_000_000  # Searching a longer text would hold up every other call.
_SMALL_BYTES: Final = 500_000  # of a body that cannot become too large
_BLOCK_BYTES: Final = _TEXT_BYTES // 2
_QUOTE: Final = ord('"')
_BACKSLASH: Final = ord("\\")
_MOST_QUOTES: Final = 1000
_HALF_OF_WIDE: Final = re.compile(rb"\\u[dD][89abAB]")
_WIDE_ESCAPE: Final = re.compile(rb"\\u(?!00)")
_FOUR_BYTE_LEADS: Final = range(0xF0, 0xF5)
_TWO_BYTE_LEADS: Final = range(0xC4, 0xF0)  # U+0100 and above; what is below takes one byte
_ESCAPE: Final = rb"\u"
_NO_MARKS: Final = bytes(set(range(256)) - set(b"{[,"))
_ESCAPE_BYTES: Final = 6
_CONTINUATIONS: Final = bytes(range(0x80, 0xC0))


class AnswerSize(NamedTuple):
    """How many bytes what is made of a JSON body may take at most.

    Args:
        bound: An upper bound, which is fast to know.
    """

    bound: int

    @classmethod
    def of(cls, body: bytearray) -> Self:
        """Returns that of a body."""
        # Texts have commas and brackets, too. One pass over the body, half as long as three.
        marks = body.translate(None, _NO_MARKS)
        objects = marks.count(b"{")
        return cls(_size(objects, len(marks) - objects, len(body) * _most_char_bytes(body)))

    @property
    def needed(self) -> int:
        """How many bytes to set aside: what would take more is refused."""
        return min(self.bound, _MOST_BYTES)

    def fit(self, body: bytearray, api: str) -> bytearray:
        """Returns a body that can be decoded: without the middle of a text of more than 10 MB.

        Raises:
            TooLarge: It would take more memory than there is.
        """
        if len(body) <= _SMALL_BYTES:
            return body
        if self.bound <= _MOST_BYTES and not _may_have_endless_text(body):
            return body
        return _measured(body, api)


def _measured(body: bytearray, api: str) -> bytearray:
    """Does the same by looking at each text."""
    too_large = TooLarge(
        f"The {api} API's answer has more records than can be read: it would take over "
        f"{_MOST_BYTES // 1_000_000} MB of memory."
    )
    # A quote in a text stands after a backslash: so many texts there are at least.
    if _size(0, body.count(b'",') - body.count(b'\\",'), 0) > _MOST_BYTES:
        raise too_large
    fitted = bytearray()
    objects = values = text_bytes = at = taken = 0
    while (start := body.find(_QUOTE, at) + 1) > 0:
        end = end_of_text(body, start)
        objects += body.count(b"{", at, start)
        values += body.count(b",", at, start) + body.count(b"[", at, start)
        at = end + 1
        if end - start > _TEXT_BYTES:
            cut = next_unit(body, start + _BLOCK_BYTES)
            fitted += body[taken:cut]
            taken = next_unit(body, end - _BLOCK_BYTES)
            fitted += f"\\n{middle_marker(_chars(body[cut:taken]))}\\n".encode()
            text_bytes += _TEXT_BYTES * _char_bytes(body[start:end])
        elif body[at : at + 1] != b":":  # The names of fields are few.
            text_bytes += _text_bytes(body[start:end])
        if text_bytes > _MOST_BYTES:
            raise too_large
    objects += body.count(b"{", at)
    values += body.count(b",", at) + body.count(b"[", at)
    if _size(objects, values, text_bytes) > _MOST_BYTES:
        raise too_large
    return fitted + body[taken:] if taken else body


def _size(objects: int, values: int, text_bytes: int) -> int:
    return _OBJECT_BYTES * objects + _VALUE_BYTES * values + text_bytes


def _text_bytes(text: bytearray) -> int:
    """Returns how many bytes a text takes once it is decoded."""
    escapes = text.count(rb"\u")
    return (_without_continuations(text) - escapes * (_ESCAPE_BYTES - 1)) * _char_bytes(text)


def _chars(text: bytearray) -> int:
    """Returns how many characters a text has once it is decoded."""
    text = text.replace(rb"\\", b"-")  # Each backslash that is left begins an escape.
    hex_digits = (_ESCAPE_BYTES - 2) * text.count(rb"\u")
    pairs = sum(1 for _ in _HALF_OF_WIDE.finditer(text))
    return _without_continuations(text) - text.count(b"\\") - hex_digits - pairs


def _without_continuations(text: bytearray) -> int:
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUATIONS))


def _most_char_bytes(text: bytearray) -> int:
    """Returns the most bytes that each character may take; finds less than `_char_bytes`, fast."""
    # One character is found twenty times as fast as two.
    has_escapes = _BACKSLASH in text and _ESCAPE in text
    has_halves = has_escapes and (rb"\ud" in text or rb"\uD" in text)
    if has_halves or _has_any(text, _FOUR_BYTE_LEADS):
        return 4
    return 1 if text.isascii() and not has_escapes else 2


def _char_bytes(text: bytearray) -> int:
    """Returns how many bytes each character takes: as many as the widest."""
    if _HALF_OF_WIDE.search(text) or _has_any(text, _FOUR_BYTE_LEADS):
        return 4
    return 2 if _WIDE_ESCAPE.search(text) or _has_any(text, _TWO_BYTE_LEADS) else 1


def _has_any(text: bytearray, leads: range) -> bool:
    return not text.isascii() and any(lead in text for lead in leads)


def _may_have_endless_text(body: bytearray) -> bool:
    """Whether there is a part without a quote that is not escaped, as in each longer text."""
    return any(
        not _has_quote(body, start, start + _BLOCK_BYTES)
        for start in range(0, len(body) - _BLOCK_BYTES, _BLOCK_BYTES)
    )


def _has_quote(body: bytearray, start: int, end: int) -> bool:
    for _ in range(_MOST_QUOTES):
        start = body.find(_QUOTE, start, end) + 1
        if start == 0:
            return False
        if body[start - 2] != _BACKSLASH:
            return True
    return False
