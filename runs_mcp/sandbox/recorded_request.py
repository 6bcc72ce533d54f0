"""What the sandbox remembers of every request that arrived."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class RecordedRequest:
    """One request as it came over the wire, and the status it was answered with."""

    method: str
    path: str
    """Raw: still percent-encoded, without the query."""
    query: str
    """The raw query string."""
    accept_encoding: str
    body: bytes
    status: int = 0
    """0 until an answer begins, and for ever where the connection was dropped before one."""
