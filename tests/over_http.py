"""A server over HTTP in the test's own process, and clients of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import httpx
import httpx2
from hosts import ANSWER_SECONDS, Era
from in_process import configured
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from story_api import NO_TLS

from runs_mcp.running_calls import RunningCalls
from runs_mcp.server.http.application import http_application
from runs_mcp.server.http.serving import HttpServer, listen
from runs_mcp.settings import Credentials


@dataclass(frozen=True)
class ServerOverHttp:
    """A running server.

    Args:
        url: Where it is.
    """

    url: str

    @asynccontextmanager
    async def connect(
        self,
        keys: Mapping[str, str],
        era: Era = "auto",
        elicitation: ElicitationFnT | None = None,
    ) -> AsyncIterator[Client]:
        """Yields a client that sends these headers with each request."""
        async with (
            httpx2.AsyncClient(headers=dict(keys), verify=NO_TLS, timeout=ANSWER_SECONDS) as sender,
            Client(
                streamable_http_client(f"{self.url}/mcp", http_client=sender),
                mode=era,
                read_timeout_seconds=ANSWER_SECONDS,
                elicitation_callback=elicitation,
            ) as client,
        ):
            yield client

    async def send(
        self, method: str = "POST", path: str = "/mcp", **more: object
    ) -> httpx.Response:
        """Sends a request."""
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
            return await client.request(method, self.url + path, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def serve(
    variables: Mapping[str, str],
    credentials: Credentials = "caller",
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[ServerOverHttp]:
    """Serves over HTTP with the configuration of these variables."""
    configuration = configured({**variables, **(settings or {})}).for_http(credentials)
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        base_url = configuration.settings.public_url or url
        app = http_application(configuration, RunningCalls(), base_url=base_url)
        server = HttpServer(app)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            try:
                yield ServerOverHttp(url)
            finally:
                server.should_exit = True
