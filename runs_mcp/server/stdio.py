"""Serving on stdin and stdout, with an end that leaves no call unanswered."""

import asyncio
import concurrent.futures
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, TypeAlias, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)

from runs_mcp.running_calls import RunningCalls

Incoming: TypeAlias = SessionMessage | Exception

_STDIN: Final = 0
_CHUNK_BYTES: Final = 65536
_SIGNAL_GRACE_SECONDS: Final = 1.5
_STDIN_ENDED_GRACE_SECONDS: Final = 3.0  # whoever pipes requests in waits for the answers
_FLUSH_SECONDS: Final = 0.5
_STUCK_SECONDS: Final = 9.5
_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_STREAM: Final = "subscriptions/listen"  # it is answered for as long as the server runs
_CANCELLED: Final = "notifications/cancelled"


async def serve_on_stdio(server: Server[Any], calls: RunningCalls) -> None:
    """Serves until stdin ends or a signal comes; then ends within 10 s, once calls are answered.

    Args:
        server: Answers the requests.
        calls: The tool calls under way.
    """
    told_to_end = anyio.Event()
    lines = _Lines()
    try:
        with _signals_set(told_to_end), _private_stdin() as stdin:
            lines.read_in_thread(stdin)
            async with stdio_server(stdin=cast("anyio.AsyncFile[str]", lines)) as streams:
                await _Serving(server, calls, told_to_end).run(*streams)
                lines.close()
    except* BrokenPipeError:
        pass  # The host is gone, and reads no more.


class _Serving:
    """Stands between the streams of stdio and a server, to know what is still unanswered."""

    def __init__(self, server: Server[Any], calls: RunningCalls, told_to_end: anyio.Event) -> None:
        self._server = server
        self._calls = calls
        self._told_to_end = told_to_end
        self._unanswered: set[RequestId] = set()
        self._all_answered = anyio.Event()
        self._grace_s = _SIGNAL_GRACE_SECONDS

    async def run(
        self, from_host: ReadStream[Incoming], to_host: WriteStream[SessionMessage]
    ) -> None:
        """Serves until the end."""
        to_server, requests = anyio.create_memory_object_stream[Incoming](0)
        answers, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        options = self._server.create_initialization_options()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._receive, from_host, to_server)
            tasks.start_soon(self._end, to_server)
            # The server closes its streams; what it sent before still goes out.
            async with anyio.create_task_group() as sending:
                sending.start_soon(self._send, from_server, to_host)
                await self._server.run(requests, answers, options)
            tasks.cancel_scope.cancel()

    async def _receive(
        self, from_host: ReadStream[Incoming], to_server: MemoryObjectSendStream[Incoming]
    ) -> None:
        async with from_host:
            async for item in from_host:
                message = item.message if isinstance(item, SessionMessage) else None
                if isinstance(message, JSONRPCRequest) and message.method != _STREAM:
                    self._unanswered.add(message.id)
                elif isinstance(message, JSONRPCNotification) and message.method == _CANCELLED:
                    self._answered((message.params or {}).get("requestId"))
                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                    await to_server.send(item)
            self._grace_s = _STDIN_ENDED_GRACE_SECONDS
            self._told_to_end.set()
            await anyio.sleep_forever()

    async def _send(
        self,
        from_server: MemoryObjectReceiveStream[SessionMessage],
        to_host: WriteStream[SessionMessage],
    ) -> None:
        async with from_server, to_host:
            async for item in from_server:
                await to_host.send(item)
                if isinstance(item.message, JSONRPCResponse | JSONRPCError):
                    self._answered(item.message.id)

    async def _end(self, to_server: MemoryObjectSendStream[Incoming]) -> None:
        await self._told_to_end.wait()
        _exit_if_stuck()
        self._calls.hurry()
        await self._wait_for_answers(self._grace_s)
        await self._calls.end()
        await self._wait_for_answers(_FLUSH_SECONDS)
        to_server.close()

    async def _wait_for_answers(self, seconds: float) -> None:
        if self._unanswered:
            with anyio.move_on_after(seconds):
                await self._all_answered.wait()

    def _answered(self, request: object) -> None:
        self._unanswered.discard(cast("RequestId", request))
        if self._told_to_end.is_set() and not self._unanswered:
            self._all_answered.set()


class _Lines:
    """The lines of stdin, as the SDK reads them.

    A thread reads them, that holds nothing up: it is a daemon, and takes no lock of `sys.stdin`,
    on which the interpreter would wait at its end.
    """

    def __init__(self) -> None:
        self._sender, self._receiver = anyio.create_memory_object_stream[str](0)
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncIterator[str]:
        return self._receiver

    def read_in_thread(self, descriptor: int) -> None:
        """Begins to read a file descriptor."""
        read = threading.Thread(target=self._read, args=(descriptor,), name="stdin", daemon=True)
        read.start()

    def close(self) -> None:
        """Ends the lines."""
        self._sender.close()

    def _read(self, descriptor: int) -> None:
        with suppress(RuntimeError, concurrent.futures.CancelledError):  # the loop has ended
            for line in _lines_of(descriptor):
                # Waits until the line is taken: what a host sends does not pile up here.
                sending = self._send(line.decode("utf-8", "replace"))
                if not asyncio.run_coroutine_threadsafe(sending, self._loop).result():
                    return
            self._loop.call_soon_threadsafe(self.close)

    async def _send(self, line: str) -> bool:
        try:
            await self._sender.send(line)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            return False
        return True


def _lines_of(descriptor: int) -> Iterator[bytes]:
    parts: list[bytes] = []
    with suppress(OSError):  # as at the end of stdin
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            first, *rest = chunk.split(b"\n")
            parts.append(first)
            for part in rest:
                yield b"".join(parts)
                parts = [part]
    if any(parts):
        yield b"".join(parts)


@contextmanager
def _private_stdin() -> Iterator[int]:
    """Yields a descriptor of what is stdin, and has children read nothing from it meanwhile."""
    try:
        private = os.dup(_STDIN)
    except OSError:  # it is closed
        private = os.open(os.devnull, os.O_RDONLY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    if nothing != _STDIN:
        os.close(nothing)
    try:
        yield private
    finally:
        # The descriptor stays open: the thread may still read it.
        os.dup2(private, _STDIN)


@contextmanager
def _signals_set(event: anyio.Event) -> Iterator[None]:
    """Sets an event on the first signal to end, and ignores the others."""
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(event.set)

    before = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        # What is ignored stays so, as SIGHUP under nohup.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_if_stuck() -> None:
    """Ends the process in any case before 10 s are over.

    A thread that hangs, in a write to a disk that does not answer say, would hold it up for ever.
    """
    timer = threading.Timer(_STUCK_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()
