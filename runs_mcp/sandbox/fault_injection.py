"""What each fault does to a request, including what plain ASGI cannot do to a connection."""

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runs_mcp.sandbox.faults import Fault

_CHUNK = 64 * 1024
_TRICKLE_S = 0.02


class Exchange:
    """A request with the TCP connection that it came on."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, transport: asyncio.Transport
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self._transport = transport

    @property
    def is_gone(self) -> bool:
        """Whether the connection is closed or closing."""
        return self._transport.is_closing()

    async def reset(self) -> None:
        """Resets the TCP connection."""
        if not self.is_gone:
            connection: socket.socket = self._transport.get_extra_info("socket")
            # A linger time of zero turns the close into a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        await self._until_disconnected()

    async def write(self, answer: bytes) -> None:
        """Sends a whole answer past the server, and waits until the client leaves."""
        self._transport.write(answer)
        await self._until_disconnected()

    async def close(self) -> None:
        """Sends what is buffered and closes, even before Content-Length bytes."""
        self._transport.close()
        await self._until_disconnected()

    async def _until_disconnected(self) -> None:
        # uvicorn logs an error where an application returns before the disconnect reaches it.
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def inject(fault: Fault, exchange: Exchange, app: ASGIApp) -> None:
    """Answers a request as the fault says, after its delay."""
    if fault.reset:
        await exchange.reset()
    elif fault.lose_answer:
        await _answer_of(app, exchange)
        await exchange.reset()
    elif fault.truncate or fault.short_length or fault.cut_gzip:
        await _spoil(fault, await _answer_of(app, exchange), exchange)
    elif fault.trickle:
        await _trickle(exchange)
    elif fault.oversized is not None:
        await _flood(fault.oversized, exchange, gzipped=fault.gzip_bomb)
    elif fault.malformed:
        await _send(Response(_wording(exchange).malformed, 200, _JSON), exchange)
    elif fault.status is not None:
        body = fault.body
        if body is None:
            body = _wording(exchange).failure % f"The sandbox was told to answer {fault.status}"
        await _send(Response(body, fault.status, {**_JSON, **fault.headers}), exchange)
    else:
        await app(exchange.scope, exchange.receive, exchange.send)


_JSON = {"content-type": "application/json"}


class _Wording(NamedTuple):
    """The bodies of a vendor's API that faults need."""

    failure: str
    malformed: str
    before_padding: bytes
    after_padding: bytes


_CURRENTS = _Wording(
    '{"status":"FAILED","error":"%s"}',
    '{"status":"OK","data":{"runId":',
    b'{"status":"OK","data":{"padding":"',
    b'"}}',
)
_BUILDKITE = _Wording('{"message":"%s"}', '[{"id":', b'[{"padding":"', b'"}]')


def _wording(exchange: Exchange) -> _Wording:
    return _BUILDKITE if exchange.scope["path"].startswith("/v2/") else _CURRENTS


async def _send(response: Response, exchange: Exchange) -> None:
    await response(exchange.scope, exchange.receive, exchange.send)


async def _answer_of(app: ASGIApp, exchange: Exchange) -> list[Message]:
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(exchange.scope, exchange.receive, keep)
    return answer


async def _spoil(fault: Fault, answer: list[Message], exchange: Exchange) -> None:
    start, *parts = answer
    body = b"".join(part.get("body", b"") for part in parts)
    fields = {name: value for name, value in start["headers"] if name != b"content-length"}
    if fault.cut_gzip:
        packed = body if b"content-encoding" in fields else gzip.compress(body)
        fields |= {b"content-encoding": b"gzip"}
        await exchange.send({**start, "headers": list(fields.items())})
        await exchange.send({"type": "http.response.body", "body": packed[: len(packed) // 2]})
    elif fault.short_length:
        # Written here: the server does not send more than it declares.
        fields |= {b"content-length": b"%d" % (len(body) // 2), b"connection": b"close"}
        head = b"".join(b"%b: %b\r\n" % field for field in fields.items())
        await exchange.write(b"HTTP/1.1 %d OK\r\n%b\r\n%b" % (start["status"], head, body))
    else:
        await exchange.send(start)
        half = body[: len(body) // 2]
        await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
        await exchange.close()


async def _trickle(exchange: Exchange) -> None:
    headers = [(b"content-type", b"application/json")]
    await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
    while not exchange.is_gone:
        await exchange.send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(_TRICKLE_S)


async def _flood(size: int, exchange: Exchange, *, gzipped: bool) -> None:
    headers = [(b"content-type", b"application/json")]
    if gzipped:
        headers.append((b"content-encoding", b"gzip"))
    await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
    chunks = _padding(size, _wording(exchange))
    for chunk in _gzip(chunks) if gzipped else chunks:
        if exchange.is_gone:
            return
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
        # Sending may return at once: give other requests a turn.
        await asyncio.sleep(0)
    await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})


def _padding(size: int, wording: _Wording) -> Iterator[bytes]:
    head, tail = wording.before_padding, wording.after_padding
    left = max(0, size - len(head) - len(tail))
    yield head
    for _ in range(left // _CHUNK):
        yield b" " * _CHUNK
    yield b" " * (left % _CHUNK) + tail


def _gzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for chunk in chunks:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()
