"""The proxy through which an API is reached, as the environment or the system names it."""

import os
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

# Reading what the environment and the system say of proxies requests nothing.
from urllib.request import getproxies, proxy_bypass  # noqa: TID251

from runs_mcp.errors import SettingsError
from runs_mcp.web_address import web_address

_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_SYSTEM: Final = "the proxy settings of this system"


class ProxyAddress(NamedTuple):
    """The address of a proxy, and what names it: a variable, or the system."""

    url: str
    setting: str

    def require_usable(self) -> None:
        """Checks the address.

        Raises:
            SettingsError: It is none. The message does not show it, since it may hold a password.
        """
        try:
            web_address(self.url, _SCHEMES)
        except ValueError as error:
            raise SettingsError(f"{self.setting}: {error}") from None


def proxy_of(base_url: str) -> ProxyAddress | None:
    """Returns the proxy for an API; None where it is reached directly, as on this machine.

    Raises:
        SettingsError: The list of hosts without a proxy cannot be read.
    """
    api = urlsplit(base_url)
    proxies = getproxies()
    if is_on_this_machine(base_url) or _is_excluded(api, proxies.get("no", "")):
        return None
    scheme = next((name for name in (api.scheme, "all") if proxies.get(name)), None)
    if scheme is None:
        return None
    url = proxies[scheme]
    return ProxyAddress(url if "://" in url else f"http://{url}", _setting(scheme, url))


def is_on_this_machine(url: str) -> bool:
    """Returns whether a URL leads to this machine: such an API never goes through a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_excluded(api: SplitResult, excluded: str) -> bool:
    hosts = [host.strip() for host in excluded.split(",")]
    for host in hosts:
        try:
            urlsplit(f"//{host}")
        except ValueError:
            variable = _setting("no", excluded)
            raise SettingsError(f"{variable}: must be a comma list of hosts") from None
    names = {host.strip("[]") for host in hosts}
    return not names.isdisjoint({"*", api.hostname}) or bool(proxy_bypass(api.netloc))


def _setting(scheme: str, value: str) -> str:
    """Returns the variable that names a proxy: the one in small letters wins."""
    variables = [
        name
        for name, given in os.environ.items()
        if name.lower() == f"{scheme}_proxy" and given == value
    ]
    return max(variables, default=_SYSTEM)
