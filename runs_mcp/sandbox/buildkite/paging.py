"""Pages by number, and the Link header that leads from one to the next."""

import re
from collections.abc import Sequence
from typing import TypeVar

from starlette.requests import Request

from runs_mcp.sandbox.buildkite.refusals import ApiError
from runs_mcp.sandbox.identifiers import hex_id

DEFAULT_PER_PAGE = 30
MAX_PER_PAGE = 100
LINK_TOKEN = f"bkua_{hex_id('a token that must never leak', 40)}"
"""The token in every Link URL, as in the vendor's own example; the API takes no notice of it."""
_NUMBER = re.compile(r"[0-9]{1,9}")
ItemT = TypeVar("ItemT")


class Page:
    """The page that a request asks for."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._number = _number(request, "page", 1, None)
        self._size = _number(request, "per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE)

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
        if not numbers:
            return {}
        return {"Link": ", ".join(f'<{self._url(at)}>; rel="{rel}"' for rel, at in numbers.items())}

    def _url(self, number: int) -> str:
        url = self._request.url
        return str(url.include_query_params(access_token=LINK_TOKEN, page=number))


def _number(request: Request, name: str, default: int, most: int | None) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not _NUMBER.fullmatch(value) or int(value) < 1 or int(value) > (most or int(value)):
        bounds = "1 or more" if most is None else f"from 1 to {most}"
        raise ApiError(422, f"{name} must be a whole number {bounds}")
    return int(value)
