"""Completions for Buildkite: what is offered while a person types."""

from collections.abc import Mapping, Sequence
from typing import Final

from runs_mcp.model import ListedRun
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.references import buildkite_organization, buildkite_suite
from runs_mcp.providers.buildkite.tools import BuildkiteCall
from runs_mcp.providers.definition import Source

_LISTED: Final = 50


class BuildkiteCompletions:
    """The suites of an organization, and the latest runs of a suite."""

    def __init__(self, call: BuildkiteCall) -> None:
        self._client = BuildkiteClient(call.api)
        self._own = call.own

    def projects(self) -> Source[str] | None:
        """Returns None: Buildkite has suites instead of projects, and no prompt takes a suite."""
        return None

    def recent_runs(
        self, chosen: Mapping[str, str], projects: Sequence[str]
    ) -> Sequence[Source[ListedRun]]:
        """Returns the latest runs of the suite that is chosen or configured."""
        del projects
        organization, suite = (chosen.get(name, "") for name in ("organization", "suite"))

        async def read() -> Sequence[ListedRun]:
            where = buildkite_suite(organization, suite, self._own.default_suite)
            return (await self._client.list_runs(where, ListPosition(_LISTED))).items

        return [Source((organization, suite), read)]

    def address_part(self, name: str, chosen: Mapping[str, str]) -> Source[str] | None:
        """Returns the configured organization, or the suites of the chosen one."""
        organization = chosen.get("organization", "")

        async def read_configured() -> list[str]:
            return [self._own.organization] if self._own.organization else []

        async def read_suites() -> list[str]:
            slug = buildkite_organization(organization, self._own.organization)
            page = await self._client.list_suites(slug, ListPosition(MAX_LIMIT))
            return [suite.suite for suite in page.items if suite.suite]

        sources = {
            "organization": Source(("organizations",), read_configured),
            "suite": Source(("suites", organization), read_suites),
        }
        return sources.get(name)
