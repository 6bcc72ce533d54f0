"""Hosts as tests play them: real MCP clients, over real stdio, of both protocol eras."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, TextIO

from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, READ_WRITE_KEY, Sandbox

Era = Literal["auto", "legacy"]
ERAS: Final[tuple[Era, ...]] = ("auto", "legacy")
ANSWER_SECONDS: Final = 60.0
NOTHING_KEPT: Final = {"RUNS_MCP_CACHE_BYTES": "0"}
"""Tests change runs that are over, which nobody else does: each call reads them anew."""


def environment(sandbox: Sandbox) -> dict[str, str]:
    """Returns the variables under which a server serves the sandbox's runs of every provider."""
    return {
        "CURRENTS_API_URL": sandbox.currents_url,
        "CURRENTS_API_KEY": READ_WRITE_KEY,
        "BUILDKITE_BASE_URL": sandbox.buildkite_url,
        "BUILDKITE_API_TOKEN": READ_WRITE_KEY,
        "BUILDKITE_ORGANIZATION": BUILDKITE_ORGANIZATION,
        "BUILDKITE_SUITE": BUILDKITE_SUITE,
        "XDG_STATE_HOME": os.environ["XDG_STATE_HOME"],
        **NOTHING_KEPT,
    }


@asynccontextmanager
async def connect(
    sandbox: Sandbox,
    *,
    era: Era = "auto",
    settings: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = (),
    stderr: TextIO = sys.stderr,
    elicitation: ElicitationFnT | None = None,
) -> AsyncIterator[Client]:
    """Starts `runs-mcp` as a host does, and connects to it over its stdin and stdout.

    It serves the sandbox's runs of every provider, unless `settings` say otherwise.
    """
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "runs_mcp", *arguments],
        env={**environment(sandbox), **(settings or {})},
    )
    transport = stdio_client(server, errlog=stderr)
    async with Client(
        transport,
        mode=era,
        read_timeout_seconds=ANSWER_SECONDS,
        elicitation_callback=elicitation,
    ) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    """Returns the text channel: exactly one block."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def structured_of(result: CallToolResult) -> dict[str, Any]:
    """Returns the structured channel of a result that is no error."""
    assert not result.is_error, text_of(result)
    content: dict[str, Any] | None = result.structured_content
    assert content is not None
    return content


async def pages_of(
    client: Client, tool: str, arguments: Mapping[str, object]
) -> AsyncIterator[CallToolResult]:
    """Yields every page of a query, following its cursors."""
    cursor = ""
    for _ in range(2000):
        page = await client.call_tool(tool, {**arguments, **({"cursor": cursor} if cursor else {})})
        yield page
        content = structured_of(page)
        cursor = content.get("next_cursor") or content.get("trim", {}).get("next_cursor", "")
        if not cursor:
            return
    raise AssertionError("The pages do not end.")
