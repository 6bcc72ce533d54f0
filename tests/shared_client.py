"""A client of a server in this process that many tests share, in an event loop of its own."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import jsonschema
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hosts import ANSWER_SECONDS, Era, pages_of, structured_of
from mcp import Client
from mcp_types import CallToolResult

from runs_mcp.configuration import Configuration
from runs_mcp.server.build import build_server

P = ParamSpec("P")
T = TypeVar("T")


class SharedClient:
    """Calls a server from ordinary tests."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client
        self._schemas = {
            tool.name: tool.output_schema for tool in self.run(client.list_tools).tools
        }

    def run(self, method: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what a method of the client returns."""
        return self._portal.call(lambda: method(*args, **kwargs))

    def call(self, tool: str, arguments: Mapping[str, object]) -> CallToolResult:
        """Calls a tool."""
        return self.run(self.client.call_tool, tool, dict(arguments))

    def answer(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Returns what a tool answers; it must fit the schema that the tool publishes."""
        result = self.call(tool, arguments)
        self.validate(tool, result)
        return structured_of(result)

    def validate(self, tool: str, result: CallToolResult) -> None:
        """Checks that an answer fits the schema that the tool publishes."""
        schema = self._schemas[tool]
        assert schema is not None
        jsonschema.validate(structured_of(result), schema)

    def pages(self, tool: str, **arguments: object) -> list[CallToolResult]:
        """Returns every page of a query, following its cursors."""

        async def read() -> list[CallToolResult]:
            return [page async for page in pages_of(self.client, tool, arguments)]

        return self.run(read)


@contextmanager
def shared_client(configuration: Configuration, era: Era = "auto") -> Iterator[SharedClient]:
    """Yields a client of a server with this configuration."""
    client = Client(build_server(configuration), mode=era, read_timeout_seconds=ANSWER_SECONDS)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client) as connected:
        yield SharedClient(portal, connected)
