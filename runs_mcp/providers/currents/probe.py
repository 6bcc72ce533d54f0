"""Whether the configured key works."""

from runs_mcp.api_client import ApiClient
from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.settings import Settings


async def probe_currents(api: ApiClient, settings: Settings) -> str:
    """Lists the projects, and says how many the key can see.

    Raises:
        RunsError: The API cannot be read with it.
    """
    del settings
    projects = await CurrentsClient(api).list_projects(limit=MAX_LIMIT)
    count = f"{len(projects.items)}{' or more' if projects.has_more else ''}"
    hint = "" if projects.items else "; without a project there are no runs to read"
    return f"the key works; it can see {count} projects{hint}"
