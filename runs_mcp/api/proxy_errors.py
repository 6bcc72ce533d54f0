"""What it means where the proxy answered instead of the API."""

from typing import Final
from urllib.parse import urlsplit

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.proxies import proxy_of
from runs_mcp.errors import ProxyRefused
from runs_mcp.text import clip, safe_line

_WANTS_A_LOGIN: Final = 407
_SERVER_ERROR: Final = 500


def proxy_error(endpoint: Endpoint, answer: str) -> ProxyRefused:
    """Returns the error that the answer of a proxy means.

    Args:
        endpoint: The API that was asked.
        answer: What the proxy answered: a status and a few words, or words alone.
    """
    proxy = proxy_of(endpoint.base_url)
    setting = proxy.setting if proxy else "HTTPS_PROXY"
    first, _, _ = answer.partition(" ")
    status = int(first) if first.isascii() and first.isdecimal() else None
    host = urlsplit(endpoint.base_url).hostname
    if status == _WANTS_A_LOGIN:
        does = "wants a login for connections"
        advice = f"Set {setting} to http://user:password@host:port, with a login that it takes."
    elif status is not None and status < _SERVER_ERROR:
        does = "refuses to connect"
        advice = (
            f"Ask whoever runs the proxy to let {host} through, or add {host} to NO_PROXY where "
            "this machine may reach it directly."
        )
    else:
        does = "could not connect"
        advice = f"Check {endpoint.url_setting} and {setting}, or try again later."
    return ProxyRefused(
        f"The proxy in {setting} {does} to the {endpoint.api} API at {endpoint.origin}: "
        f"{clip(safe_line(answer), 200)}.",
        status=status,
        next_step=advice,
    )
