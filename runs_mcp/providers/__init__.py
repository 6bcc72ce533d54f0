"""The providers of test runs, one package each."""

from typing import Final

from runs_mcp.providers.buildkite import BUILDKITE
from runs_mcp.providers.currents import CURRENTS
from runs_mcp.providers.definition import AnyProvider

PROVIDERS: Final[tuple[AnyProvider, ...]] = (CURRENTS, BUILDKITE)
"""All providers, in the order in which their tools are listed."""
