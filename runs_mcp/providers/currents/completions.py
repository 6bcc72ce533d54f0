"""Completions for Currents: what is offered while a person types."""

from collections.abc import Mapping, Sequence
from typing import Final

from runs_mcp.model import ListedRun
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import currents_project_id
from runs_mcp.providers.currents.tools import CurrentsCall
from runs_mcp.providers.definition import Source

_LISTED: Final = 50


class CurrentsCompletions:
    """The projects, and the latest runs of some of them."""

    def __init__(self, call: CurrentsCall) -> None:
        self._client = CurrentsClient(call.api)

    def projects(self) -> Source[str] | None:
        """Returns the IDs of the projects that the key can see."""

        async def read() -> list[str]:
            listed = await self._client.list_projects(limit=_LISTED)
            return [project.project_id for project, _ in listed.items if project.project_id]

        return Source((), read)

    def recent_runs(
        self, chosen: Mapping[str, str], projects: Sequence[str]
    ) -> Sequence[Source[ListedRun]]:
        """Returns the latest runs of each of the projects."""
        del chosen
        return [self._runs(project) for project in projects]

    def address_part(self, name: str, chosen: Mapping[str, str]) -> Source[str] | None:
        """Returns None: the API has no list of instances."""
        del name, chosen
        return None

    def _runs(self, project: str) -> Source[ListedRun]:
        async def read() -> list[ListedRun]:
            project_id = currents_project_id(project)
            listed = await self._client.list_runs(project_id, RunFilters(), limit=_LISTED)
            return [run for run, _ in listed.items]

        return Source((project,), read)
