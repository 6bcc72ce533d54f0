"""The memory that the answers being read take together: past a limit, all but one of them wait.

A single answer is bounded by itself. Many at once, such as the specs of a run, are not.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio

_MOST_BYTES: Final = 64_000_000
_SMALL_BYTES: Final = 1_000_000
_SLOW_SECONDS: Final = 2.0
_SLOW_BYTES: Final = 100_000
"""A download that grows less in so many seconds is ended if others wait for what it holds."""


class MemoryBudget:
    """The memory of all answers being read. Not for use by several event loops.

    An answer that does not fit waits until others are done. The one that waits the longest may go
    beyond the budget, so that answers that wait for each other come to an end.

    Args:
        most_bytes: The bytes that they may take together.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: dict[HeldMemory, int] = {}
        self._waiting: list[HeldMemory] = []
        self._beyond: HeldMemory | None = None
        self._changed = anyio.Event()

    @contextmanager
    def answer(self) -> Iterator["HeldMemory"]:
        """Yields the memory of one answer; it is given back at the end of the block."""
        held = HeldMemory(self)
        try:
            yield held
        finally:
            self._held.pop(held, None)
            if self._beyond is held:
                self._beyond = None
            self._notify()

    async def wait_for(self, held: "HeldMemory", size: int) -> None:
        """Waits until an answer may take so many bytes in all. A small one never waits."""
        if size > _SMALL_BYTES and not self._fits(held, size):
            self._waiting.append(held)
            try:
                while not self._fits(held, size):
                    with anyio.move_on_after(_SLOW_SECONDS):
                        await self._changed.wait()
                    self._end_slow_downloads()
            finally:
                self._waiting.remove(held)
                self._notify()
        self._held[held] = size

    def _end_slow_downloads(self) -> None:
        for held, size in self._held.items():
            if size > _SMALL_BYTES and held not in self._waiting:
                held.end_if_slow()

    def _fits(self, held: "HeldMemory", size: int) -> bool:
        others = sum(taken for other, taken in self._held.items() if other is not held)
        if others + size <= self._most_bytes or self._beyond is held:
            return True
        if self._beyond is None and self._waiting[:1] == [held]:
            self._beyond = held
        return self._beyond is held

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


class HeldMemory:
    """The memory of one answer, or of several that are kept until the last is read."""

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._kept = self._size = 0
        self._download: anyio.CancelScope | None = None
        self._noted_size, self._noted_at = 0, 0.0

    async def grow_to(self, size: int) -> None:
        """Waits until the answer may take so many bytes in all."""
        began = time.monotonic()
        await self._budget.wait_for(self, self._kept + size)
        self._size = size
        self._noted_at += time.monotonic() - began  # It was not the download that was slow.
        if size >= self._noted_size + _SLOW_BYTES:
            self._note()

    @contextmanager
    def downloading(self) -> Iterator[anyio.CancelScope]:
        """Yields a scope that is cancelled if the download in it is slow while others wait."""
        with anyio.CancelScope() as scope:
            self._download = scope
            self._size = 0
            self._note()
            try:
                yield scope
            finally:
                self._download = None

    def end_if_slow(self) -> None:
        """Ends the download if it hardly grew in the last seconds."""
        if self._download and time.monotonic() - self._noted_at >= _SLOW_SECONDS:
            self._download.cancel()

    def _note(self) -> None:
        self._noted_size, self._noted_at = self._size, time.monotonic()

    def keep(self) -> None:
        """Keeps what the answer takes while the next one is read."""
        self._kept += self._size
        self._size = 0
