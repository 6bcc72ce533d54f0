"""What a request over HTTP may be: from where it may come, how large it is, how many at once."""

import re
from collections import Counter
from typing import Final

import anyio
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES: Final = 4 * 1024 * 1024
MOST_VALUES: Final = 20_000
"""In the JSON of a request: 4 MiB can hold a million, which take seconds to read."""
MOST_AT_ONCE: Final = 200
MOST_OF_A_CALLER: Final = 50
BODY_SECONDS: Final = 15.0

_HOST: Final = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::[0-9]{1,5})?", re.ASCII)


class FromAllowedPlaces:
    """Answers 421 to a foreign Host, and 403 to a foreign Origin: a browser was led here.

    Args:
        app: What answers the others.
        settings: What Host and Origin may be.
    """

    def __init__(self, app: ASGIApp, settings: TransportSecuritySettings) -> None:
        self._app = app
        self._checks = TransportSecurityMiddleware(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        headers = Headers(scope=scope)
        origin = headers.get("Origin")
        if not _HOST.fullmatch(headers.get("Host", "")):
            refused: Response | None = _refusal(421, "The Host header is none.")
        elif origin is not None and not _HOST.fullmatch(origin.partition("://")[2]):
            refused = _refusal(403, "The Origin header is none that is served.")
        else:
            # It takes whatever comes after "localhost:" for a port.
            refused = await self._checks.validate_request(Request(scope))
        await (refused or self._app)(scope, receive, send)


class BoundedBody:
    """Reads the body of a request first: answers 413 to a large one, and 408 to a slow one.

    Args:
        app: What answers the others.
        most_bytes: The most bytes of a body.
        seconds: How long it may take to arrive.
    """

    def __init__(
        self, app: ASGIApp, most_bytes: int = MOST_BODY_BYTES, seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        declared = Headers(scope=scope).get("Content-Length", "0")
        if declared.isdecimal() and int(declared) > self._most_bytes:
            await _refusal(413, self._too_large)(scope, receive, send)
            return
        body = bytearray()
        with anyio.move_on_after(self._seconds) as reading:
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return  # The caller is gone.
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > self._most_bytes:
                    await _refusal(413, self._too_large)(scope, receive, send)
                    return
        if reading.cancelled_caught:
            late = f"The request did not arrive within {self._seconds:g} s."
            await _refusal(408, late)(scope, receive, send)
            return
        if sum(map(body.count, b"[{,")) > MOST_VALUES:
            many = f"The request has more than {MOST_VALUES:,} values."
            await _refusal(413, many)(scope, receive, send)
            return
        await self._app(scope, _replayed(bytes(body), receive), send)

    @property
    def _too_large(self) -> str:
        return f"The request has more than {self._most_bytes:,} bytes."


class BoundedConcurrency:
    """Answers 503 to a request too many, and 429 to one too many of a caller.

    Callers without keys of their own are told apart by their addresses.

    Args:
        app: What answers the others.
        most: The most requests at once.
        most_of_caller: The most requests of one caller at once.
    """

    def __init__(
        self, app: ASGIApp, most: int = MOST_AT_ONCE, most_of_caller: int = MOST_OF_A_CALLER
    ) -> None:
        self._app = app
        self._most = most
        self._most_of_caller = most_of_caller
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        address, _ = scope.get("client") or ("", 0)
        caller = scope.get("state", {}).get("caller", address)
        if self._running.total() >= self._most:
            await _refusal(503, "The server is busy.", retry=True)(scope, receive, send)
        elif self._running[caller] >= self._most_of_caller:
            await _refusal(429, "You have too many requests at once.", retry=True)(
                scope, receive, send
            )
        else:
            self._running[caller] += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._running[caller] -= 1
                if not self._running[caller]:
                    del self._running[caller]


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _refusal(status: int, why: str, *, retry: bool = False) -> Response:
    headers = {"Retry-After": "1"} if retry else None
    return JSONResponse({"error": why}, status_code=status, headers=headers)
