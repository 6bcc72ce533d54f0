"""Whether the configured key works, for `runs-mcp check`."""

from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import currents_project_id
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.definition import Call


async def probe_currents(call: Call[CurrentsSettings]) -> str:
    """Reads the projects and a run of the first, and says how many projects the key can see.

    It reads both because a token may have the scope for projects and lack the one for results.

    Raises:
        RunsError: The API cannot be read with this key.
    """
    client = CurrentsClient(call.api)
    projects = await client.list_projects(limit=MAX_LIMIT)
    count = f"{len(projects.items)}{' or more' if projects.has_more else ''}"
    if projects.items:
        project = currents_project_id(projects.items[0][0].project_id)
        await client.list_runs(project, RunFilters(), limit=1)
    hint = "" if projects.items else "; without a project there are no runs to read"
    return f"the key works; it can see {count} projects{hint}"
