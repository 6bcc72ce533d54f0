"""The server in the test's own process: the front door without a process for each test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hosts import Era
from mcp import Client

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, READ_WRITE_KEY, Sandbox
from runs_mcp.server import build_server
from runs_mcp.settings import Settings


@asynccontextmanager
async def served(
    sandbox: Sandbox, *, era: Era = "auto", key: str = READ_WRITE_KEY, **options: str | bool
) -> AsyncIterator[Client]:
    """Yields a client of a server that serves the sandbox's runs of every provider.

    Args:
        sandbox: The APIs.
        era: Which protocol the client speaks.
        key: The key for both APIs.
        options: More settings, by field name.
    """
    settings = Settings.load(options).on_sandbox(
        currents_url=sandbox.currents_url,
        buildkite_url=sandbox.buildkite_url,
        organization=BUILDKITE_ORGANIZATION,
        key=key,
    )
    async with Client(build_server(settings), mode=era) as client:
        yield client
