"""Query parameters; the error for a bad one names it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from starlette.datastructures import QueryParams

from runs_mcp.sandbox.currents.answers import ApiError, DataT, Many
from runs_mcp.sandbox.currents.records import Project, Run

DEFAULT_LIMIT = 10
MAX_LIMIT = 50
_BRANCH = re.compile(r"[!-)+-~]+\*?")
ItemT = TypeVar("ItemT", Project, Run)
PAGING = ("limit", "starting_after", "ending_before")


class Parameters:
    """The query of a request; every method raises ApiError for a bad parameter."""

    def __init__(self, query: QueryParams, *known: str) -> None:
        self._query = query
        unknown = sorted(set(query) - set(known))
        if unknown:
            raise ApiError(400, f"unknown parameter {unknown[0]}")

    def one(self, name: str, *, longest: int = 1000) -> str | None:
        """Returns the only value of a parameter."""
        values = self.many(name)
        if len(values) > 1:
            raise ApiError(400, f"{name} may be given once only")
        if values and len(values[0]) > longest:
            raise ApiError(400, f"{name} is longer than {longest} characters")
        return values[0] if values else None

    def many(self, name: str) -> list[str]:
        """Returns all values of a parameter; none may be empty."""
        values = self._query.getlist(name)
        if "" in values:
            raise ApiError(400, f"{name} must not be empty")
        return values

    def many_of(self, name: str, allowed: Sequence[str]) -> list[str]:
        """Returns all values of a parameter; each must be one of those allowed."""
        values = self.many(name)
        for value in values:
            if value not in allowed:
                raise ApiError(400, f"{name} must be one of {', '.join(allowed)}")
        return values

    def one_of(self, name: str, allowed: Sequence[str]) -> str | None:
        """Returns the only value of a parameter, which must be one of those allowed."""
        self.many_of(name, allowed)
        return self.one(name)

    def moment(self, name: str) -> datetime | None:
        """Returns an ISO 8601 date or time, in UTC unless it has an offset."""
        value = self.one(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise ApiError(400, f"{name} must be an ISO 8601 date") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def branch(self) -> str | None:
        """Returns an exact branch name, or a prefix that ends in `*`."""
        branch = self.one("branch", longest=250)
        if branch is not None and not _BRANCH.fullmatch(branch):
            raise ApiError(400, "branch must be a branch name, or a prefix followed by *")
        return branch

    def page_of(self, everything: Sequence[ItemT], matching: Sequence[ItemT]) -> Many[ItemT]:
        """Returns the page of the matching items that the query asks for, newest first.

        Its cursor may be any item's, whether that matches or not.
        """
        limit = self._limit()
        after, before = self.one("starting_after"), self.one("ending_before")
        if after is not None and before is not None:
            raise ApiError(400, "starting_after and ending_before exclude each other")
        if before is not None:
            newer = set(_cursors(everything[: _position(everything, before, "ending_before")]))
            candidates = [item for item in matching if item.cursor in newer]
            return _page(candidates[-limit:], len(candidates) > limit)
        if after is not None:
            older = set(_cursors(everything[_position(everything, after, "starting_after") + 1 :]))
            matching = [item for item in matching if item.cursor in older]
        return _page(matching[:limit], len(matching) > limit)

    def _limit(self) -> int:
        value = self.one("limit")
        if value is None:
            return DEFAULT_LIMIT
        if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= MAX_LIMIT:
            raise ApiError(400, f"limit must be an integer from 1 to {MAX_LIMIT}")
        return int(value)


def _page(items: Sequence[DataT], has_more: bool) -> Many[DataT]:
    return Many(data=tuple(items), has_more=has_more)


def _cursors(items: Sequence[ItemT]) -> list[object]:
    return [item.cursor for item in items]


def _position(items: Sequence[ItemT], cursor: str, name: str) -> int:
    try:
        return _cursors(items).index(cursor)
    except ValueError:
        raise ApiError(400, f"{name} is no known cursor") from None
