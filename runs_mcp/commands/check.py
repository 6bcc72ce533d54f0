"""`runs-mcp check`: whether the configuration works."""

import sys

import anyio

from runs_mcp.errors import RunsError
from runs_mcp.services import open_services
from runs_mcp.settings import Settings


def check(settings: Settings) -> int:
    """Tests each provider's key against its API and prints what works; returns 0 if all does."""
    return anyio.run(_check, settings)


async def _check(settings: Settings) -> int:
    async with open_services(settings) as services:
        sys.stdout.write(f"currents: {settings.currents_api_url}\n")
        try:
            projects = await services.currents().list_projects(limit=50)
        except RunsError as error:
            sys.stdout.write(f"currents: does not work: {error}\n")
            return 1
    count = f"{len(projects.items)}{' or more' if projects.has_more else ''}"
    sys.stdout.write(f"currents: the key works; it can see {count} projects\n")
    if not projects.items:
        sys.stdout.write("currents: without a project there are no runs to read\n")
    return 0
