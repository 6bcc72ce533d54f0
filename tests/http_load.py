"""Calls at once over HTTP, by a client that costs next to nothing, and the API behind them."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

import anyio
import anyio.abc
import httpx

RUN: Final = (Path(__file__).parent / "payloads" / "run-complete.json").read_bytes()
_SECONDS: Final = 60
_CALLS_OF_A_CONNECTION: Final = 5
_LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_CALL: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"currents_get_run",'
    b'"arguments":{"run_id":"r"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
    b'"io.modelcontextprotocol/clientInfo":{"name":"load","version":"1"},'
    b'"io.modelcontextprotocol/clientCapabilities":{}}}}'
)
_REQUEST: Final = (
    b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json, text/event-stream\r\n"
    b"Content-Type: application/json\r\nCurrents-Api-Key: a-key-0123456789\r\n"
    b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: currents_get_run\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)


@asynccontextmanager
async def api_of_one_run() -> AsyncIterator[str]:
    """Yields the address of an API that answers every request with the same run."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    answer = head % len(RUN) + RUN

    async def serve(stream: anyio.abc.SocketStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            async with stream:
                while await stream.receive():  # A request without a body comes in one piece.
                    await stream.send(answer)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield f"http://127.0.0.1:{port}/v1"
        tasks.cancel_scope.cancel()


@contextmanager
def running(application: str, api_url: str, workers: int = 1) -> Iterator[int]:
    """Runs an application with uvicorn, and yields its port once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [
            *(sys.executable, "-m", "uvicorn", "--factory", application, "--http", "h11"),
            *("--port", str(port), "--workers", str(workers), "--log-level", "error"),
        ],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parent / "benchmarks"),
            "CURRENTS_API_URL": api_url,
            "RUNS_MCP_PROVIDERS": "currents",
            "RUNS_MCP_STATE_KEYS": "k" * 40,
        },
    )
    try:
        _wait_until_it_answers(port)
        yield port
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _wait_until_it_answers(port: int) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError


async def calls_per_second(port: int, calls: int, at_once: int) -> float:
    """Makes so many calls, so many at once; each must be answered with the run.

    A connection is used for some calls only: each goes to the worker that is free when it comes.
    """
    request = _REQUEST % (port, len(_CALL), _CALL)
    left = iter(range(calls))

    async def call_often() -> None:
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(_CALLS_OF_A_CONNECTION):
                if next(left, None) is None:
                    writer.close()
                    return
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                assert head.startswith(b"HTTP/1.1 200 "), head
                assert found, head
                answer = await reader.readexactly(int(found[1]))
                assert b'"isError":false' in answer, answer
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(call_often() for _ in range(at_once)))
    return calls / (time.perf_counter() - began)
