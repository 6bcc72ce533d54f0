"""`runs-mcp tools`: what would be served."""

import anyio

from runs_mcp.configuration import Configuration
from runs_mcp.server.build import build_server
from runs_mcp.standard_streams import write_json, write_out


def list_tools(configuration: Configuration, *, as_json: bool) -> int:
    """Prints the tools that would be served with this configuration; as JSON with their schemas."""
    tools = anyio.run(build_server(configuration).list_tools)
    if as_json:
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
        write_json(listed)
        return 0
    width = max(len(tool.name) for tool in tools)
    write_out("".join(f"{tool.name:{width}}  {tool.title}\n" for tool in tools))
    return 0
