"""Links as people paste them: in brackets, quotes or Markdown, or at the end of a sentence."""

import re
from functools import lru_cache


def link_path(text: str, host: str) -> tuple[str, ...] | None:
    """Returns the path segments of the link to `host` that a text is or ends with, or None.

    The scheme may be missing, or misspelled as the vendors do (`https:://`). A link with a user,
    a port or another host does not count.
    """
    link = _link(host).fullmatch(text)
    if link is None:
        return None
    return tuple(link["path"].rstrip(".,;:!*").split("/")[1:])


@lru_cache
def _link(host: str) -> re.Pattern[str]:
    return re.compile(
        # Words before it, or an opening bracket, quote or emphasis.
        r"(?:.*[\s<(\[{\"'`*|“„‘«‹])?"
        rf"(?ai:(?:https?:{{1,2}}//)?{re.escape(host)})"
        r"(?P<path>(?:/[^\s/?#<>\"'`()\[\]{}|\\”“’»›…]*)*)"
        # The rest of the link; or closing marks; or «|name>», as in chats.
        r"(?:[/?#].*|[\s>)\]}\"'`*.,;:!?”“’»›…]*|\|[^>|]*>\s*)",
        re.DOTALL,
    )
