"""The Buildkite API as an application, to be mounted under /v2."""

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runs_mcp.sandbox.buildkite.limits import RateLimits
from runs_mcp.sandbox.buildkite.refusals import ApiError, not_found, refusal
from runs_mcp.sandbox.buildkite.routes import read_routes
from runs_mcp.sandbox.buildkite.store import Store
from runs_mcp.sandbox.json_answers import json_answer
from runs_mcp.sandbox.keys import bearer_key


def buildkite_application(store: Store, limits: RateLimits) -> ASGIApp:
    """All operations, behind a token and the rate limits."""
    api = Starlette(
        routes=read_routes(store),
        exception_handlers={ApiError: _refused, HTTPException: _unknown},
    )
    api.router.redirect_slashes = False
    return _Entrance(api, limits)


class _Entrance:
    """Lets in who has a token and requests left, and states the limits on every answer."""

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(stated)
            await send(message)

        app = self._app
        if bearer_key(headers.get("authorization", "")) is None:
            app = refusal(ApiError(401, "Authentication required: no valid token"), headers)
        else:
            exceeded = self._limits.count()
            if exceeded is not None:
                app = json_answer(msgspec.json.encode(exceeded), headers, 429)
        stated = self._limits.headers()
        await app(scope, receive, send_with_limits)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return refusal(error, request.headers)


async def _unknown(request: Request, _: Exception) -> Response:
    # To the API, a wrong method is a path that it does not have.
    return refusal(not_found(), request.headers)
