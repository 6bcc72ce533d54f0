"""Pages that fit into a budget. Pure functions.

A page is the longest one whose two encodings, as they will be sent, both fit. What does not fit
comes with the next page; the pages of one query hold every record once.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.shortening import R, shortened_to
from runs_mcp.errors import MalformedResponse

T = TypeVar("T")


def longest_page(rows_left: int, make: Callable[[int], R], budget: int) -> R:
    """Returns `make(n)` for the largest n ≤ `rows_left` whose encodings fit into `budget` bytes.

    Where not even one record fits, its long texts are shortened, each saying by how much, so
    that every page gets on by one.
    """
    fits, tried = 0, min(16, rows_left)
    while encoded_size(page := make(tried)) <= budget:
        if tried == rows_left:
            return page
        fits, tried = tried, min(2 * tried, rows_left)
    too_many = tried
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if encoded_size(make(middle)) <= budget:
            fits = middle
        else:
            too_many = middle
    page = make(max(fits, min(1, rows_left)))
    return shortened_to(budget, page)


def list_page(
    items: Sequence[tuple[T, str]],
    make: Callable[[tuple[T, ...], str], R],
    request: PageRequest,
    *,
    has_more: bool,
) -> R:
    """Returns `make(items, next_cursor)` for as many items of an upstream page as fit.

    Args:
        items: Each with the upstream cursor that goes on behind it.
        make: Makes the report.
        request: The page that is asked for.
        has_more: Whether upstream has more behind the last item.

    Raises:
        MalformedResponse: There is more, and no upstream cursor to go on with.
    """
    # A page can end behind an item that has a cursor, or where the list ends.
    ends = [
        count
        for count, (_, after) in enumerate(items, 1)
        if after or (count == len(items) and not has_more)
    ]
    endless = MalformedResponse("The list goes on, but names no cursor to go on with.")
    if items and not ends:
        raise endless

    def make_until(nth_end: int) -> R:
        count = ends[nth_end - 1] if nth_end else 0
        more = count and (count < len(items) or has_more)
        next_cursor = request.cursor_behind([items[count - 1][1]]) if more else ""
        return make(tuple(item for item, _ in items[:count]), next_cursor)

    if len(ends) < len(items) and encoded_size(make_until(1)) > request.budget:
        raise endless
    return longest_page(len(ends), make_until, request.budget)
