"""The one deadline of a tool call's upstream work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """The seconds that all requests of one call have together, retries and waits included."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    def left_s(self) -> float:
        """Returns the seconds that are left, never less than none."""
        return max(0.0, self._deadline - time.monotonic())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Lets no time pass: a person thinks, which is no upstream work."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._deadline += time.monotonic() - began

    def restart(self) -> None:
        """Gives all of it again: for reading what became of a write that ate it."""
        self._deadline = time.monotonic() + self.seconds
