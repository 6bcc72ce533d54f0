"""The server that the product is compared with: it parses a run and writes it out again."""

import json
import os
import sys

import httpx
from mcp.server.mcpserver import MCPServer

server = MCPServer("bare")


@server.tool(structured_output=False)
def get_run(run_id: str) -> str:
    """Read one complete run."""
    answer = httpx.get(
        f"{os.environ['CURRENTS_API_URL']}/runs/{run_id}",
        headers={
            "Authorization": f"Bearer {os.environ['CURRENTS_API_KEY']}",
            "Accept-Encoding": "gzip",
        },
        timeout=60,
        trust_env=False,
    )
    return json.dumps(json.loads(answer.content), indent=2)


if __name__ == "__main__":
    sys.exit(server.run("stdio"))
