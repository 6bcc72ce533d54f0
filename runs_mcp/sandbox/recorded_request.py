"""A request that the sandbox received."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class RecordedRequest:
    """A request as it was sent, and the status of the answer."""

    method: str
    path: str
    """The raw path: percent-encoded, without the query."""
    query: str
    """The raw query string."""
    accept_encoding: str
    body: bytes
    status: int = 0
    """0 until an answer begins, and where the connection was dropped without one."""
