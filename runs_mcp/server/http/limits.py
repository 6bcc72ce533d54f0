"""What a request over HTTP may be: from where it may come, how large it is, how many at once."""

import re
from collections import Counter
from contextlib import nullcontext
from typing import Final

import anyio
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES: Final = 4 * 1024 * 1024
MOST_HELD_BYTES: Final = 64_000_000
LARGE_BODY_BYTES: Final = 100_000
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
        origins = headers.getlist("Origin")
        if not _HOST.fullmatch(headers.get("Host", "")):
            refused: Response | None = _refusal(421, "The Host header is none.")
        elif len(origins) > 1 or not all(map(_is_origin, origins)):
            refused = _refusal(403, "The Origin header is none that is served.")
        else:
            # It takes whatever comes after "localhost:" for a port.
            refused = await self._checks.validate_request(Request(scope))
        await (refused or self._app)(scope, receive, send)


def _is_origin(text: str) -> bool:
    return _HOST.fullmatch(text.partition("://")[2]) is not None


class BoundedBody:
    """Reads the body of a request first: answers 413 to a large one, and 408 to a slow one.

    All bodies together are bounded as well: past it the answer is 503. Of large ones one is worked
    on at a time: what is made of it takes several times its size.

    Args:
        app: What answers the others.
        most_bytes: The most bytes of a body.
        most_held: The most bytes of all bodies.
        seconds: How long a body may take to arrive.
    """

    def __init__(
        self,
        app: ASGIApp,
        most_bytes: int = MOST_BODY_BYTES,
        most_held: int = MOST_HELD_BYTES,
        seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_held = most_held
        self._seconds = seconds
        self._held: Counter[object] = Counter()
        self._large = anyio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        request = object()
        try:
            body = await self._read(request, Headers(scope=scope), receive)
            if isinstance(body, Response):
                await body(scope, receive, send)
            elif body is not None:
                is_large = len(body) > LARGE_BODY_BYTES
                messages: list[Message] = [{"type": "http.request", "body": body}]
                del body  # It is kept no longer than whoever takes it keeps it.
                async with self._large if is_large else nullcontext():
                    await self._app(scope, _replayed(messages, receive), send)
        finally:
            del self._held[request]

    async def _read(
        self, request: object, headers: Headers, receive: Receive
    ) -> bytes | Response | None:
        """Returns the body, or why there is none; None where the caller is gone."""
        declared = headers.get("Content-Length", "0")
        if declared.isdecimal() and int(declared) > self._most_bytes:
            return self._too_large()
        body = bytearray()
        with anyio.move_on_after(self._seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                more = message.get("more_body", False)
                self._held[request] = len(body)
                if len(body) > self._most_bytes:
                    return self._too_large()
                if self._held.total() > self._most_held:
                    return _refusal(503, "The server is busy.", retry=True)
            if sum(map(body.count, b"[{,")) > MOST_VALUES:
                return _refusal(413, f"The request has more than {MOST_VALUES:,} values.")
            return bytes(body)
        return _refusal(408, f"The request did not arrive within {self._seconds:g} s.")

    def _too_large(self) -> Response:
        return _refusal(413, f"The request has more than {self._most_bytes:,} bytes.")


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


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _refusal(status: int, why: str, *, retry: bool = False) -> Response:
    headers = {"Retry-After": "1"} if retry else None
    return JSONResponse({"error": why}, status_code=status, headers=headers)
