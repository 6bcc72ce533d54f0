"""Pages that fit into a budget, and the cursors between them. Pure functions.

A page is the longest one whose two encodings, as they will be sent, both fit. What does not fit
comes with the next page; the pages of one query hold every record once.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from runs_mcp.errors import InvalidArgument, MalformedResponse
from runs_mcp.model import Record
from runs_mcp.results import size
from runs_mcp.text import clip

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Query: TypeAlias = Sequence[str | int | bool | Sequence[str]]
Position: TypeAlias = list[int | str]

_SHORTER: Final = (1000, 500, 250, 120, 60, 30, 10)
# Worthless when cut: they are handed back to us, or followed.
_NEVER_CUT: Final = frozenset(
    {"id", "run_id", "instance_id", "project_id", "machine_id", "url", "next_cursor"}
)
# Whole up to the 300 characters that they have at most, wherever the budget allows it.
_PATHS: Final = frozenset({"spec", "location"})


def encode_cursor(query: Query, position: Position) -> str:
    """Returns a cursor that goes on behind `position` in the answer to `query`."""
    token = msgspec.json.encode([_digest(query), *position])
    return urlsafe_b64encode(token).decode().rstrip("=")


def decode_cursor(cursor: str, query: Query) -> Position:
    """Returns the position in a cursor of `query`; an empty cursor is the beginning: [].

    Raises:
        InvalidArgument: It is no cursor, or one of another query.
    """
    if not cursor:
        return []
    try:
        token = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        digest, *position = msgspec.json.decode(token, type=list[int | str])
    except ValueError:
        raise bad_cursor() from None
    if digest != _digest(query):
        raise InvalidArgument(
            "The cursor belongs to another query.",
            next_step="Pass the same arguments as in the call that gave it, "
            "or leave cursor out to start again.",
        )
    return position


def bad_cursor() -> InvalidArgument:
    """Returns the error for a cursor that this server did not make."""
    return InvalidArgument(
        "The cursor is not one that this tool gave.",
        next_step="Pass next_cursor exactly as it came, or leave cursor out to start again.",
    )


def longest_page(rows_left: int, make: Callable[[int], R], budget: int) -> R:
    """Returns `make(n)` for the largest n ≤ `rows_left` whose encodings fit into `budget` bytes.

    Where not even one record fits, its long texts are shortened, each saying by how much, so
    that every page gets on by one.
    """
    fits, tried = 0, min(16, rows_left)
    while size(page := make(tried)) <= budget:
        if tried == rows_left:
            return page
        fits, tried = tried, min(2 * tried, rows_left)
    too_many = tried
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if size(make(middle)) <= budget:
            fits = middle
        else:
            too_many = middle
    page = make(max(fits, min(1, rows_left)))
    return page if size(page) <= budget else _shortened_to(budget, page)


def list_page(
    items: Sequence[tuple[T, str]],
    make: Callable[[tuple[T, ...], str], R],
    *,
    has_more: bool,
    query: Query,
    budget: int,
) -> R:
    """Returns `make(items, next_cursor)` for as many items of an upstream page as fit.

    Args:
        items: Each with the upstream cursor that goes on behind it.
        make: Makes the report.
        has_more: Whether upstream has more behind the last item.
        query: What was asked, for the cursor.
        budget: Bytes that each encoding may have.

    Raises:
        MalformedResponse: There is more, and no upstream cursor to go on with.
    """

    def make_first(count: int) -> R:
        shown = items[:count]
        next_cursor = ""
        if shown and (count < len(items) or has_more):
            if not shown[-1][1]:
                raise MalformedResponse("The list goes on, but names no cursor to go on with.")
            next_cursor = encode_cursor(query, [shown[-1][1]])
        return make(tuple(item for item, _ in shown), next_cursor)

    return longest_page(len(items), make_first, budget)


def upstream_cursor(cursor: str, query: Query) -> str:
    """Returns the upstream cursor in one that `list_page` made; empty at the beginning.

    Raises:
        InvalidArgument: It is no cursor, or one of another query.
    """
    match decode_cursor(cursor, query):
        case []:
            return ""
        case [str(after)]:
            return after
        case _:
            raise bad_cursor()


def _shortened_to(budget: int, page: R) -> R:
    for cut_paths in (False, True):
        for max_chars in _SHORTER:
            shorter = _shortened(page, max_chars, cut_paths=cut_paths)
            if size(shorter) <= budget:
                return shorter
    return shorter


def _shortened(record: R, max_chars: int, *, cut_paths: bool) -> R:
    """Returns the record with its texts, and those of the records in it, clipped."""

    def shorter(name: str, value: object) -> object:
        if isinstance(value, str):
            keep = name in _NEVER_CUT or (name in _PATHS and not cut_paths)
            return value if keep else clip(value, max_chars)
        if isinstance(value, tuple):
            return tuple(shorter(name, item) for item in value)
        if isinstance(value, Record):
            return _shortened(value, max_chars, cut_paths=cut_paths)
        return value

    names = record.__struct_fields__
    return replace(record, **{name: shorter(name, getattr(record, name)) for name in names})


def _digest(query: Query) -> str:
    return hashlib.sha256(msgspec.json.encode(query)).hexdigest()[:12]
