"""Connections to an API."""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import anyio
import anyio.abc
import httpx
import pytest
from report_stub import INTERIM, Route, Stub

from runs_mcp.api.connections import open_pool

CANCELED: Final = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"OK"}'
REFUSED: Final = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def answering_twice_to_a_get() -> AsyncIterator[str]:
    """Yields the address of an API that answers a GET twice, and refuses everything else."""

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                writer.write(CANCELED + CANCELED if request.startswith(b"GET") else REFUSED)
        except IncompleteReadError:
            writer.close()
            ended.set()

    ended = anyio.Event()
    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        await ended.wait()


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """Yields the address of an API that answers every request with these bytes."""

    async def send(stream: anyio.abc.SocketStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            async with stream:
                while await stream.receive():
                    await stream.send(answer)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, send)
        yield f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}/v1"  # noqa: S610 - not Django's
        tasks.cancel_scope.cancel()


async def test_what_was_left_over_of_a_read_is_not_taken_for_the_answer_of_a_write() -> None:
    with anyio.fail_after(10):
        async with (
            answering_twice_to_a_get() as url,
            open_pool(url, "CURRENTS_API_URL") as pool,
        ):
            assert (await pool.reads.get(url)).status_code == 200
            assert (await pool.writes.put(url)).status_code == 403
            assert (await pool.writes.put(url)).status_code == 403


async def test_no_cookie_is_kept(stub: Stub) -> None:
    url = stub.environment["CURRENTS_API_URL"]
    stub.serve([Route(path="/v1", headers={"Set-Cookie": "session=of-one-caller; Path=/"})])
    async with open_pool(url, "CURRENTS_API_URL") as pool:
        assert "Set-Cookie" in (await pool.reads.get(url)).headers
        assert not pool.reads.cookies


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" * 3,
        b"HTTP/1.1 103 Early Hints\r\nX: " + b"x" * 9_000 + b"\r\n\r\n",
    ],
)
@pytest.mark.parametrize("length", [2, 1_000_000])
async def test_interim_responses_before_the_answer_are_passed_over(
    before: bytes, length: int
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length
    async with answering(before + answer) as url, open_pool(url, "CURRENTS_API_URL") as pool:
        for _ in range(2):
            assert len((await pool.reads.get(url)).content) == length


@pytest.mark.parametrize(
    "interim", [INTERIM, b"HTTP/1.1 100 \r\n\r\n", b"HTTP/1.0 199 x\nA: HTTP/1.1 200 OK\n\n"]
)
async def test_interim_responses_without_end_end_the_connection(interim: bytes) -> None:
    async with answering(interim * 10_000) as url, open_pool(url, "CURRENTS_API_URL") as pool:
        with pytest.raises(httpx.RemoteProtocolError, match="before the response"):
            await pool.reads.get(url)
