"""The Currents Runs API: `CurrentsClient` reads it, typed wire structs in, model out."""

from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient, Listed
from runs_mcp.providers.currents.queries import FindQuery, RunFilters

__all__ = ["MAX_LIMIT", "CurrentsClient", "FindQuery", "Listed", "RunFilters"]
