"""Lists of runs of a Currents project, page by page."""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from runs_mcp.model import ListedRun
from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import CurrentsProjectId, is_currents_id

_PAGES: Final = 4


class RunsPage(NamedTuple):
    """A page of runs that can be read, each with the names of its groups.

    Args:
        runs: The runs.
        has_more: Whether more pages follow.
    """

    runs: tuple[tuple[ListedRun, frozenset[str]], ...]
    has_more: bool


async def pages_of_branch(
    client: CurrentsClient, project: CurrentsProjectId, branch: str, filters: RunFilters
) -> AsyncIterator[RunsPage]:
    """Yields the first pages of the runs of a branch, whatever the API takes for that.

    Args:
        client: The client of the API.
        project: The project.
        branch: The branch.
        filters: What else the runs must be.
    """
    after = ""
    for _ in range(_PAGES):
        page = await client.list_runs_with_groups(project, filters, limit=MAX_LIMIT, after=after)
        runs = [pair for pair, _ in page.items]
        after = page.items[-1][1] if page.items else ""
        yield RunsPage(
            tuple(
                (run, groups)
                for run, groups in runs
                if run.branch == branch and is_currents_id(run.id)
            ),
            page.has_more and bool(after),
        )
        if not page.has_more or not after:
            break
