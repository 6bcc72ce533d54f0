"""All that speaks MCP: tools, prompts, resources, completion, and the questions a host asks."""

from runs_mcp.server.build import build_server

__all__ = ["build_server"]
