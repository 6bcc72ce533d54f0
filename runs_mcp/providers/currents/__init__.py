"""Currents: the client of its API, and its tools, actions and resources."""

from runs_mcp.providers.currents.definition import CURRENTS

__all__ = ["CURRENTS"]
