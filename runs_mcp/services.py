"""What tools work with while the server lives: the settings and the connections.

A client belongs to one call: it has that caller's key and that call's deadline. Only the
connections are shared.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from runs_mcp.api_client import ApiClient, Pool, connection_pool
from runs_mcp.providers.currents import CurrentsClient
from runs_mcp.settings import Settings


@dataclass(frozen=True)
class Services:
    """The settings, and the pool of connections of each provider."""

    settings: Settings
    currents_pool: Pool

    def currents(self) -> CurrentsClient:
        """Returns a client for one call, its deadline starting now."""
        settings = self.settings
        return CurrentsClient(
            ApiClient(
                self.currents_pool,
                api="Currents",
                base_url=settings.currents_api_url,
                key=settings.key_of("currents"),
                key_setting="CURRENTS_API_KEY",
                timeout_s=settings.timeout_s,
                max_bytes=settings.max_download_bytes,
            )
        )


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Opens the connections, and closes them at the end."""
    async with connection_pool(settings.currents_api_url) as pool:
        yield Services(settings, pool)
