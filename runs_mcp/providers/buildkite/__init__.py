"""The Buildkite Test Engine Runs API: typed wire structs in, model out."""

from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, Listed, Position

__all__ = ["MAX_LIMIT", "BuildkiteClient", "Listed", "Position"]
