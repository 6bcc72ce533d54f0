"""Currents: its API, and what is served of it."""

from runs_mcp.providers.currents.definition import CURRENTS

__all__ = ["CURRENTS"]
