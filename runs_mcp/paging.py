"""Pages that fit into a budget, and the cursors between them. Pure functions.

A page is the longest one whose two encodings, as they will be sent, both fit. What does not fit
comes with the next page; the pages of one query hold every record once.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from runs_mcp.errors import Conflict, InvalidArgument, MalformedResponse
from runs_mcp.model import Record, Run
from runs_mcp.results import Trim, size
from runs_mcp.text import clip, clip_middle

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Query: TypeAlias = Sequence[str | int | bool | Sequence[str]]
Position: TypeAlias = list[int | str]

_SHORTER: Final = (1000, 500, 250, 120, 60, 30, 10, 4)
# What strangers write. The rest is worthless when cut: IDs, URLs, times, cursors.
_TEXTS: Final = frozenset(
    {
        "author",
        "branch",
        "causes",
        "ci_build_id",
        "code_frame",
        "commit_message",
        "content_type",
        "default_branch",
        "exception",
        "file_name",
        "frame",
        "framework",
        "message",
        "name",
        "note",
        "notes",
        "odd",
        "owner",
        "platform",
        "preview",
        "remarks",
        "stack",
        "tags",
        "title",
        "verdict",
    }
)
# Of these lists of texts the first one stays where there is no room for more.
_FIRST_OF_MANY: Final = frozenset({"causes", "notes", "odd", "remarks"})
# Their ends tell the cases of one test, or the shards of one run, apart.
_TITLES: Final = frozenset({"failed_tests", "group", "test"})
# Whole up to the 300 characters that they have at most, wherever the budget allows it.
_LONG_URL_CHARS: Final = 300
_PATHS: Final = frozenset({"spec", "location", "commit"})


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
    return shortened_to(budget, page)


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
        next_cursor = encode_cursor(query, [items[count - 1][1]]) if more else ""
        return make(tuple(item for item, _ in items[:count]), next_cursor)

    if len(ends) < len(items) and size(make_until(1)) > budget:
        raise endless
    return longest_page(len(ends), make_until, budget)


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


def counted_rows(cursor: str, query: Query, total: int | None = None) -> int:
    """Returns how many rows the pages before this cursor held; 0 at the beginning.

    Args:
        cursor: As a page before gave it.
        query: What was asked.
        total: How many rows there are now, where the cursor has how many there were.

    Raises:
        InvalidArgument: It is no cursor, or one of another query.
        Conflict: There are other rows now, so that pages would not fit together.
    """
    match decode_cursor(cursor, query):
        case []:
            return 0
        case [int(rows)] if rows >= 0 and total is None:
            return rows
        case [int(rows), int(before)] if rows >= 0 and total is not None:
            if before != total:
                raise Conflict(
                    "What there is to list has changed since that cursor was given.",
                    next_step="Call again without a cursor.",
                )
            return rows
        case _:
            raise bad_cursor()


class _Cut(NamedTuple):
    """How far a page is shortened."""

    max_chars: int
    paths: bool = False
    urls: bool = False


def shortened_to(budget: int, page: R) -> R:
    """Returns the record with its texts, then its paths, then its URLs cut until it fits."""
    if size(page) <= budget:
        return page
    stages = [(False, False), (True, False)]
    if _has_long_url(page):
        stages.append((True, True))
    for paths, urls in stages:
        for max_chars in _SHORTER:
            shorter = _shortened(page, _Cut(max_chars, paths, urls))
            if size(shorter) <= budget:
                return shorter
    return shorter


def _has_long_url(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_long_url, value))
    if not isinstance(value, Record):
        return False
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    return len(fields.get("url", "")) > _LONG_URL_CHARS or any(map(_has_long_url, fields.values()))


def _shortened(record: R, cut: _Cut) -> R:
    """Returns the record with its texts, and those of the records in it, clipped."""

    def shorter(name: str, value: object) -> object:
        if isinstance(value, str):
            if name == "url" and cut.urls and len(value) > _LONG_URL_CHARS:
                return ""  # It would be worthless when cut.
            if name in _TITLES:
                return clip_middle(value, cut.max_chars)
            clipped = name in _TEXTS or (cut.paths and name in _PATHS)
            return clip(value, cut.max_chars) if clipped else value
        if isinstance(value, tuple):
            if cut.paths and name in _FIRST_OF_MANY and len(value) > 1:
                return (shorter(name, value[0]), f"+{len(value) - 1} more")
            return tuple(shorter(name, item) for item in value)
        return _shortened(value, cut) if isinstance(value, Record) else value

    names = record.__struct_fields__
    fields = {name: shorter(name, getattr(record, name)) for name in names}
    if cut.paths and isinstance(record, Run):
        fields |= {"tags": (), "tags_omitted": record.tags_omitted + len(record.tags)}
    if cut.urls and isinstance(record, Trim):
        fields["reason"] = f"URLs too long for this budget are left out; {record.reason}".rstrip(
            "; "
        )
    return replace(record, **fields)


def _digest(query: Query) -> str:
    return hashlib.sha256(msgspec.json.encode(query)).hexdigest()[:12]
