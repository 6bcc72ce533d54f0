"""`runs-mcp check`: whether the configuration works."""

import sys

import anyio

from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.errors import RunsError
from runs_mcp.services import Services, open_services


def check(configuration: Configuration) -> int:
    """Tests each provider's key against its API and prints what works; returns 0 if all does."""
    return anyio.run(_check, configuration)


async def _check(configuration: Configuration) -> int:
    async with open_services(configuration) as services:
        good = [await _works(provider, services) for provider in configuration.served]
    return 0 if all(good) else 1


async def _works(provider: ConfiguredProvider, services: Services) -> bool:
    name = provider.definition.name
    sys.stdout.write(f"{name}: {provider.settings.api_url}\n")
    try:
        found = await provider.definition.probe(services.call(provider))
    except RunsError as error:
        sys.stdout.write(f"{name}: does not work: {error}\n")
        return False
    sys.stdout.write(f"{name}: {found}\n")
    return True
