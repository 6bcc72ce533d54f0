"""Two replicas as processes, the store, and a proxy before them."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import anyio
from command.test_http_command import running
from hosts import Era, structured_of
from over_http import ServerOverHttp
from providers.currents_runs import RUNNING, writes
from round_robin_proxy import RoundRobinProxy
from server.confirmation_pages import PageVisitor
from server.test_http import KEYS, apis_of

from runs_mcp.sandbox import Sandbox
from runs_mcp.server.http.serving import HttpServer, listen

SECONDS: Final = 90.0
CANCEL: Final = ("currents_cancel_run", {"run_id": RUNNING})


@dataclass
class Deployment:
    """Two replicas behind a proxy.

    Args:
        front: The address that people know.
        proxy: The proxy.
        replicas: The processes.
    """

    front: ServerOverHttp
    proxy: RoundRobinProxy
    replicas: list[subprocess.Popen[str]]

    async def cancel(self, era: Era) -> dict[str, Any]:
        async with self.front.connect(KEYS, era) as client:
            return structured_of(await client.call_tool(*CANCEL))


@asynccontextmanager
async def deployed(sandbox: Sandbox, store_url: str) -> AsyncIterator[Deployment]:
    with ExitStack() as stack:
        listener = stack.enter_context(listen("127.0.0.1", 0))
        front = ServerOverHttp(f"http://127.0.0.1:{listener.getsockname()[1]}")
        variables = {
            **apis_of(sandbox),
            "RUNS_MCP_STATE_KEYS": "k" * 40,
            "RUNS_MCP_STORE_URL": store_url,
            "RUNS_MCP_PUBLIC_URL": front.url,
        }
        started = [stack.enter_context(running(variables=variables)) for _ in range(2)]
        proxy = RoundRobinProxy([server.url for server, _ in started])
        server = HttpServer(proxy.application)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            try:
                yield Deployment(front, proxy, [process for _, process in started])
            finally:
                server.should_exit = True


async def test_replicas_behind_a_proxy_finish_what_one_began_and_one_goes_on_alone(
    sandbox: Sandbox, redis_url: str
) -> None:
    with anyio.fail_after(SECONDS):
        async with deployed(sandbox, redis_url) as deployment:
            asked = await deployment.cancel("legacy")
            assert asked["confirmation_url"].startswith(f"{deployment.front.url}/confirm/")
            visitor = PageVisitor(asked["confirmation_url"])
            assert (await visitor.confirm(RUNNING[-6:])).status_code == 200
            assert writes(sandbox) == []

            outcomes: list[str] = []

            async def call() -> None:
                outcomes.append((await deployment.cancel("auto"))["outcome"])

            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(call)
            assert outcomes.count("done") == 1
            assert writes(sandbox) == ["PUT"]
            assert len(deployment.proxy.answered) == 2

            deployment.replicas[0].kill()
            deployment.replicas[0].wait(SECONDS)
            assert (await deployment.cancel("auto"))["outcome"] == "already_done"
