"""What can be made to go wrong, and for which requests."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A misbehaviour for the requests that match; without one of its own, only a delay."""

    method: str | None = None
    """None: every method."""
    path: str = ""
    """A regular expression that the raw path begins with; a plain prefix is one, too."""
    times: int | None = None
    """How many requests it hits; None: until healed."""
    delay_s: float = 0.0
    """Latency before the answer, or before whatever else this fault does."""
    status: int | None = None
    """Answer with this status, `body` and `headers` instead of asking the API.

    Without a body, it is the vendor's envelope of a failure; so 200 is a failure that says OK.
    """
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    """A TCP reset before any byte of an answer; nothing is carried out."""
    truncate: bool = False
    """The right answer with its full Content-Length, but only the first half of the body."""
    malformed: bool = False
    """200 with broken JSON."""
    oversized: int | None = None
    """200 with a JSON body of this many decoded bytes, streamed."""
    gzip_bomb: bool = False
    """Send the oversized body as gzip, which makes it some thousand times smaller."""
    lose_answer: bool = False
    """Carry the request out, then drop the connection without an answer."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        if (self.times or 0) < 0 or self.delay_s < 0:
            raise ValueError("neither times nor delay_s can be negative")
        deeds = (
            self.status is not None,
            self.reset,
            self.truncate,
            self.malformed,
            self.oversized is not None,
            self.lose_answer,
        )
        if sum(deeds) > 1:
            raise ValueError(
                "a fault does one of status, reset, truncate, malformed, oversized, lose_answer"
            )
        if self.gzip_bomb and self.oversized is None:
            raise ValueError("gzip_bomb says how an oversized body is sent: give oversized, too")
        if self.status is None and (self.body is not None or self.headers):
            raise ValueError("body and headers belong to a fault with a status")

    def matches(self, method: str, path: str) -> bool:
        """Whether a request of this method and raw path is hit."""
        return self.method in (None, method) and re.match(self.path, path) is not None


class FaultList:
    """The faults in force, oldest first; the first that matches a request is used up by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Put one more fault in force."""
        with self._lock:
            self._faults.append((fault, fault.times))

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._faults.clear()

    def next_for(self, method: str, path: str) -> Fault | None:
        """The fault that this request runs into, if any."""
        with self._lock:
            for at, (fault, left) in enumerate(self._faults):
                if left == 0 or not fault.matches(method, path):
                    continue
                if left is not None:
                    self._faults[at] = (fault, left - 1)
                return fault
        return None
