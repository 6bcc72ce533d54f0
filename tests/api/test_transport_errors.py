"""Errors made of the exceptions of httpx."""

import httpx
import pytest

from runs_mcp.api.transport_errors import MEANINGS, error_of
from runs_mcp.errors import InvalidArgument, NotConnected, RunsError, Unreachable

NO_CONNECTION = "No connection to the Example API at https://api.example could be made"
NOT_RAISED_BY_A_STREAMED_REQUEST = {
    "HTTPError",  # Only its subclasses are raised.
    "HTTPStatusError",  # By raise_for_status.
    "CookieConflict",  # By reading a cookie.
    "StreamError",  # These five: by reading a body twice, or too early.
    "StreamConsumed",
    "StreamClosed",
    "ResponseNotRead",
    "RequestNotRead",
}


def exceptions_of_httpx() -> list[type[Exception]]:
    public = [getattr(httpx, name) for name in httpx.__all__]
    return [one for one in public if isinstance(one, type) and issubclass(one, Exception)]


def test_no_exception_of_httpx_is_missing() -> None:
    known = tuple(MEANINGS)
    missing = {one.__name__ for one in exceptions_of_httpx() if not issubclass(one, known)}
    assert missing == NOT_RAISED_BY_A_STREAMED_REQUEST


@pytest.mark.parametrize(
    ("exception", "expected", "message"),
    [
        (
            httpx.ConnectError("[Errno 111] Connection\nrefused"),
            NotConnected,
            f"{NO_CONNECTION}: [Errno 111] Connection refused.",
        ),
        (
            httpx.ConnectTimeout(""),
            NotConnected,
            f"{NO_CONNECTION}: it took too long.",
        ),
        (
            httpx.ReadError("reset"),
            Unreachable,
            "The connection to the Example API broke off before the answer was complete.",
        ),
        (
            httpx.InvalidURL("URL too long"),
            InvalidArgument,
            "The arguments are too long for a URL, or do not fit into one; nothing was requested.",
        ),
    ],
)
def test_each_exception_has_a_meaning_and_a_message(
    exception: Exception, expected: type[RunsError], message: str
) -> None:
    error = error_of(exception, "Example", "https://api.example")
    assert type(error) is expected
    assert error.what == message
