"""Typed clients of the APIs that runs come from, one package each."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from runs_mcp.api_client import ApiClient
from runs_mcp.providers.buildkite.probe import probe_buildkite
from runs_mcp.providers.buildkite.reader import open_buildkite_run
from runs_mcp.providers.buildkite.references import BUILDKITE_HOST
from runs_mcp.providers.currents.probe import probe_currents
from runs_mcp.providers.currents.reader import open_currents_run
from runs_mcp.providers.currents.references import CURRENTS_HOST
from runs_mcp.run_reader import RunReader
from runs_mcp.settings import Provider, Settings

PROBES: Final[Mapping[Provider, Callable[[ApiClient, Settings], Awaitable[str]]]] = {
    "currents": probe_currents,
    "buildkite": probe_buildkite,
}
"""Tries what the operator configured, and says in a few words what works."""

RUN_READERS: Final[Mapping[Provider, Callable[[ApiClient, str, Settings], RunReader]]] = {
    "currents": open_currents_run,
    "buildkite": open_buildkite_run,
}
"""Returns the reader of the run that a provider's own reference or URL names."""

DASHBOARD_HOSTS: Final[Mapping[Provider, str]] = {
    "currents": CURRENTS_HOST,
    "buildkite": BUILDKITE_HOST,
}
"""Where whose dashboard is."""
