"""The two rate limits of the API: stated in every answer, enforced only on demand."""

import math
import threading
import time
from collections.abc import Iterator
from typing import Literal

import msgspec

Scope = Literal["rest", "rest_user"]
ORGANIZATION_LIMIT = 200
USER_LIMIT = 50
_WINDOW_S = 60


class Exceeded(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a 429."""

    message: str
    scope: Scope
    limit: int
    current: int
    reset: int


class RateLimits:
    """Both limits; safe to use from several threads.

    No request is refused until `spend` is called: the remaining requests go down to zero and
    stay there until the minute is over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead_s = 0.0
        self._windows: dict[Scope, _Window] = {
            "rest": _Window("rest", "RateLimit", ORGANIZATION_LIMIT),
            "rest_user": _Window("rest_user", "RateLimit-User", USER_LIMIT),
        }

    def spend(self, scope: Scope, *, remaining: int, reset_s: int) -> None:
        """Leaves this many requests, and refuses others until reset_s seconds have passed.

        Raises:
            ValueError: More requests than the limit, or a negative number.
        """
        with self._lock:
            self._windows[scope].spend(remaining, reset_s, self._now())

    def lift(self) -> None:
        """Begins new windows, in which no request is refused."""
        with self._lock:
            for window in self._windows.values():
                window.begin(self._now())

    def advance(self, seconds: float) -> None:
        """Lets time pass for the limits alone."""
        with self._lock:
            self._ahead_s += seconds

    def count(self) -> Exceeded | None:
        """Counts a request; returns the body of the answer where a limit refuses it instead."""
        with self._lock:
            now = self._now()
            for window in self._windows.values():
                if window.refuses(now):
                    return window.exceeded(now)
            for window in self._windows.values():
                window.count(now)
            return None

    def headers(self) -> dict[str, str]:
        """Returns the headers of every answer that state the limits."""
        with self._lock:
            now = self._now()
            return dict(
                header for window in self._windows.values() for header in window.headers(now)
            )

    def _now(self) -> float:
        return time.monotonic() + self._ahead_s


class _Window:
    """One limit, and how much of it is used in the current window."""

    def __init__(self, scope: Scope, prefix: str, limit: int) -> None:
        self._scope = scope
        self._prefix = prefix
        self._limit = limit
        self._used = 0
        self._ends_at = 0.0
        self._is_enforced = False

    def begin(self, now: float) -> None:
        self._used = 0
        self._ends_at = now + _WINDOW_S
        self._is_enforced = False

    def spend(self, remaining: int, reset_s: int, now: float) -> None:
        if not 0 <= remaining <= self._limit:
            raise ValueError(f"0 to {self._limit} requests can remain")
        if reset_s < 0:
            raise ValueError("reset_s cannot be negative")
        self._used = self._limit - remaining
        self._ends_at = now + reset_s
        self._is_enforced = True

    def refuses(self, now: float) -> bool:
        self._roll(now)
        return self._is_enforced and self._used >= self._limit

    def count(self, now: float) -> None:
        self._roll(now)
        self._used = min(self._used + 1, self._limit)

    def exceeded(self, now: float) -> Exceeded:
        reset = self._reset(now)
        return Exceeded(
            message=_warning(reset),
            scope=self._scope,
            limit=self._limit,
            current=self._used,
            reset=reset,
        )

    def headers(self, now: float) -> Iterator[tuple[str, str]]:
        self._roll(now)
        yield f"{self._prefix}-Scope", self._scope
        yield f"{self._prefix}-Limit", str(self._limit)
        yield f"{self._prefix}-Remaining", str(self._limit - self._used)
        yield f"{self._prefix}-Reset", str(self._reset(now))
        if self._used >= self._limit:
            yield f"{self._prefix}-Warning", _warning(self._reset(now))

    def _reset(self, now: float) -> int:
        # Rounded up, so that waiting this long is enough.
        return math.ceil(self._ends_at - now)

    def _roll(self, now: float) -> None:
        if now >= self._ends_at:
            self.begin(now)


def _warning(reset: int) -> str:
    return (
        "You have exceeded your API rate limit."
        f" Please wait {reset} seconds before making more requests."
    )
