"""Connection pools: one for each API, shared by all calls."""

from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Final, Self

import httpx

from runs_mcp import __version__
from runs_mcp.api.certificates import tls_context
from runs_mcp.api.interim_responses import Transport
from runs_mcp.api.memory_budget import MemoryBudget
from runs_mcp.api.proxies import is_on_this_machine, proxy_of
from runs_mcp.errors import SettingsError

# One call reads with 16 at most, a comparison with 32: slow ones leave room for others.
_FOR_READS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=32)
_REACHED_SECONDS: Final = 4.0
_FOR_WRITES: Final = httpx.Limits(max_connections=100, max_keepalive_connections=0)


@dataclass(frozen=True)
class Pool:
    """The connections to one API, to be entered and closed. Nothing is connected before a request.

    A write has a connection of its own: what an API sent too much on a used one would be taken for
    its answer.

    Args:
        reads: The connections for reading.
        writes: The connections for writing, each closed after one request.
        memory: The memory that the answers take: those of one API wait for each other alone.
    """

    reads: httpx.AsyncClient
    writes: httpx.AsyncClient
    memory: MemoryBudget = field(default_factory=MemoryBudget)

    async def __aenter__(self) -> Self:
        await self.reads.__aenter__()
        await self.writes.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.writes.__aexit__(kind, error, trace)
        await self.reads.__aexit__(kind, error, trace)


def open_pool(base_url: str, url_setting: str) -> Pool:
    """Returns a pool of connections to one API.

    Args:
        base_url: The address of the API.
        url_setting: The setting that holds it, for messages.

    Raises:
        SettingsError: The address, or what the environment says of proxies and certificates, cannot
            be used.
    """
    _require_accepted(base_url, url_setting)
    proxy = proxy_of(base_url)
    if proxy is not None:
        proxy.require_usable()
        _require_accepted(proxy.url, proxy.setting)
    tls = tls_context(trust_environment=not is_on_this_machine(base_url))
    try:
        reads, writes = (
            httpx.AsyncClient(
                transport=Transport(tls, limits, proxy and proxy.url),
                trust_env=False,
                follow_redirects=False,
                # A pool is shared by callers: what one was sent must not go out for another.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "gzip",
                    "User-Agent": f"runs-mcp/{__version__}",
                },
            )
            for limits in (_FOR_READS, _FOR_WRITES)
        )
        return Pool(reads, writes)
    except ImportError as error:
        setting = proxy.setting if proxy else url_setting
        raise SettingsError(
            f"{setting}: a SOCKS proxy needs the Python package socksio; install it, or set an "
            "http:// proxy"
        ) from error


async def is_reachable(base_url: str, url_setting: str) -> bool:
    """Returns whether an API answers at all, whatever it says to a request without a key."""
    async with open_pool(base_url, url_setting) as pool:
        try:
            async with pool.reads.stream("GET", base_url, timeout=_REACHED_SECONDS):
                return True
        except httpx.HTTPError:
            return False


def _require_accepted(url: str, setting: str) -> None:
    """Checks that httpx takes a URL: it knows more of hosts than we do."""
    try:
        _ = httpx.URL(url).host
    except (httpx.InvalidURL, ValueError) as error:
        raise SettingsError(f"{setting}: must be a URL whose host can exist") from error
