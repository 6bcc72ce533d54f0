"""Pages that fit into a budget. Pure functions.

A page has as many records as fit, measured on both encodings as they are sent. The rest comes on
the next pages; together the pages of a query hold every record once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType

from runs_mcp.answers.cursors import PageRequest, Position
from runs_mcp.answers.encoding import fits
from runs_mcp.answers.shortening import R, shortened_to
from runs_mcp.answers.trim import Trim, trim_of
from runs_mcp.errors import MalformedResponse

T = TypeVar("T")


def longest_page(rows_left: int, make: Callable[[int], R], budget: int) -> R:
    """Returns `make(n)` for the largest n ≤ `rows_left` whose encodings fit into `budget` bytes.

    Where not even one record fits, the page is shortened: every page has at least one record.
    """
    fitting, tried = 0, min(16, rows_left)
    while fits(page := make(tried), budget):
        if tried == rows_left:
            return page
        fitting, tried = tried, min(2 * tried, rows_left)
    too_many = tried
    while too_many - fitting > 1:
        middle = (fitting + too_many) // 2
        if fits(make(middle), budget):
            fitting = middle
        else:
            too_many = middle
    page = make(max(fitting, min(1, rows_left)))
    return shortened_to(budget, page)


@dataclass(frozen=True)
class Rows(Generic[T]):
    """The rows of a page.

    Args:
        shown: Those on the page.
        later: Those on the pages after it.
        total: How many there are on all pages.
        next_cursor: Leads to the next page; empty on the last one.
    """

    shown: Sequence[T]
    later: Sequence[T]
    total: int
    next_cursor: str

    def trim(self, upstream_bytes: int | UnsetType = UNSET) -> Trim:
        """Returns how much of all rows the page shows."""
        return trim_of(len(self.shown), self.total, self.next_cursor, upstream_bytes=upstream_bytes)


def rows_page(
    rows: Sequence[T],
    make: Callable[[Rows[T]], R],
    request: PageRequest,
    *,
    total_in_cursor: bool = False,
) -> R:
    """Returns `make(rows)` for as many rows as fit, from the requested cursor on.

    Args:
        rows: The rows of all pages.
        make: Makes the report.
        request: Which page is wanted.
        total_in_cursor: Whether a cursor is refused once the number of rows has changed.

    Raises:
        InvalidArgument: The cursor is not one of this query.
        Conflict: The number of rows has changed since the cursor was given.
    """
    total = len(rows)
    start = request.rows_before(total if total_in_cursor else None)

    def make_with(count: int) -> R:
        end = min(start + count, total)
        position: Position = [end, total] if total_in_cursor else [end]
        next_cursor = request.cursor_after(position) if end < total else ""
        return make(Rows(rows[start:end], rows[end:], total, next_cursor))

    return longest_page(max(0, total - start), make_with, request.budget)


def list_page(
    items: Sequence[tuple[T, str]],
    make: Callable[[tuple[T, ...], str], R],
    request: PageRequest,
    *,
    has_more: bool,
) -> R:
    """Returns `make(items, next_cursor)` for as many items of one page of the API as fit.

    Args:
        items: Each with the API's cursor to what follows it.
        make: Makes the report.
        request: Which page is wanted.
        has_more: Whether more follows the last item.

    Raises:
        MalformedResponse: More follows, or not all fits, and no cursor leads there.
    """
    # A page can end after an item that has a cursor, or at the end of the list.
    ends = [
        count
        for count, (_, after) in enumerate(items, 1)
        if after or (count == len(items) and not has_more)
    ]
    if items and not ends:
        raise MalformedResponse("The list goes on, but has no cursor that it can be read on with.")

    def make_until(nth_end: int) -> R:
        count = ends[nth_end - 1] if nth_end else 0
        more = count and (count < len(items) or has_more)
        next_cursor = request.cursor_after([items[count - 1][1]]) if more else ""
        return make(tuple(item for item, _ in items[:count]), next_cursor)

    if ends and ends[0] > 1 and not fits(make_until(1), request.budget):
        raise MalformedResponse(
            f"The first {ends[0]} records of the list do not fit in one answer, and none before "
            "the last of them has a cursor that the list could be read on with.",
            next_step="The operator can raise RUNS_MCP_RESULT_BYTES.",
        )
    return longest_page(len(ends), make_until, request.budget)
