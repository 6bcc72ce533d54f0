"""What the exceptions of httpx mean: each becomes a `RunsError`."""

from collections.abc import Mapping
from typing import Final

import httpx

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.proxies import proxy_of
from runs_mcp.api.proxy_errors import proxy_error
from runs_mcp.errors import InvalidArgument, NotConnected, ProxyRefused, RunsError, Unreachable
from runs_mcp.text import clip, one_line

_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"

# The nearest base class of an exception decides.
MEANINGS: Final[Mapping[type[Exception], type[RunsError]]] = {
    httpx.InvalidURL: InvalidArgument,
    httpx.ConnectError: NotConnected,
    httpx.ConnectTimeout: NotConnected,
    httpx.PoolTimeout: NotConnected,
    httpx.ProxyError: ProxyRefused,
    httpx.RequestError: Unreachable,
}


def error_of(exception: Exception, endpoint: Endpoint) -> RunsError:
    """Returns the error that an exception of httpx means.

    Args:
        exception: One of `MEANINGS`, or of a subclass.
        endpoint: The API that was asked.
    """
    meaning = next(MEANINGS[base] for base in type(exception).__mro__ if base in MEANINGS)
    if meaning is InvalidArgument:
        return InvalidArgument(
            "The arguments are too long for a URL, or do not fit into one; nothing was requested."
        )
    if meaning is ProxyRefused:
        return proxy_error(endpoint, str(exception))
    if meaning is NotConnected:
        return _not_connected(endpoint, clip(one_line(str(exception)), 200) or "it took too long")
    return Unreachable(
        f"The connection to the {endpoint.api} API broke off before the answer was complete."
    )


def _not_connected(endpoint: Endpoint, why: str) -> NotConnected:
    proxy = proxy_of(endpoint.base_url)
    through = f" through the proxy in {proxy.setting}" if proxy else ""
    advice = (
        f"Check that {f'{proxy.setting} and ' if proxy else ''}{endpoint.url_setting} "
        f"{'are' if proxy else 'is'} right and that this machine may reach it"
    )
    if _UNTRUSTED in why:
        advice = (
            "If a proxy of your company reads what is encrypted, set SSL_CERT_FILE to a file with "
            "its certificate"
        )
    return NotConnected(
        f"No connection to the {endpoint.api} API at {endpoint.origin} could be made{through}: "
        f"{why}.",
        next_step=f"{advice}; `runs-mcp check` tests it.",
    )
