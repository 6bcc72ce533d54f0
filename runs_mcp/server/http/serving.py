"""Serves an application over HTTP until a signal says so; then lets requests end, within 10 s."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio
import uvicorn
from starlette.types import ASGIApp

from runs_mcp.errors import SettingsError
from runs_mcp.running_calls import RunningCalls

_END_SECONDS: Final = 9
_KEEP_ALIVE_SECONDS: Final = 30
_MOST_HEADER_BYTES: Final = 64 * 1024
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens.

    Raises:
        SettingsError: It cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "impossible"
        raise SettingsError(
            f"--host, --port: {host} port {port} cannot be listened on ({reason})"
        ) from error


class HttpServer(uvicorn.Server):
    """uvicorn, which leaves the signals to us: it would end with them, not with 0.

    Args:
        app: Answers the requests.
        trusted_proxies: Addresses whose forwarded headers are believed.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: tuple[str, ...] = ()) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_END_SECONDS,
                h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals as they are."""
        yield


async def serve_until_signal(
    server: HttpServer, listener: socket.socket, calls: RunningCalls
) -> None:
    """Serves until SIGINT or SIGTERM; then takes no more requests, and lets those under way end.

    Args:
        server: The server.
        listener: Where it listens.
        calls: The tool calls under way, whose deadlines are moved up at the end.
    """

    async def end_on_signal() -> None:
        with anyio.open_signal_receiver(*_SIGNALS) as signals:
            async for _ in signals:
                calls.hurry()
                server.should_exit = True

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end_on_signal)
        await server.serve(sockets=[listener])
        tasks.cancel_scope.cancel()
