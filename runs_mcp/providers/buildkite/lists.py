"""Buildkite's lists: pages by number, led on by the `Link` header alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, NamedTuple, TypeVar

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import RunsError, TooLarge, UpstreamError
from runs_mcp.providers.run_reader import Progress

T = TypeVar("T")
W = TypeVar("W")

MAX_LIMIT: Final = 100  # the most that the API gives a page
MAX_PAGES: Final = 100
"""How many pages of one list are read at most: a list that never ends must not be read for ever."""
TOO_MANY_PAGES: Final = "too_many_pages"

_EMPTY_PAGES: Final = 20  # in a row, before a list is given up


class Position(NamedTuple):
    """Where a list goes on: pages of so many items, the page, and the items to skip of it."""

    per_page: int
    page: int = 1
    skip: int = 0


@dataclass(frozen=True)
class BuildkitePage(Generic[T]):
    """Items of a list from some position on.

    Args:
        items: Each with the position behind it.
        next: The position behind all of them, where more follow.
        upstream_bytes: The size of the page that they are of.
        unreadable: For each item that could not be read, where it stood and why.
    """

    items: tuple[tuple[T, Position], ...]
    next: Position | None
    upstream_bytes: int
    unreadable: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[T, ...]:
        """The items alone."""
        return tuple(item for item, _ in self.items)


class Collected(NamedTuple, Generic[T]):
    """All items of a list, as far as they could be read.

    Args:
        items: Each once, by its key.
        unreadable: For each item that could not be read, where it stood and why.
        error: The kind of error that ended the list before its end; empty where it is whole.
        bytes: The size of all pages.
    """

    items: tuple[T, ...]
    unreadable: tuple[str, ...]
    error: str
    bytes: int


class ListReader:
    """Reads lists through one API client.

    Every method raises a `RunsError` where the API cannot be read.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def all(
        self,
        item_type: type[W],
        path: str,
        key_of: Callable[[W], object],
        filters: Sequence[tuple[str, str]] = (),
        progress: Progress | None = None,
        max_bytes: int | None = None,
        **values: str,
    ) -> Collected[W]:
        """Reads a list to its end: each item once, also where records shift from page to page."""
        items: dict[object, W] = {}
        unreadable: tuple[str, ...] = ()
        size = repeats = 0
        start: Position | None = Position(MAX_LIMIT)
        for _ in range(MAX_PAGES):
            if start is None or repeats > _EMPTY_PAGES:
                break
            try:
                listed = await self._page(item_type, path, start, filters, values)
            except RunsError as failure:
                if start.page == 1:
                    raise
                return Collected(tuple(items.values()), unreadable, failure.kind, size)
            before = len(items)
            for place, item in enumerate(listed.values):
                items.setdefault(key_of(item) or (start.page, place), item)
            repeats = repeats + 1 if len(items) == before else 0
            unreadable += listed.unreadable
            size += listed.upstream_bytes
            if max_bytes is not None and size > max_bytes:
                raise TooLarge(
                    f"The run with its failed executions is larger than {max_bytes:,} bytes; "
                    "the download was stopped."
                )
            start = listed.next
            if progress is not None:
                await progress(len(items), len(items) + MAX_LIMIT * (start is not None))
        error = TOO_MANY_PAGES if start is not None else ""
        return Collected(tuple(items.values()), unreadable, error, size)

    async def page(
        self,
        item_type: type[W],
        path: str,
        start: Position,
        filters: Sequence[tuple[str, str]] = (),
        **values: str,
    ) -> BuildkitePage[W]:
        """Reads the page that holds a position, and returns it from there on.

        A page may be shorter than what was asked for, or empty: whether another follows, and
        which, says the `Link` header alone.

        Raises:
            UpstreamError: Page after page is empty, and the list goes on.
        """
        unreadable: tuple[str, ...] = ()
        for _ in range(_EMPTY_PAGES):
            listed = await self._page(item_type, path, start, filters, values)
            unreadable += listed.unreadable if not start.skip else ()
            if listed.items or listed.next is None:
                return replace(listed, unreadable=unreadable)
            start = listed.next
        raise UpstreamError(f"{_EMPTY_PAGES} pages of a list are empty, and it goes on.")

    async def _page(
        self,
        item_type: type[W],
        path: str,
        start: Position,
        filters: Sequence[tuple[str, str]],
        values: Mapping[str, str],
    ) -> BuildkitePage[W]:
        answer = await self._api.get(
            list[item_type],  # type: ignore[valid-type]  # a type made at run time
            path,
            [*filters, ("page", str(start.page)), ("per_page", str(start.per_page))],
            **values,
        )
        behind = None
        if answer.has_next:
            behind = Position(start.per_page, max(answer.next_page or 0, start.page + 1))
        places = [start._replace(skip=nth) for nth in range(1, len(answer.data) + 1)]
        if places and behind:
            places[-1] = behind
        items = tuple(zip(answer.data, places, strict=True))[start.skip :]
        return BuildkitePage(items, behind, answer.bytes, answer.unreadable)


def mapped_list(listed: BuildkitePage[W], values: Sequence[T]) -> BuildkitePage[T]:
    """Returns a list with its items replaced, their positions kept."""
    places = [place for _, place in listed.items]
    return BuildkitePage(
        tuple(zip(values, places, strict=True)),
        listed.next,
        listed.upstream_bytes,
        listed.unreadable,
    )


def whole(collected: Collected[W]) -> tuple[W, ...]:
    """Returns all items of a list.

    Raises:
        UpstreamError: It could not be read to its end.
    """
    if collected.error:
        raise UpstreamError(f"A list could not be read to its end: {collected.error}.")
    return collected.items
