"""Links as people paste them: in brackets, quotes or markdown, at the end of a sentence."""

import re
from functools import lru_cache


def link_path(text: str, host: str) -> tuple[str, ...] | None:
    """Returns the segments of the path of the link to `host` that a text is or ends with.

    None where there is no such link. The scheme may be missing, and misspelled as the vendors
    do (`https:://`); a link with a user, a port or another host is none.
    """
    link = _link(host).fullmatch(text)
    if link is None:
        return None
    return tuple(link["path"].rstrip(".,;:!*").split("/")[1:])


@lru_cache
def _link(host: str) -> re.Pattern[str]:
    return re.compile(
        # Words before it, or what opens a bracket, a quotation or emphasis.
        r"(?:.*[\s<(\[{\"'`*|“„‘«‹])?"
        rf"(?ai:(?:https?:{{1,2}}//)?{re.escape(host)})"
        r"(?P<path>(?:/[^\s/?#<>\"'`()\[\]{}|\\”“’»›…]*)*)"
        # More of the link, whatever is in it; or what closes; or «|name>», as in chats.
        r"(?:[/?#].*|[\s>)\]}\"'`*.,;:!?”“’»›…]*|\|[^>]*>\s*)",
        re.DOTALL,
    )
