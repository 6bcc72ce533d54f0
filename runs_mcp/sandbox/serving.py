"""uvicorn in a thread, with access to the connections."""

import asyncio
import socket
import threading
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from runs_mcp.sandbox.fault_middleware import CLOSING, TRANSPORT

_START_WITHIN_S = 10
_STOP_WITHIN_S = 3
_TICK_S = 0.1
_STEPS_OF_ACCEPTING = 3
"""Iterations of the event loop from accepting a socket to a connection known to uvicorn."""


class _ReachableProtocol(H11Protocol):
    """HTTP/1.1 that passes the transport to the application, which may have to reset it."""

    def connection_made(  # type: ignore[override]  # as in uvicorn: HTTP needs a full transport
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self.access_log = False
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, TRANSPORT: transport}, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """uvicorn that signals when it is up, and stops at once with all its connections."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._closing = closing
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Begins to stop; safe to call from other threads."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)

    async def main_loop(self) -> None:
        # Not in startup(): if stopped before its loop, uvicorn would leave connections open.
        self._loop = asyncio.get_running_loop()
        self.up.set()
        tick = 0
        while not await self.on_tick(tick):
            tick += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._closing.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Replaces uvicorn's, which waits for open connections and logs those that remain.
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # a loop without readers
            for listener in sockets or ():
                loop.remove_reader(listener)
        for _ in range(_STEPS_OF_ACCEPTING):  # or sockets just accepted would leak
            await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_STOP_WITHIN_S)
        for listener in sockets or ():
            listener.close()


class ServingThread:
    """Serves an application on a listening socket until it is stopped."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        closing = asyncio.Event()

        async def with_closing(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, CLOSING: closing}, receive, send)

        config = uvicorn.Config(
            with_closing,
            http=_ReachableProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="warning",
            timeout_keep_alive=60,
        )
        port = listener.getsockname()[1]
        self._server = _Server(config, closing)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name=f"sandbox {port}", daemon=True
        )

    def start(self) -> None:
        """Starts to serve, and returns when it does."""
        self._thread.start()
        if not self._server.up.wait(_START_WITHIN_S):
            raise RuntimeError(f"the sandbox was not up within {_START_WITHIN_S} s")

    def stop(self) -> None:
        """Drops all connections and stops; waits a bounded time for the thread."""
        self._server.stop()
        self._thread.join(2 * _STOP_WITHIN_S)


def listening_socket(port: int) -> socket.socket:
    """Returns a socket that listens on loopback.

    Raises:
        OSError: The port is in use.
    """
    # asyncio turns Nagle's algorithm off only where the protocol is given: 40 ms per answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
