"""Attempts at one request: which failures are retried, after which pause, until when."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, TypeVar

import stamina

from runs_mcp.deadline import Deadline
from runs_mcp.errors import NotConnected, RunsError, Unreachable

R = TypeVar("R")
Backoff: TypeAlias = Callable[[Exception], bool | float]
"""Decides about a failure: no retry, one after the usual pause, or after that many seconds."""

_ATTEMPTS: Final = 5
_LEAST_PAUSE_S: Final = 0.2  # `Retry-After: 0` is no leave to ask without a pause
_RETRIED_STATUSES: Final = frozenset({429, 502, 503, 504})


class Attempts:
    """Attempts at one request, with growing pauses, until the deadline.

    Args:
        deadline: The deadline of the whole call.
        backoff: Decides about a retry after each failure.

    Attributes:
        failure: Why the last attempt failed, if one did.
        failures: How many attempts failed.
        is_sending: Whether an attempt is under way, or was when the time was up.
    """

    def __init__(self, deadline: Deadline, backoff: Backoff) -> None:
        self._deadline = deadline
        self._backoff = backoff
        self.failure: RunsError | None = None
        self.failures = 0
        self.is_sending = False

    async def run(self, send: Callable[[], Awaitable[R]]) -> R:
        """Returns what the first successful attempt returns.

        Raises:
            TimeoutError: The deadline has passed.
            RunsError: The last attempt failed, and there is no other.
        """
        with self._deadline.fail_after():
            async for attempt in stamina.retry_context(
                on=self._backoff,
                attempts=_ATTEMPTS,
                timeout=None,
                wait_initial=_LEAST_PAUSE_S,
                wait_max=5,
                wait_jitter=0.3,
            ):
                with attempt:
                    result = await self._attempt(send)
        return result

    async def _attempt(self, send: Callable[[], Awaitable[R]]) -> R:
        self.is_sending = True
        try:
            return await send()
        except RunsError as error:
            self.failure = error
            self.failures += 1
            self.is_sending = False
            raise


def read_attempts(deadline: Deadline) -> Attempts:
    """Returns attempts at a read: it is retried wherever that may help."""

    def backoff(error: Exception) -> bool | float:
        if isinstance(error, Unreachable):
            return error.retryable
        if not isinstance(error, RunsError) or error.status not in _RETRIED_STATUSES:
            return False
        if error.retry_after_s is None:
            return True
        pause_s = max(error.retry_after_s, _LEAST_PAUSE_S)
        return pause_s if pause_s < deadline.left_s() else False

    return Attempts(deadline, backoff)


def write_attempts(deadline: Deadline) -> Attempts:
    """Returns attempts at a write: it is retried only where no connection was made."""
    return Attempts(deadline, lambda error: isinstance(error, NotConnected) and error.retryable)
