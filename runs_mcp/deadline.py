"""The deadline of a tool call."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """The time that all requests of one call have together, retries and pauses included.

    Args:
        seconds: How long that is, from now on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    def left_s(self) -> float:
        """Returns the seconds that are left, 0 once the deadline has passed."""
        return max(0.0, self._deadline - time.monotonic())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops the clock, as while a person decides."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._deadline += time.monotonic() - began

    def restart(self) -> None:
        """Starts anew, to check a write that used up the time."""
        self._deadline = time.monotonic() + self.seconds
