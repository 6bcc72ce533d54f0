"""Errors made of the exceptions of httpx."""

import httpx
import pytest

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.transport_errors import MEANINGS, error_of
from runs_mcp.errors import InvalidArgument, NotConnected, ProxyRefused, RunsError, Unreachable

API = Endpoint("Example", "https://api.example/v1", "a-key", "EXAMPLE_KEY", "EXAMPLE_URL")
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
    error = error_of(exception, API)
    assert type(error) is expected
    assert error.what == message


@pytest.mark.parametrize(
    ("why", "advice"),
    [
        ("[Errno 111] Connection refused", "Check that EXAMPLE_URL is right"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "set SSL_CERT_FILE"),
    ],
)
def test_what_to_do_depends_on_why_no_connection_was_made(why: str, advice: str) -> None:
    error = error_of(httpx.ConnectError(why), API)
    assert advice in error.next_step
    assert error.retryable


@pytest.mark.parametrize("words", ["", "Proxy Server could not connect: general failure", "²"])
def test_a_proxy_may_say_why_in_words_alone(words: str) -> None:
    error = error_of(httpx.ProxyError(words), API)
    assert type(error) is ProxyRefused
    assert (error.status, error.retryable) == (None, True)
    assert "could not connect to the Example API" in error.what
