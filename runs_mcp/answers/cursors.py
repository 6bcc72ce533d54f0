"""The cursors between the pages of an answer. Pure functions."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from runs_mcp.errors import Conflict, InvalidArgument

Query: TypeAlias = Sequence[str | int | bool | Sequence[str]]
Position: TypeAlias = list[int | str]


def encode_cursor(query: Query, position: Position) -> str:
    """Returns a cursor to what follows `position` in the answer to `query`."""
    token = msgspec.json.encode([_digest(query), *position])
    return urlsafe_b64encode(token).decode().rstrip("=")


def decode_cursor(cursor: str, query: Query) -> Position:
    """Returns the position in a cursor of `query`: [] for an empty cursor, the beginning.

    Raises:
        InvalidArgument: It is not a cursor, or it is one of another query.
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


class PageRequest(NamedTuple):
    """Which page of an answer is wanted.

    Args:
        query: The tool and its arguments: a cursor belongs to one query.
        cursor: `next_cursor` of the page before; empty for the first page.
        budget: The bytes that each encoding of the page may have.
    """

    query: Query
    cursor: str
    budget: int

    def position(self) -> Position:
        """Returns the position in the cursor: [] for the first page.

        Raises:
            InvalidArgument: It is not a cursor, or it is one of another query.
        """
        return decode_cursor(self.cursor, self.query)

    def cursor_after(self, position: Position) -> str:
        """Returns the cursor to what follows `position`."""
        return encode_cursor(self.query, position)

    def upstream_cursor(self) -> str:
        """Returns the API's cursor in one that `list_page` made; empty for the first page.

        Raises:
            InvalidArgument: It is not a cursor, or it is one of another query.
        """
        match self.position():
            case []:
                return ""
            case [str(after)]:
                return after
            case _:
                raise bad_cursor()

    def rows_before(self, total: int | None = None) -> int:
        """Returns how many rows are on the pages before this one.

        Args:
            total: The number of rows, where cursors hold it: it must not have changed.

        Raises:
            InvalidArgument: It is not a cursor, or it is one of another query.
            Conflict: The number of rows has changed.
        """
        match self.position():
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


def _digest(query: Query) -> str:
    return hashlib.sha256(msgspec.json.encode(query)).hexdigest()[:12]
