"""Texts clipped to a length; each says how much is missing.

What was missing before is counted, too: a text may be clipped again to a smaller length.
"""

import re
import unicodedata
from hashlib import sha256
from typing import Final

_ZWJ: Final = "\u200d"
_SKIN_TONES_AND_TAGS: Final = re.compile(r"[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_REGIONAL_INDICATORS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_DIGEST_CHARS: Final = 12
_LONGEST_SEQUENCE: Final = 32  # Nobody writes more combining characters than this.
_MARKER: Final = re.compile(r"… \(\+([0-9]{1,12}) characters\)(?: …)?")
_LONGEST_MARKER: Final = 40


def clip(text: str, max_chars: int) -> str:
    """Returns the text, cut to at most max_chars characters; its end says how many are missing.

    Where only "…" fits, the number is left out.
    """
    if len(text) <= max_chars:
        return text
    room = max_chars - len(_cut_marker(full_length(text)))
    if room < 1:
        return text[: _cut_position(text, max(max_chars - 1, 0))] + "…"
    end, _ = _around_marker(text, _cut_position(text, room))
    return text[:end] + _cut_marker(full_length(text[end:]))


def clip_distinct(text: str, max_chars: int) -> str:
    """Returns the text, cut as by `clip`, with a digest of the whole: two that differ still do.

    For names and paths by which things are told apart.
    """
    if len(text) <= max_chars:
        return text
    mark = f" [{digest(text)}]"
    return clip(text, max_chars - len(mark)) + mark


def digest(text: str) -> str:
    """Returns a short digest of a text."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_CHARS]


def clip_middle(text: str, max_chars: int) -> str:
    """Returns the text, cut in the middle to at most max_chars characters.

    For titles: their ends distinguish the cases of a test.
    """
    if len(text) <= max_chars:
        return text
    room = max_chars - len(middle_marker(full_length(text)))
    if room < 2:
        return clip(text, max_chars)
    end, _ = _around_marker(text, _cut_position(text, (room + 1) // 2))
    _, tail_from = _around_marker(text, len(text) - (room - end))
    while tail_from < len(text) and _splits_sequence(text, tail_from):
        tail_from += 1
    return text[:end] + middle_marker(full_length(text[end:tail_from])) + text[tail_from:]


def middle_marker(count: int) -> str:
    """Returns what stands in a text for so many characters that are left out of its middle."""
    return f"… (+{count} characters) …"


def full_length(text: str) -> int:
    """Returns how many characters a text has with those that were left out of it."""
    missing = sum(int(marker[1]) - len(marker[0]) for marker in _MARKER.finditer(text))
    return max(0, len(text) + missing)


def shorten(text: str, max_chars: int) -> str:
    """Returns the text, cut to max_chars characters and "…".

    Does not say how much is missing: for rows of a list that lead to the whole text.
    """
    if len(text) <= max_chars + 1:
        return text
    return text[: _cut_position(text, max_chars)] + "…"


def shorten_middle(text: str, max_chars: int) -> str:
    """Returns the text, cut in the middle to max_chars characters and "…", as `shorten` does."""
    if len(text) <= max_chars + 1:
        return text
    tail_from = len(text) - max_chars // 2
    while tail_from < len(text) and _splits_sequence(text, tail_from):
        tail_from += 1
    head = text[: _cut_position(text, max_chars - max_chars // 2)]
    return f"{head}…{text[tail_from:]}"


def columns(text: str) -> int:
    """Returns how many columns of a terminal a plain line takes, at the most.

    Letters of East Asia and emoji take two; combining characters are counted as one.
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def clip_to_columns(text: str, most: int) -> str:
    """Returns the text, cut to at most so many columns of a terminal; "…" ends a text that is cut.

    Does not say how much is missing: for lines of which other places have the whole.
    """
    if columns(text) <= most:
        return text
    end, room = 0, most - 1
    while end < len(text) and (room := room - columns(text[end])) >= 0:
        end += 1
    return text[: _cut_position(text, end)].rstrip() + "…" if most > 0 else ""


def _cut_marker(count: int) -> str:
    return f"… (+{count} characters)"


def _around_marker(text: str, position: int) -> tuple[int, int]:
    """Returns the places before and after the marker that a position is in, or the position."""
    start = max(0, position - _LONGEST_MARKER)
    for marker in _MARKER.finditer(text, start, position + _LONGEST_MARKER):
        if marker.start() < position < marker.end():
            return marker.span()
    return position, position


def _cut_position(text: str, wanted: int) -> int:
    """Returns a position at or just before `wanted` that splits no visible character."""
    for position in range(wanted, max(wanted - _LONGEST_SEQUENCE, 0), -1):
        if not _splits_sequence(text, position):
            return position
    return 0 if wanted <= _LONGEST_SEQUENCE else wanted


def _splits_sequence(text: str, position: int) -> bool:
    before, after = text[position - 1], text[position]
    if before in _REGIONAL_INDICATORS and after in _REGIONAL_INDICATORS:  # A flag is a pair.
        head = text[:position]
        return (len(head) - len(head.rstrip(_REGIONAL_INDICATORS))) % 2 == 1
    return (
        _ZWJ in (before, after)
        or unicodedata.category(after).startswith("M")
        or _SKIN_TONES_AND_TAGS.match(after) is not None
    )
