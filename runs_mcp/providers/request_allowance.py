"""How many requests a call that reads many runs may make."""

from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 8
"""How many runs are read at the same time."""


class Allowance:
    """How many requests may still be made.

    Args:
        at_most: How many requests all reading may take.
        made: Returns how many were made so far.
    """

    def __init__(self, at_most: int, made: Callable[[], int]) -> None:
        self._at_most = at_most
        self._made = made
        self._taken = made()
        self.is_late = False

    def take(self) -> bool:
        """Returns whether one more request may be made, and counts it."""
        if self.is_late or max(self._taken, self._made()) >= self._at_most:
            return False
        self._taken += 1
        return True

    def share(self, each: int) -> int:
        """Returns how many readers may read at once, so that each can make so many requests."""
        left = self._at_most - max(self._taken, self._made())
        return max(1, min(AT_ONCE, left // max(1, each)))
