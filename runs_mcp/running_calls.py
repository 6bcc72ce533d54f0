"""The tool calls under way, which a server that ends does not leave unanswered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakSet

import anyio

from runs_mcp.deadline import Deadline
from runs_mcp.errors import DeadlineExceeded

WRITE_SECONDS: Final = 6.0
"""How long a write may go on once the server ends, and reading what it did."""


class RunningCalls:
    """The tool calls under way, and their deadlines."""

    def __init__(self) -> None:
        self._scopes: set[anyio.CancelScope] = set()
        self._deadlines: WeakSet[Deadline] = WeakSet()
        self._is_ending = False
        self._none_is_left = anyio.Event()

    def deadline(self, seconds: float) -> Deadline:
        """Returns the deadline of a call, starting now; it is moved up when the server ends."""
        deadline = Deadline(seconds)
        self._deadlines.add(deadline)
        return deadline

    @contextmanager
    def running(self) -> Iterator[None]:
        """Holds while a call is under way.

        Raises:
            DeadlineExceeded: The server ends: the call was not begun, or was ended.
        """
        if self._is_ending:
            raise _ended()
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._scopes.discard(scope)
                if not self._scopes:
                    self._none_is_left.set()
        if scope.cancelled_caught:
            raise _ended()

    def hurry(self) -> None:
        """Moves the deadlines of the calls under way up."""
        for deadline in self._deadlines:
            deadline.end_within(WRITE_SECONDS)

    async def end(self) -> None:
        """Begins no further call, cancels those under way, and waits for them a bounded time.

        A write is not cancelled: it is shielded, and settled first.
        """
        self._is_ending = True
        if not self._scopes:
            return
        self._none_is_left = anyio.Event()
        for scope in self._scopes:
            scope.cancel()
        with anyio.move_on_after(WRITE_SECONDS):
            await self._none_is_left.wait()


def _ended() -> DeadlineExceeded:
    return DeadlineExceeded(
        "The server was told to end before the call was finished; it has changed nothing.",
        next_step="Start the server again, and repeat the call.",
    )
