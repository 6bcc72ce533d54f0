"""`runs-mcp tools`: what would be served."""

import json
import sys

import anyio

from runs_mcp.configuration import Configuration
from runs_mcp.server.build import build_server


def list_tools(configuration: Configuration, *, as_json: bool) -> int:
    """Prints the tools that would be served with this configuration; as JSON with their schemas."""
    tools = anyio.run(build_server(configuration).list_tools)
    if as_json:
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
        sys.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")
        return 0
    width = max(len(tool.name) for tool in tools)
    for tool in tools:
        sys.stdout.write(f"{tool.name:{width}}  {tool.title}\n")
    return 0
