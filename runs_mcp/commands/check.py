"""`runs-mcp check`: whether the configuration works."""

import sys

import anyio

from runs_mcp.errors import RunsError
from runs_mcp.providers import PROBES
from runs_mcp.services import Services, open_services
from runs_mcp.settings import Provider, Settings


def check(settings: Settings) -> int:
    """Tests each provider's key against its API and prints what works; returns 0 if all does."""
    return anyio.run(_check, settings)


async def _check(settings: Settings) -> int:
    async with open_services(settings) as services:
        good = [await _works(provider, services) for provider in settings.served_providers]
    return 0 if all(good) else 1


async def _works(provider: Provider, services: Services) -> bool:
    sys.stdout.write(f"{provider}: {services.settings.access(provider).url}\n")
    try:
        found = await PROBES[provider](services.api(provider), services.settings)
    except RunsError as error:
        sys.stdout.write(f"{provider}: does not work: {error}\n")
        return False
    sys.stdout.write(f"{provider}: {found}\n")
    return True
