"""Serves an application over HTTP until a signal says so; then lets requests end, within 10 s."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from runs_mcp.errors import SettingsError
from runs_mcp.running_calls import RunningCalls

_END_SECONDS: Final = 9
_CALLS_SECONDS: Final = 6.0
"""How long calls under way may go on after a signal; one that waits for a run would not end."""
_KEEP_ALIVE_SECONDS: Final = 30
_MOST_HEADER_BYTES: Final = 64 * 1024
MOST_CONNECTIONS: Final = 1000
_SLOW_SECONDS: Final = 15.0
"""How long a client may take to send the head of a request, and to take some of an answer."""

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


class ImpatientProtocol(H11Protocol):
    """uvicorn's protocol, but a slow client does not keep its connection for ever.

    A connection is closed if it is one too many, or no request begins on it in time, and aborted if
    the client takes nothing of an answer.
    """

    _slow_head: asyncio.TimerHandle | None = None
    _slow_reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for the head of the first request; closes a connection too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.close()
        else:
            self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Waits on, or no longer."""
        super().data_received(data)
        self._watch_head()

    def pause_writing(self) -> None:
        """Waits for the client to take what was sent."""
        super().pause_writing()
        self._watch_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Waits no longer."""
        super().resume_writing()
        _cancel(self._slow_reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        super().connection_lost(exc)
        _cancel(self._slow_head)
        _cancel(self._slow_reader)

    def _watch_head(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            _cancel(self._slow_head)
            self._slow_head = None
        elif self._slow_head is None:  # Also where the body of a refused request goes on.
            self._slow_head = self.loop.call_later(_SLOW_SECONDS, self.transport.close)

    def _watch_reader(self, left: int) -> None:
        def look() -> None:
            now_left = self.transport.get_write_buffer_size()
            if now_left < left:
                self._watch_reader(now_left)
            else:
                self.transport.abort()

        self._slow_reader = self.loop.call_later(_SLOW_SECONDS, look)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


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
                http=ImpatientProtocol,
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


async def _end_late_calls(calls: RunningCalls) -> None:
    # Before uvicorn gives them up: then they are still answered.
    await anyio.sleep(_CALLS_SECONDS)
    await calls.end()


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
                tasks.start_soon(_end_late_calls, calls)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end_on_signal)
        await server.serve(sockets=[listener])
        tasks.cancel_scope.cancel()
