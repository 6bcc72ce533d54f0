"""Connections to an API."""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
from report_stub import Route, Stub

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
