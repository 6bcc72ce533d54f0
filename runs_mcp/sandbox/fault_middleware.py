"""The outermost application: it records requests and makes faults happen."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runs_mcp.sandbox.fault_injection import Exchange, inject
from runs_mcp.sandbox.faults import Fault, FaultList
from runs_mcp.sandbox.recorded_request import RecordedRequest

CONTROL_PREFIX = "/sandbox/"
TRANSPORT = "sandbox.transport"
"""The scope's key for the transport of the connection."""
CLOSING = "sandbox.closing"
"""The scope's key for the event that is set when the sandbox closes."""


class FaultMiddleware:
    """Records every request and makes faults happen to it, except for the control routes."""

    def __init__(self, app: ASGIApp, faults: FaultList, requests: list[RecordedRequest]) -> None:
        self._app = app
        self._faults = faults
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        path = scope["raw_path"].decode("ascii")
        # Route on the raw path: `a%2Fb` is one segment, and `..` is an ordinary name.
        scope = {**scope, "path": path}
        if path.startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        body = await _body_from(receive)
        if body is None:
            return
        record = _record(scope, body)
        self._requests.append(record)

        async def note_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            await send(message)

        exchange = Exchange(scope, _replaying(body, receive), note_status, scope[TRANSPORT])
        fault = self._faults.next_for(record.method, path) or Fault()
        if fault.delay_s and await _is_closing_within(fault.delay_s, scope[CLOSING]):
            await exchange.reset()
            return
        await inject(fault, exchange, self._app)


def _record(scope: Scope, body: bytes) -> RecordedRequest:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return RecordedRequest(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        accept_encoding=headers.get(b"accept-encoding", b"").decode("latin-1"),
        body=body,
    )


async def _body_from(receive: Receive) -> bytes | None:
    """Returns the whole body; None where the client disconnected before the end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    unread = True

    async def replay() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


async def _is_closing_within(seconds: float, closing: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await closing.wait()
    except TimeoutError:
        return False
    return True
