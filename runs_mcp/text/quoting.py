"""Untrusted text in messages."""

import re
from collections.abc import Sequence
from typing import Final

from runs_mcp.text.clipping import clip, clip_to_columns
from runs_mcp.text.plain_text import one_line

_DOUBLE: Final = (
    '"\u02ba\u02dd\u02ee\u02f5\u02f6\u030b\u030e\u030f\u05f2\u05f4\u1cd3\u201c-\u201f'
    "\u2033\u2034\u2036\u2037\u2057\u275d\u275e\u2760\u2e42\u301d-\u301f\u3003\uff02"
    "\U0001f676-\U0001f678"
)
_SINGLE: Final = (
    "'`\xb4\u02b9\u02bb-\u02bf\u02c8\u02ca\u02cb\u02f4\u0300\u0301\u030d\u0374\u0384\u055a\u055d"
    "\u05f3\u07f4\u07f5\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2018-\u201b\u2032\u2035\u275b\u275c\u275f"
    "\ua78b\ua78c\uff07\uff40"
)
# What a reader takes for a closing quotation mark. Two single ones look like a double one.
_QUOTATION_MARK: Final = re.compile(
    rf"[{_SINGLE}{_DOUBLE}]*[{_DOUBLE}][{_SINGLE}{_DOUBLE}]*|[{_SINGLE}]{{2,}}"
)


def quoted(text: str, max_chars: int) -> str:
    """Returns the text as one plain line, clipped to max_chars, in quotes that it cannot close."""
    return f'"{clip(_unclosing(text), max_chars)}"'


def quoted_list(texts: Sequence[str], max_chars: int) -> str:
    """Returns the texts in quotes as far as they fit, each whole, and how many more there are.

    The first is there in any case, clipped to max_chars.
    """
    shown = [quoted(text, max_chars) for text in texts[:1]]
    room = max_chars - sum(map(len, shown))
    for text in texts[1:]:
        item = quoted(text, max_chars)
        if (room := room - len(item) - 2) < 0:
            break
        shown.append(item)
    left = len(texts) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def quoted_in_columns(text: str, columns: int) -> str:
    """Returns the text in quotes as `quoted` does, both together in at most so many columns."""
    return f'"{clip_to_columns(_unclosing(text), columns - 2)}"'


def _unclosing(text: str) -> str:
    """Returns the text as one plain line, without anything that looks like the end of a quote."""
    return _QUOTATION_MARK.sub("'", one_line(text))
