"""`runs-mcp check`: whether the configuration works."""

import sys
from collections.abc import Awaitable, Callable

import anyio

from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.confirmation.audit import AuditLog
from runs_mcp.errors import InternalError, RunsError
from runs_mcp.services import Services, open_services


def check(configuration: Configuration) -> int:
    """Tests each provider's key against its API and prints what works; returns 0 if all does."""
    return anyio.run(_check, configuration)


async def _check(configuration: Configuration) -> int:
    async with open_services(configuration) as services:
        good = [await _works(provider, services) for provider in configuration.served]
        # A server that only reads does not start without its audit log either.
        audit = AuditLog(configuration.settings.audit_log)
        good.append(await _can_write("audit log", audit.require_writable))
        if not configuration.settings.read_only:
            good.append(await _can_write("used confirmations", services.store.check))
    return 0 if all(good) else 1


async def _can_write(what: str, require: Callable[[], Awaitable[None]]) -> bool:
    try:
        await require()
    except InternalError as error:
        sys.stdout.write(f"{what}: {error.what} {error.next_step}\n")
        return False
    return True


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
