"""Pages by number, with Link headers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from runs_mcp.sandbox.buildkite.error_responses import ApiError
from runs_mcp.sandbox.json_answers import json_answer
from runs_mcp.sandbox.seeded import hex_id

DEFAULT_PER_PAGE = 30
MAX_PER_PAGE = 100
ALL_RELS = ("next", "last", "prev", "first")
LINK_TOKEN = f"bkua_{hex_id('a token that must never leak', 40)}"
"""The token in every Link URL, as in the vendor's own example; the API ignores it."""
_NUMBER = re.compile(r"[0-9]{1,9}")
ItemT = TypeVar("ItemT")


@dataclass
class PageOptions:
    """Choices that the API leaves open; they can be changed at any time."""

    at_most: int | None = None
    """The most items of a page, even where a request asks for more."""
    tokens: bool = True
    """Whether the URLs of a Link header have a token."""
    rels: tuple[str, ...] = ALL_RELS
    """The relations of the links, where that page exists."""

    def shorten(self, to: int | None) -> None:
        """Limits all pages to this many items, even where a request asks for more; None: no limit.

        Page numbers count the shorter pages, so that rel=next leads to all items.

        Raises:
            ValueError: Less than one item.
        """
        if to is not None and to < 1:
            raise ValueError("a page has at least 1 item")
        self.at_most = to

    def shape_links(self, *, tokens: bool = True, rels: Sequence[str] = ALL_RELS) -> None:
        """Sets whether Link URLs have tokens, and which relations there are."""
        self.tokens = tokens
        self.rels = tuple(rels)


class Page:
    """The page that a request asks for."""

    def __init__(self, request: Request, options: PageOptions) -> None:
        self._request = request
        self._options = options
        self._number = _number(request, "page", 1, None)
        asked = _number(request, "per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)
        self._size = min(asked, options.at_most or asked)

    def of(self, items: Sequence[ItemT]) -> Sequence[ItemT]:
        """Returns the items of the page; none after the last page."""
        begin = (self._number - 1) * self._size
        return items[begin : begin + self._size]

    def links(self, count: int) -> dict[str, str]:
        """Returns the Link header for a list of this length; none for a single page."""
        last = max(1, -(-count // self._size))
        numbers: dict[str, int] = {}
        if self._number < last:
            numbers |= {"next": self._number + 1, "last": last}
        if self._number > 1:
            numbers |= {"prev": min(self._number - 1, last), "first": 1}
        links = [
            f'<{self._url(at)}>; rel="{rel}"'
            for rel, at in numbers.items()
            if rel in self._options.rels
        ]
        return {"Link": ", ".join(links)} if links else {}

    def _url(self, number: int) -> str:
        url = self._request.url.include_query_params(page=number)
        return str(url.include_query_params(api_key=LINK_TOKEN) if self._options.tokens else url)


def _unchanged(item: ItemT) -> ItemT:
    return item


def page_answer(
    request: Request,
    options: PageOptions,
    items: Sequence[ItemT],
    shown: Callable[[ItemT], ItemT] = _unchanged,
) -> Response:
    """Returns the page of the items that the request asks for, with its links."""
    page = Page(request, options)
    body = msgspec.json.encode([shown(item) for item in page.of(items)])
    answer = json_answer(body, request.headers)
    answer.headers.update(page.links(len(items)))
    return answer


def _number(request: Request, name: str, default: int, most: int | None) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not _NUMBER.fullmatch(value) or int(value) < 1 or int(value) > (most or int(value)):
        bounds = "1 or more" if most is None else f"from 1 to {most}"
        raise ApiError(422, f"{name} must be a whole number {bounds}")
    return int(value)
