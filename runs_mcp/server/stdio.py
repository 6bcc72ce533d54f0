"""Serving on stdin and stdout, with an end that leaves no call unanswered."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, TypeAlias, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import WriteStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)

from runs_mcp.running_calls import RunningCalls
from runs_mcp.server.json_rpc_lines import read_line
from runs_mcp.server.stdin_lines import StdinLines, private_stdin
from runs_mcp.standard_streams import OutputError, first_error

Incoming: TypeAlias = SessionMessage | Exception

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

    Raises:
        OutputError: Stdout cannot be written, in an exception group.
    """
    told_to_end = anyio.Event()
    lines = StdinLines()
    try:
        with _signals_set(told_to_end), private_stdin() as stdin:
            lines.read_in_thread(stdin)
            # Stdin is read here, as the SDK drops the lines that it cannot read.
            nothing = cast("anyio.AsyncFile[str]", _no_lines())
            async with stdio_server(stdin=nothing) as (from_nothing, to_host):
                await from_nothing.aclose()
                await _Serving(server, calls, told_to_end).run(lines, to_host)
                lines.close()
    except* BrokenPipeError:
        pass  # The host is gone, and reads no more.
    except* OSError as errors:
        raise OutputError(first_error(errors).strerror or "unknown") from errors


async def _no_lines() -> AsyncIterator[str]:
    no_lines: tuple[str, ...] = ()
    for line in no_lines:
        yield line


class _Serving:
    """Stands between the streams of stdio and a server, to know what is still unanswered."""

    def __init__(self, server: Server[Any], calls: RunningCalls, told_to_end: anyio.Event) -> None:
        self._server = server
        self._calls = calls
        self._told_to_end = told_to_end
        self._unanswered: set[RequestId] = set()
        self._all_answered = anyio.Event()
        self._grace_s = _SIGNAL_GRACE_SECONDS

    async def run(self, lines: AsyncIterable[bytes], to_host: WriteStream[SessionMessage]) -> None:
        """Serves until the end."""
        to_server, requests = anyio.create_memory_object_stream[Incoming](0)
        answers, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        options = self._server.create_initialization_options()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._receive, lines, to_server, to_host)
            tasks.start_soon(self._end, to_server)
            # The server closes its streams; what it sent before still goes out.
            async with anyio.create_task_group() as sending:
                sending.start_soon(self._send, from_server, to_host)
                await self._server.run(requests, answers, options)
            tasks.cancel_scope.cancel()

    async def _receive(
        self,
        lines: AsyncIterable[bytes],
        to_server: MemoryObjectSendStream[Incoming],
        to_host: WriteStream[SessionMessage],
    ) -> None:
        async for line in lines:
            item = read_line(line)
            with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                if isinstance(item, JSONRPCError):
                    await to_host.send(SessionMessage(item))
                elif item is not None:
                    self._note(item.message)
                    await to_server.send(item)
        self._grace_s = _STDIN_ENDED_GRACE_SECONDS
        self._told_to_end.set()
        await anyio.sleep_forever()

    def _note(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCRequest) and message.method != _STREAM:
            self._unanswered.add(message.id)
        elif isinstance(message, JSONRPCNotification) and message.method == _CANCELLED:
            self._answered((message.params or {}).get("requestId"))

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
        if isinstance(request, int | str):  # a host names what it cancels in any type
            self._unanswered.discard(request)
        if self._told_to_end.is_set() and not self._unanswered:
            self._all_answered.set()


@contextmanager
def _signals_set(event: anyio.Event) -> Iterator[None]:
    """Sets an event on the first signal to end, and ignores the others."""
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        _exit_if_stuck()  # Here, as the event loop itself may be what is stuck.
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
