"""Clients that send or take nothing: their connections are closed, and others are served."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final
from unittest.mock import Mock

import anyio
import anyio.abc
import anyio.lowlevel
import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from runs_mcp.server.http.serving import HttpServer, ImpatientProtocol, listen

LARGE: Final = 20_000_000
HEAD: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with a large body; a POST with a small one."""
    if scope["type"] != "http":
        while (await receive())["type"] != "lifespan.startup":
            pass
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = b"x" * LARGE if scope["method"] == "GET" else b"small"
    length = str(len(body)).encode()
    headers = [(b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr("runs_mcp.server.http.serving._SLOW_SECONDS", 0.1)
    with listen("127.0.0.1", 0) as listener:
        server = HttpServer(large)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            with anyio.fail_after(30):
                yield listener.getsockname()[1]
            server.should_exit = True


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"GET"])
async def test_a_request_whose_head_never_ends_is_given_up(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(monkeypatch) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        if sent:
            await stream.send(sent)
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(2):
                assert (await client.post(f"http://127.0.0.1:{port}/")).text == "small"


async def test_a_second_head_on_a_connection_may_not_take_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(monkeypatch) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(b"POST" + HEAD[3:-2] + b"Content-Length: 0\r\n\r\n")
        assert (await stream.receive()).startswith(b"HTTP/1.1 200")
        await stream.send(b"POST / HT")
        with pytest.raises(anyio.EndOfStream):
            await read_all(stream)


async def test_the_body_of_a_refused_request_may_not_go_on_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(monkeypatch) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(b"POST" + HEAD[3:-2] + b"Content-Length: 1000000\r\n\r\n")
        assert (await stream.receive()).startswith(b"HTTP/1.1 200")
        with pytest.raises(anyio.BrokenResourceError):
            await send_without_end(stream)


async def test_a_connection_too_many_is_closed_and_the_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(monkeypatch) as port:
        monkeypatch.setattr("runs_mcp.server.http.serving.MOST_CONNECTIONS", 2)
        monkeypatch.setattr("runs_mcp.server.http.serving._SLOW_SECONDS", 30)
        async with AsyncExitStack() as stack:
            first, second, third = [
                await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port))
                for _ in range(3)
            ]
            with pytest.raises(anyio.EndOfStream):
                await third.receive()
            for stream in (first, second):
                await stream.send(b"POST" + HEAD[3:-2] + b"Content-Length: 0\r\n\r\n")
                assert (await stream.receive()).startswith(b"HTTP/1.1 200")


async def test_a_client_that_takes_nothing_of_an_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = 0
    async with serving(monkeypatch) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(HEAD)
        with pytest.raises(anyio.BrokenResourceError):
            await send_without_end(stream)  # Nothing is read until the server has gone.
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while part := await stream.receive(1_000_000):
                taken += len(part)
    assert taken < LARGE


async def read_all(stream: anyio.abc.SocketStream) -> None:
    while await stream.receive():
        pass


async def send_without_end(stream: anyio.abc.SocketStream) -> None:
    while True:
        await stream.send(b" ")
        await anyio.lowlevel.checkpoint()


class Clock:
    """Timers that end when a test says so."""

    def __init__(self) -> None:
        self.timers: list[Callable[[], None]] = []

    def call_later(self, seconds: float, ended: Callable[[], None]) -> Mock:
        del seconds
        self.timers.append(ended)
        return Mock()

    def ends(self) -> None:
        self.timers.pop()()


def test_a_client_that_takes_some_of_an_answer_each_time_is_not_given_up() -> None:
    config = uvicorn.Config(large)
    config.load()
    clock, transport = Clock(), Mock()
    protocol = ImpatientProtocol(config, ServerState(), {}, clock)  # type: ignore[arg-type]
    protocol.connection_made(transport)
    transport.get_write_buffer_size.return_value = 300
    protocol.pause_writing()
    for left in (200, 100):
        transport.get_write_buffer_size.return_value = left
        clock.ends()
    assert not transport.abort.called
    clock.ends()
    assert transport.abort.called
