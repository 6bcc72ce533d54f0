"""The Buildkite Test Engine Runs API: typed wire structs in, model out."""

from runs_mcp.providers.buildkite.client import MAX_LIMIT, BuildkiteClient, Listed, Position

__all__ = ["MAX_LIMIT", "BuildkiteClient", "Listed", "Position"]
