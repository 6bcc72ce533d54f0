"""The deadline of a tool call."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")

_GRACE_S: Final = 1.5
"""For work on what was read until the deadline: without it, all of that would be lost."""

_of_work: Final[ContextVar["Deadline | None"]] = ContextVar("deadline_of_work", default=None)

_LONG_S: Final = 0.1
_PAUSE_S: Final = 0.05
"""After long work, which may have kept the interpreter to itself: without it, the event loop would
wait for the next piece of work each time that it waits for anything else."""


def stop_when_late() -> None:
    """Ends work in a thread, see `Deadline.run_in_thread`, whose time is up.

    Nothing else ends it: whoever waited for it has gone on, and it would take up time and memory.

    Raises:
        TimeoutError: Its time is up.
    """
    deadline = _of_work.get()
    if deadline is not None and deadline.left_for_work_s() <= 0:
        raise TimeoutError


class Deadline:
    """The time that all requests of one call have together, retries and pauses included.

    Args:
        seconds: How long that is, from now on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._reserved_s = 0.0
        self._scopes: dict[anyio.CancelScope, float] = {}
        # More threads would do it no sooner, and keep the event loop from running.
        self._threads = anyio.CapacityLimiter(1)

    def left_s(self) -> float:
        """Returns the seconds that are left, 0 once the deadline has passed."""
        return max(0.0, self._end - self._reserved_s - time.monotonic())

    def left_for_work_s(self) -> float:
        """Returns the seconds that are left for work on what was read in time."""
        return max(0.0, self._end + _GRACE_S - self._reserved_s - time.monotonic())

    @contextmanager
    def fail_after(self) -> Iterator[None]:
        """Raises TimeoutError once no time is left, also if the deadline is moved up meanwhile."""
        with self._fail_after(self.left_s(), 0):
            yield

    async def run_in_thread(self, work: Callable[[], T]) -> T:
        """Returns what `work` makes of what was read; the event loop goes on meanwhile.

        It has a second and a half more than the deadline.

        Args:
            work: Pure functions; `stop_when_late` ends them.

        Raises:
            TimeoutError: It took too long.
        """
        with self._fail_after(self.left_for_work_s(), _GRACE_S):
            before = _of_work.set(self)
            try:
                return await anyio.to_thread.run_sync(
                    lambda: _with_pause(work), abandon_on_cancel=True, limiter=self._threads
                )
            finally:
                _of_work.reset(before)

    @contextmanager
    def _fail_after(self, seconds: float, past_end_s: float) -> Iterator[None]:
        with anyio.fail_after(seconds) as scope:
            self._scopes[scope] = past_end_s
            try:
                yield
            finally:
                del self._scopes[scope]

    @contextmanager
    def reserving(self, seconds: float) -> Iterator[None]:
        """Keeps some seconds for what comes afterwards."""
        self._reserved_s = seconds
        try:
            yield
        finally:
            self._reserved_s = 0.0

    def end_within(self, seconds: float) -> None:
        """Moves the deadline up, if it is later than that."""
        self._end = min(self._end, time.monotonic() + seconds)
        self._reserved_s = min(self._reserved_s, seconds / 2)
        for scope, past_end_s in self._scopes.items():
            end = anyio.current_time() + self.left_s() + past_end_s
            scope.deadline = min(scope.deadline, end)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops the clock, as while a person decides."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - began


def _with_pause(work: Callable[[], T]) -> T:
    began = time.monotonic()
    try:
        return work()
    finally:
        if time.monotonic() - began > _LONG_S:
            time.sleep(_PAUSE_S)
