"""The exceptions of this package.

    RunsError
    ├── InvalidArgument      400, 422 on a read; an argument refused before any request
    ├── Unauthorized         401
    ├── Forbidden            403
    ├── NotFound             404
    ├── Conflict             409, 422 on a write
    ├── RateLimited          429
    ├── UpstreamError        other 3xx and 4xx; a 5xx after all retries; FAILED in a 200
    │   └── AnswerLost       a write was sent; whether it was carried out is unknown
    ├── DeadlineExceeded     the deadline of the whole call has passed
    ├── Unreachable          no connection, or it broke off
    │   └── NotConnected     no connection could be made: nothing was sent
    │       └── ProxyRefused the proxy made none
    ├── TooLarge             413, or more bytes than a download may have
    ├── MalformedResponse    a response that is not what the API documents
    └── InternalError        a defect of this server

`str()` of each is the text for the model: what happened, facts in brackets, what to do next.
`SettingsError` is for the operator, and ends the command.
"""

import re
from typing import ClassVar, Final

from runs_mcp.text import clip, one_line

MAX_ERROR_CHARS: Final = 2000
_MAX_ADVICE_CHARS: Final = 1000
_FACTS: Final = re.compile(r"\[\s*+kind\s*+=", re.IGNORECASE)


class SettingsError(Exception):
    """A setting or option that cannot be used. The message is one line that says how to fix it."""

    def __init__(self, problem: str) -> None:
        super().__init__(clip(one_line(problem), MAX_ERROR_CHARS))


class RunsError(Exception):
    """A failure that is reported to the caller.

    Args:
        what: One sentence on what happened, plain text.
        status: The HTTP status, where there was a response.
        retry_after_s: Seconds to wait before another attempt, where the API gave them.
        next_step: What to do next; by default, the advice of this kind.
    """

    kind: ClassVar[str]
    advice: ClassVar[str]

    def __init__(
        self,
        what: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        next_step: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.status = status
        self.retry_after_s = retry_after_s
        self.next_step = next_step or self.advice

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return False

    def __str__(self) -> str:
        facts = [f"kind={self.kind}"]
        if self.status is not None:
            facts.append(f"status={self.status}")
        facts.append(f"retryable={'yes' if self.retryable else 'no'}")
        if self.retry_after_s is not None:
            facts.append(f"retry_after_s={self.retry_after_s:g}")
        tail = f" [{' '.join(facts)}] {clip(self.next_step, _MAX_ADVICE_CHARS)}"
        # What an API says stands in the sentence: it cannot pass for the facts.
        what = _FACTS.sub("(kind=", self.what)
        return clip(what, max(1, MAX_ERROR_CHARS - len(tail))) + tail


class InvalidArgument(RunsError):
    """An argument that cannot be used; nothing was read or changed."""

    kind = "invalid_argument"
    advice = "Fix the argument and call again."


class Unauthorized(RunsError):
    """The API does not know the key."""

    kind = "unauthorized"
    advice = "Ask the operator for a valid API key; `runs-mcp check` tests it."


class Forbidden(RunsError):
    """The key is known, but may not do this."""

    kind = "forbidden"
    advice = "Ask the operator for a key that has this permission."


class NotFound(RunsError):
    """It does not exist, or this key cannot see it."""

    kind = "not_found"
    advice = "Check the ID: list what there is and take it from there."


class Conflict(RunsError):
    """Its state does not allow this."""

    kind = "conflict"
    advice = "Read it again to see its state before going on."


class RateLimited(RunsError):
    """Too many requests."""

    kind = "rate_limited"
    advice = "Wait before calling again, and ask for less at once."

    @property
    def retryable(self) -> bool:
        """A later call may succeed."""
        return True


class UpstreamError(RunsError):
    """The API failed in a way that says nothing about the arguments."""

    kind = "upstream_error"
    advice = "Try again later; if it persists, tell the operator."

    @property
    def retryable(self) -> bool:
        """A server error (5xx) may pass; a refusal (4xx) does not."""
        return self.status is None or self.status >= 500


class AnswerLost(UpstreamError):
    """A write was sent, and no response says whether it was carried out."""


class DeadlineExceeded(RunsError):
    """The deadline of the whole call has passed."""

    kind = "timeout"
    advice = "Try again; if it persists, the operator can raise RUNS_MCP_TIMEOUT_S."

    @property
    def retryable(self) -> bool:
        """The next call has a deadline of its own."""
        return True


class Unreachable(RunsError):
    """No connection to the API could be made, or it broke off."""

    kind = "unreachable"
    advice = "Try again later; `runs-mcp check` tells the operator whether the API can be reached."

    @property
    def retryable(self) -> bool:
        """The network may come back."""
        return True


class NotConnected(Unreachable):
    """No connection could be made, so nothing was sent."""


class ProxyRefused(NotConnected):
    """The proxy made no connection, so nothing was sent; `status` is what it answered."""

    @property
    def retryable(self) -> bool:
        """A proxy that cannot reach the API (5xx) may do so later."""
        return self.status is None or self.status >= 500


class TooLarge(RunsError):
    """More bytes than may be downloaded."""

    kind = "too_large"
    advice = "Ask for less; the operator can raise RUNS_MCP_MAX_DOWNLOAD_BYTES."


class MalformedResponse(RunsError):
    """A response that is not what the API documents."""

    kind = "malformed_response"
    advice = "Try again later; if it persists, check that the API URL is right (`runs-mcp check`)."


class InternalError(RunsError):
    """A defect of this server; the log on stderr has the details."""

    kind = "internal_error"
    advice = "This is a defect of runs-mcp; please report it with the server's log."
