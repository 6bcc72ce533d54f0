"""The server that ours is compared with over HTTP: its one tool makes the same request."""

import os

import httpx
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette

server = MCPServer("bare", log_level="WARNING")
api = httpx.AsyncClient(trust_env=False)


@server.tool(structured_output=False)
async def currents_get_run(run_id: str) -> str:
    """Read one complete run."""
    answer = await api.get(
        f"{os.environ['CURRENTS_API_URL']}/runs/{run_id}",
        headers={"Authorization": "Bearer a-key-0123456789"},
    )
    return answer.text


def create_app() -> Starlette:
    """Returns the application."""
    return server.streamable_http_app(stateless_http=True)
