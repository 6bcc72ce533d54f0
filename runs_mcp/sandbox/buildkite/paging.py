"""Pages by number, and the Link header that leads from one to the next."""

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
"""The token in every Link URL, as in the vendor's own example; the API takes no notice of it."""
_NUMBER = re.compile(r"[0-9]{1,9}")
ItemT = TypeVar("ItemT")


@dataclass
class PageOptions:
    """What the API leaves open about its pages; a test can change it at any time."""

    at_most: int | None = None
    """However many items a page is asked to have, it has no more than these."""
    tokens: bool = True
    """Whether the URLs of a Link header carry a token."""
    rels: tuple[str, ...] = ALL_RELS
    """Which links there are, as far as they lead somewhere."""

    def shorten(self, to: int | None) -> None:
        """Limits the pages of every list to so many items, whatever is asked for.

        Pages are counted by what they have, so that rel=next leads to all items; None: no limit.
        """
        if to is not None and to < 1:
            raise ValueError("a page has 1 item at least")
        self.at_most = to

    def shape_links(self, *, tokens: bool = True, rels: Sequence[str] = ALL_RELS) -> None:
        """Leaves tokens out of Link URLs, or links of other relations out of the header."""
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
        """Its items; none behind the last page."""
        begin = (self._number - 1) * self._size
        return items[begin : begin + self._size]

    def links(self, count: int) -> dict[str, str]:
        """The Link header of a page of so many items; none where there is one page only."""
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


def _as_it_is(item: ItemT) -> ItemT:
    return item


def page_answer(
    request: Request,
    options: PageOptions,
    items: Sequence[ItemT],
    shown: Callable[[ItemT], ItemT] = _as_it_is,
) -> Response:
    """The page of these items that the request asks for, with its links."""
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
