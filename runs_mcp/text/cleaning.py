"""Texts of strangers made fit to show: plain, and without secrets."""

from collections.abc import Iterator
from typing import Final

from runs_mcp.text.plain_text import has_odd_codes, plain
from runs_mcp.text.redaction import may_name_secret, without_url_secrets

_HIDDEN: Final = "…"
_PART_CHARS: Final = 200_000
_HARMLESS_CHARS: Final = 15
_MARGIN: Final = 300  # a name and what is between it and its value
_KEY_CHARS: Final = 8000  # of a private key, whose lines have no name


def safe_text(text: str) -> str:
    """Returns a stranger's text as plain text without secrets."""
    if len(text) <= _HARMLESS_CHARS and text.isascii() and text.isalnum():
        return text  # A word, a number: most values are, and the search takes ten times as long.
    return "".join(map(_safe_part, parts_of(text)))


def _safe_part(text: str) -> str:
    safe = without_url_secrets(plain(text))
    if not has_odd_codes(text):
        return safe
    # The name of a secret may have lost its first letter to what is taken for a code.
    with_letters = without_url_secrets(plain(text, keep_letters=True))
    return with_letters if with_letters.count(_HIDDEN) > safe.count(_HIDDEN) else safe


def safe_line(text: str) -> str:
    """Returns a stranger's text as one plain line without secrets."""
    # Hidden first: on one line, a name that was broken over two is in two pieces.
    return " ".join(safe_text(text).split())


def parts_of(text: str) -> Iterator[str]:
    """Yields a long text in parts: a search through all of it would hold up other threads.

    It is parted where no secret and no escape sequence is near.
    """
    start = 0
    while len(text) - start > _PART_CHARS:
        end = _harmless_place(text, start + _PART_CHARS)
        yield text[start:end]
        start = end
    if start < len(text) or not text:
        yield text[start:]


def _harmless_place(text: str, start: int) -> int:
    """Returns the first place from `start` on where a text can be parted, or its end."""
    for place in range(start, len(text) - _MARGIN, _MARGIN):
        around = text[place - _MARGIN : place + _MARGIN]
        if "PRIVATE KEY" in text[max(place - _KEY_CHARS, 0) : place]:
            continue
        if plain(around) == around and not may_name_secret(around):
            space = around.rfind(" ", 0, _MARGIN)
            return place if space < 0 else place - _MARGIN + space
    return len(text)
