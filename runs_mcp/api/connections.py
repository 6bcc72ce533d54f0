"""Connection pools: one for each API, shared by all calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from ipaddress import ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from runs_mcp import __version__

Pool: TypeAlias = httpx.AsyncClient

# Loading the certificates takes some 20 ms: once for all pools.
_tls_context = cache(httpx.create_ssl_context)


@asynccontextmanager
async def connection_pool(base_url: str) -> AsyncIterator[Pool]:
    """Yields a pool of connections to one API, and closes it at the end."""
    # Loopback never goes through the environment's proxy.
    trust_env = not _is_loopback(base_url)
    async with httpx.AsyncClient(
        trust_env=trust_env,
        verify=_tls_context(trust_env=trust_env),
        follow_redirects=False,
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"runs-mcp/{__version__}",
        },
    ) as pool:
        yield pool


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
