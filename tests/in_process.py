"""The server in the test's own process: the front door without a process for each test."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from unittest.mock import patch

from hosts import ANSWER_SECONDS as CLIENT_SECONDS
from hosts import Era, environment
from mcp import Client
from mcp.client.session import ElicitationFnT

from runs_mcp.configuration import Configuration
from runs_mcp.confirmation.question import ANSWER_SECONDS
from runs_mcp.providers import PROVIDERS
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.sandbox import Sandbox
from runs_mcp.server.build import build_server


@asynccontextmanager
async def connect(
    sandbox: Sandbox,
    *,
    era: Era = "auto",
    settings: Mapping[str, str] | None = None,
    elicitation: ElicitationFnT | None = None,
    answer_seconds: float = ANSWER_SECONDS,
) -> AsyncIterator[Client]:
    """Yields a client of a server in this process, as `hosts.connect` does of a real one."""
    with patch.dict(os.environ, {**environment(sandbox), **(settings or {})}):
        loaded = Configuration.load()
    async with Client(
        build_server(loaded, answer_seconds=answer_seconds),
        mode=era,
        read_timeout_seconds=CLIENT_SECONDS,
        elicitation_callback=elicitation,
    ) as client:
        yield client


def configured(
    variables: Mapping[str, str],
    options: Mapping[str, str | bool] | None = None,
    definitions: Sequence[AnyProvider] = PROVIDERS,
) -> Configuration:
    """Returns the configuration of these variables, whatever this machine's environment holds."""
    with patch.dict(os.environ, variables, clear=True):
        return Configuration.load(options, definitions)


def with_key(key: str, providers: str = "currents,buildkite") -> dict[str, str]:
    """Returns the settings under which a server uses this key, for these providers alone."""
    return {
        "CURRENTS_API_KEY": key,
        "BUILDKITE_API_TOKEN": key,
        "RUNS_MCP_PROVIDERS": providers,
    }
