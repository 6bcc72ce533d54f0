"""Faults that can be made to happen, and the requests that they happen to."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong for the requests that match; by itself, only a delay."""

    method: str | None = None
    """None for every method."""
    path: str = ""
    """A regular expression that the start of the raw path must match, such as a plain prefix."""
    after: int = 0
    """How many requests that match it spares first."""
    times: int | None = None
    """How many requests it happens to; None for all until it is removed."""
    delay_s: float = 0.0
    """The time to wait before the answer, or before whatever else this fault does."""
    status: int | None = None
    """The status to answer with, with `body` and `headers`, instead of asking the API.

    Without a body, the body is the vendor's error, even with the status 200.
    """
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    """Reset the TCP connection before any byte of an answer; the API is not asked."""
    truncate: bool = False
    """Send the right answer with its full Content-Length, but only the first half of the body."""
    short_length: bool = False
    """Send the right answer, but with half of its length as Content-Length."""
    cut_gzip: bool = False
    """Send the right answer as gzip without its second half, which HTTP does not notice."""
    trickle: bool = False
    """Answer 200 and send a body without an end, little by little."""
    malformed: bool = False
    """Answer 200 with malformed JSON."""
    oversized: int | None = None
    """Answer 200 and stream a JSON body of this many decoded bytes."""
    gzip_bomb: bool = False
    """Send the oversized body as gzip, which makes it about a thousand times smaller."""
    lose_answer: bool = False
    """Ask the API, then reset the connection without an answer."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from error
        if min(self.times or 0, self.after, self.delay_s) < 0:
            raise ValueError("times, after and delay_s cannot be negative")
        effects = ("reset", "truncate", "short_length", "cut_gzip", "trickle", "malformed")
        chosen = [self.status is not None, self.oversized is not None, self.lose_answer]
        if sum([*chosen, *(getattr(self, effect) for effect in effects)]) > 1:
            raise ValueError(
                f"a fault can have only one of status, oversized, lose_answer, {', '.join(effects)}"
            )
        if self.gzip_bomb and self.oversized is None:
            raise ValueError("gzip_bomb needs oversized")
        if self.status is None and (self.body is not None or self.headers):
            raise ValueError("body and headers need a status")

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault happens to a request with this method and raw path."""
        return self.method in (None, method) and re.match(self.path, path) is not None


@dataclass
class _Active:
    """A fault, how many requests it still spares, and how many it happens to then."""

    fault: Fault
    spared: int
    left: int | None


class FaultList:
    """The active faults, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Active] = []

    def add(self, fault: Fault) -> None:
        """Adds a fault."""
        with self._lock:
            self._faults.append(_Active(fault, fault.after, fault.times))

    def clear(self) -> None:
        """Removes all faults."""
        with self._lock:
            self._faults.clear()

    def next_for(self, method: str, path: str) -> Fault | None:
        """Returns the fault that happens to this request, and counts it."""
        with self._lock:
            for active in self._faults:
                if active.left == 0 or not active.fault.matches(method, path):
                    continue
                if active.spared:
                    active.spared -= 1
                    continue
                if active.left is not None:
                    active.left -= 1
                return active.fault
        return None
