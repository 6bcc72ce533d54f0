"""Links as people paste them: in brackets, quotes or Markdown, or at the end of a sentence."""

import re
from functools import lru_cache
from typing import Final

_CLOSING_OF_EAST_ASIA: Final = (
    "\u3001\u3002\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f"
)
_OPENING: Final = "<([{\"'`*|~“„‘«‹\u300a\u300c\u300e\u3010\uff08"
_CLOSING: Final = ">)]}\"'`*|~.,;:!?”“’»›…" + _CLOSING_OF_EAST_ASIA
# What editors and chats put around what is copied: byte order, width and direction marks.
_INVISIBLE: Final = (
    "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069"
)
_SCHEME: Final = r"(?ai:https?):{1,2}//"


def link_path(text: str, host: str) -> tuple[str, ...] | None:
    """Returns the path segments of the link to `host` that a text is or ends with, or None.

    The scheme may be missing, or misspelled as the vendors do (`https:://`). A link with a user,
    a port or another host does not count, nor does what another link holds.
    """
    link = _link(host).fullmatch(text.strip(_INVISIBLE))
    if link is None:
        return None
    _, *behind = (link["rest"] or "").split(None, 1) or [""]
    if behind and "://" in behind[0]:
        return None  # The text ends with another link.
    return tuple(link["path"].rstrip(".,;:!*~").split("/")[1:])


def unwrapped(text: str) -> str:
    """Returns a text without the brackets, quotes and punctuation that it was pasted in."""
    text = text.strip(_INVISIBLE).strip()
    return text.lstrip(_OPENING).rstrip(_CLOSING).strip()


@lru_cache
def _link(host: str) -> re.Pattern[str]:
    opening, closing = re.escape(_OPENING), re.escape(_CLOSING)
    # Before it are words, and marks that open. Right before it there can be no other link, unless
    # that is the text of a link in Markdown; words can touch it only if it has a scheme.
    return re.compile(
        r"(?:.*\s)?"
        rf"(?:(?:\S*\]\(<?|[{opening}]*)(?:{_SCHEME})?|(?:(?!://)\S)*[{opening}]{_SCHEME})"
        rf"(?ai:{re.escape(host)})"
        rf"(?P<path>(?:/[^\s/?#<>\"'`()\[\]{{}}|\\”“’»›…{_CLOSING_OF_EAST_ASIA}]*)*)"
        # The rest of the link; or closing marks, perhaps after a title; or «|name>», as in chats.
        rf"(?:(?P<rest>[/?#].*)|(?:\s+\"[^\"]*\"\s*\))?[\s{closing}]*|\|[^>|]*>\s*)",
        re.DOTALL,
    )
