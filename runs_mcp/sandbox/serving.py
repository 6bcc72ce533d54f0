"""uvicorn on a thread of its own, with every connection within reach."""

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
"""Turns of the loop from an accepted socket to a connection that uvicorn knows of."""


class _ReachableProtocol(H11Protocol):
    """HTTP/1.1 that hands the application the transport it must be able to reset."""

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
    """uvicorn that says when it is up, stops at once, and drops its connections then."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._closing = closing
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Begin to stop; to be called from another thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)

    async def main_loop(self) -> None:
        # Not at startup: told to stop before its loop, uvicorn would leave connections open.
        self._loop = asyncio.get_running_loop()
        self.up.set()
        tick = 0
        while not await self.on_tick(tick):
            tick += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._closing.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Not uvicorn's own, which waits for open connections and complains of those that stay.
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # a loop without readers
            for listener in sockets or ():
                loop.remove_reader(listener)
        for _ in range(_STEPS_OF_ACCEPTING):  # A closed server would lose what it just accepted.
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
    """Serves an application on a socket that listens already, until stopped."""

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
        """Return when requests are served."""
        self._thread.start()
        if not self._server.up.wait(_START_WITHIN_S):
            raise RuntimeError(f"the sandbox was not up within {_START_WITHIN_S} s")

    def stop(self) -> None:
        """Drop every connection, stop serving, and wait for the thread for a bounded time."""
        self._server.stop()
        self._thread.join(2 * _STOP_WITHIN_S)


def listening_socket(port: int) -> socket.socket:
    """A socket that listens on loopback; a port in use raises OSError."""
    # Without the protocol named, asyncio would leave Nagle's algorithm on: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener
