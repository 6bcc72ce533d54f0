"""Lists of the Buildkite API: numbered pages, where the `Link` header alone names the next one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Final, Generic, NamedTuple, TypeVar

from runs_mcp.api.client import Answer, ApiClient
from runs_mcp.errors import RunsError, TooLarge, UpstreamError
from runs_mcp.providers.run_reader import Progress

T = TypeVar("T")
W = TypeVar("W")

MAX_LIMIT: Final = 100
"""The most items that the API returns in a page."""
MAX_PAGES: Final = 100
"""The most pages that are read of one list, in case a list never ends."""
_TOO_MANY_PAGES: Final = "too_many_pages"
_MAX_EMPTY_PAGES: Final = 20
"""The most pages in a row that bring nothing new before a list is given up."""


@dataclass(frozen=True)
class ListQuery(Generic[W, T]):
    """A list of the API.

    Args:
        item_type: The type of an item, as it is sent.
        path: The path, with the names of values in braces.
        values: The values in the path.
        filters: Query parameters.
        make: Makes of an item what is kept of it. Pure.
        key: Returns what identifies an item: items can shift to the next page meanwhile.
    """

    item_type: type[W]
    path: str
    values: Mapping[str, str]
    filters: Sequence[tuple[str, str]] = ()
    _: KW_ONLY
    make: Callable[[W], T]
    key: Callable[[W], object]


class ListPosition(NamedTuple):
    """A position in a list: items per page, the page's number, and the items of it to skip."""

    per_page: int
    page: int = 1
    skip: int = 0


FIRST_POSITION: Final = ListPosition(MAX_LIMIT)
"""Where a list begins."""


@dataclass(frozen=True)
class BuildkitePage(Generic[T]):
    """Items of a list, starting at some position.

    Args:
        items: The items.
        keys: For each item, what identifies it.
        positions: For each item, the position after it.
        next: The position after the page; None if it is the last.
        upstream_bytes: The size of the page that the items are from.
        unreadable: For each item that could not be read, where it was and why.
    """

    items: tuple[T, ...]
    keys: tuple[object, ...]
    positions: tuple[ListPosition, ...]
    next: ListPosition | None
    upstream_bytes: int
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildkiteList(Generic[T]):
    """The items of all pages of a list, as far as they could be read.

    Args:
        items: The items, each once.
        unreadable: For each item that could not be read, where it was and why.
        failure: The error that ended the reading early, if one did.
        goes_on: Whether it goes on after the most pages that are read.
        upstream_bytes: The size of all pages.
    """

    items: tuple[T, ...]
    unreadable: tuple[str, ...]
    failure: RunsError | None
    goes_on: bool = False
    upstream_bytes: int = 0

    @property
    def error(self) -> str:
        """The kind of what ended the reading early; empty if the list is complete."""
        if self.goes_on:
            return _TOO_MANY_PAGES
        return self.failure.kind if self.failure else ""

    def require_complete(self) -> None:
        """Checks that the list was read to its end.

        Raises:
            RunsError: It was not; this is the error that ended the reading.
        """
        if self.failure:
            raise self.failure
        if self.goes_on:
            raise UpstreamError(f"A list goes on after {MAX_PAGES} pages.")


class ListReader:
    """Reads lists through an API client.

    Every method raises a `RunsError` where the API cannot be read.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def all(
        self,
        query: ListQuery[W, T],
        progress: Progress | None = None,
        start: ListPosition = FIRST_POSITION,
    ) -> BuildkiteList[T]:
        """Reads all pages of a list, as far as they have as many bytes as one download may.

        Args:
            query: The list.
            progress: Called after each page.
            start: The position of the page to begin with.
        """
        collected: _Collected[T] = _Collected()
        nothing_new = 0
        at: ListPosition | None = start
        for _ in range(MAX_PAGES):
            if at is None or nothing_new > _MAX_EMPTY_PAGES:
                break
            try:
                page = await self._page(query, at)
            except RunsError as failure:
                if at == start:
                    raise
                return collected.as_list(failure)
            nothing_new = 0 if collected.add(page, at.page) else nothing_new + 1
            if collected.bytes > self._api.max_bytes:
                return collected.as_list(
                    TooLarge(
                        f"The pages of a list have more than {self._api.max_bytes:,} bytes "
                        "together; the download was stopped."
                    )
                )
            at = page.next
            if progress is not None:
                read = len(collected.items)
                await progress(read, read + MAX_LIMIT * (at is not None))
        return collected.as_list(goes_on=at is not None)

    async def page(
        self, query: ListQuery[W, T], start: ListPosition, *, once: bool = False
    ) -> BuildkitePage[T]:
        """Reads the page at a position, and returns its items from there on.

        A page can be shorter than `per_page`, or empty, and still have a next one. Empty pages
        are skipped, unless `once` allows one request alone.

        Raises:
            UpstreamError: Page after page is empty, and the list goes on.
        """
        unreadable: tuple[str, ...] = ()
        for _ in range(_MAX_EMPTY_PAGES):
            page = await self._page(query, start)
            unreadable += page.unreadable if not start.skip else ()
            if page.items or page.next is None or once:
                return replace(page, unreadable=unreadable)
            start = page.next
        raise UpstreamError(f"{_MAX_EMPTY_PAGES} pages of a list are empty, and it goes on.")

    async def _page(self, query: ListQuery[W, T], start: ListPosition) -> BuildkitePage[T]:
        async with self._api.answer(
            list[query.item_type],  # type: ignore[name-defined]  # a type made at run time
            query.path,
            [*query.filters, ("page", str(start.page)), ("per_page", str(start.per_page))],
            **query.values,
        ) as answer:
            return await self._api.work_on(lambda: _page_of(answer, query, start), answer.bytes)


def _page_of(
    answer: Answer[list[W]], query: ListQuery[W, T], start: ListPosition
) -> BuildkitePage[T]:
    following = None
    if answer.has_next:
        following = ListPosition(start.per_page, max(answer.next_page or 0, start.page + 1))
    positions = [start._replace(skip=nth) for nth in range(1, len(answer.data) + 1)]
    if positions and following:
        positions[-1] = following
    sent = answer.data[start.skip :]
    return BuildkitePage(
        tuple(map(query.make, sent)),
        tuple(map(query.key, sent)),
        tuple(positions[start.skip :]),
        following,
        answer.bytes,
        answer.unreadable,
    )


class _Collected(Generic[T]):
    """The items of the pages that were read so far, each once."""

    def __init__(self) -> None:
        self.items: dict[object, T] = {}
        self.bytes = 0
        self._unreadable: tuple[str, ...] = ()

    def add(self, page: BuildkitePage[T], number: int) -> bool:
        """Adds a page, and returns whether it has new items; one without a key counts as new."""
        before = len(self.items)
        for index, (key, item) in enumerate(zip(page.keys, page.items, strict=True)):
            self.items.setdefault(key or (number, index), item)
        self._unreadable += page.unreadable
        self.bytes += page.upstream_bytes
        return len(self.items) > before

    def as_list(
        self, failure: RunsError | None = None, *, goes_on: bool = False
    ) -> BuildkiteList[T]:
        """Returns the items as a list that ended with this error, goes on, or neither."""
        items = tuple(self.items.values())
        return BuildkiteList(items, self._unreadable, failure, goes_on, self.bytes)
