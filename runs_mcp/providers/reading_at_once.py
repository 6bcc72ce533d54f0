"""Several reads at the same time."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from runs_mcp.errors import RunsError

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


async def read_at_once(
    first: Callable[[], Awaitable[A]], second: Callable[[], Awaitable[B]]
) -> tuple[A, B]:
    """Returns the results of two reads; if one fails, the other is cancelled.

    Raises:
        RunsError: The first error of either, by itself rather than in a group.
    """
    results: tuple[list[A], list[B]] = ([], [])

    async def read_first() -> None:
        results[0].append(await first())

    async def read_second() -> None:
        results[1].append(await second())

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read_first)
            tasks.start_soon(read_second)
    except BaseExceptionGroup as group:
        raise _first_of(group) from None
    return results[0][0], results[1][0]


async def read_each(items: Iterable[T], read: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Calls `read`, which raises nothing, with each item in turn, so many at the same time."""
    waiting = iter(items)

    async def read_some() -> None:
        for item in waiting:
            await read(item)

    async with anyio.create_task_group() as readers:
        for _ in range(at_once):
            readers.start_soon(read_some)


def _first_of(group: BaseExceptionGroup) -> BaseException:
    """Returns the first `RunsError` in a group; the group if it has none."""
    wanted, _ = group.split(RunsError)
    error: BaseException = wanted or group
    while wanted is not None and isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
