"""Buildkite Test Engine: its API, and what is served of it."""

from runs_mcp.providers.buildkite.definition import BUILDKITE

__all__ = ["BUILDKITE"]
