"""The `Link` header (RFC 8288), by which an API names the next page."""

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs

_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*+\""
_LINK: Final = re.compile(
    # A quotation that is not closed takes the rest, so that it is not looked through again.
    rf"<(?P<url>[^<>]*)>(?P<parameters>(?:{_QUOTED}|[^\",])*+)(?:\"(?:[^\"\\]|\\.)*+)?",
    re.DOTALL,
)
_PARAMETER: Final = re.compile(rf";\s*(?P<name>[^\s=;]+)\s*=\s*(?P<value>{_QUOTED}|[^\s\";]+)")
_PAGE_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class NextPage(NamedTuple):
    """What a `Link` header says of the next page.

    Its URL is left out: it may hold a token.

    Args:
        exists: Whether the header names a next page.
        number: The `page` parameter of its URL, where that is a number.
    """

    exists: bool = False
    number: int | None = None


def next_page(header: str) -> NextPage:
    """Reads the next page from a `Link` header."""
    for link in _LINK.finditer(header):
        for parameter in _PARAMETER.finditer(link["parameters"]):
            relations = parameter["value"].strip('"').lower().split()
            if parameter["name"].lower() == "rel" and "next" in relations:
                return NextPage(exists=True, number=_page_number(link["url"]))
    return NextPage()


def _page_number(url: str) -> int | None:
    query = url.partition("#")[0].partition("?")[2]
    number = parse_qs(query).get("page", [""])[-1]
    return int(number) if _PAGE_NUMBER.fullmatch(number) else None
