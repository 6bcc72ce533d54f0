"""The texts in JSON, before it is decoded: where they end, and what in them is no text."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

_PART_BYTES: Final = 1_000_000
_MOST_LONE_SURROGATES: Final = 100_000  # With more of them, it is no text that was cut.
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LOW_DIGITS: Final = b"cdefCDEF"
_REPLACEMENT: Final = rb"\ufffd"
_ESCAPE_BYTES: Final = len(_REPLACEMENT)
_CUT_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_CONTINUATIONS: Final = range(0x80, 0xC0)
# In parts: a search holds up other threads until it ends.
_PART_OF_TEXT: Final = re.compile(rb'(?:[^"\\]{1,100000}+|\\.){0,10000}+', re.DOTALL)


def end_of_text(body: bytearray, start: int) -> int:
    """Returns where the quote at the end of a text is; without one, the end of the body."""
    while (part := _PART_OF_TEXT.match(body, start)) and part.end() > start:
        start = part.end()
    return start


def next_unit(body: bytearray, at: int) -> int:
    """Returns the first place from `at` on that is not within a character or an escape.

    Args:
        body: JSON.
        at: A place in a text of it, some characters before its end.
    """
    cut = _CUT_ESCAPE.search(body, at - _ESCAPE_BYTES + 1, at)
    if cut and _backslashes_before(body, cut.start() + 1) % 2:
        at = cut.start() + (_ESCAPE_BYTES if body[cut.start() + 1] == ord("u") else 2)
    while body[at] in _CONTINUATIONS:
        at += 1
    return at


def with_valid_texts(body: bytearray) -> bytearray:
    """Replaces bytes that are not UTF-8, and lone surrogates.

    Frameworks cut messages in the middle of an emoji; the run is readable all the same.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    valid = bytearray()  # in parts: one emoji makes four bytes of each character
    for start in range(0, len(body), _PART_BYTES):
        valid += decoder.decode(body[start : start + _PART_BYTES]).encode()
    valid += decoder.decode(b"", final=True).encode()
    for count, at in enumerate(_lone_surrogates(valid)):
        if count == _MOST_LONE_SURROGATES:
            break
        valid[at : at + _ESCAPE_BYTES] = _REPLACEMENT
    return valid


def _lone_surrogates(body: bytearray) -> Iterator[int]:
    """Yields where an escape of half a character is whose other half is missing."""
    other_half = -1
    at = 0
    while found := _SURROGATE.search(body, at):
        at = found.end()
        start = found.start()
        if _backslashes_before(body, start) % 2:
            continue
        if body[start + 3] in _LOW_DIGITS:
            if start != other_half:
                yield start
        elif (after := _SURROGATE.match(body, at)) and body[after.start() + 3] in _LOW_DIGITS:
            other_half = at
        else:
            yield start


def _backslashes_before(body: bytearray, at: int) -> int:
    length = 64
    while True:
        before = body[max(0, at - length) : at]
        run = len(before) - len(before.rstrip(b"\\"))
        if run < len(before) or length >= at:
            return run
        length *= 8
