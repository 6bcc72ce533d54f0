"""The Buildkite API as an ASGI application, to be mounted under /v2."""

import re
from datetime import date

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runs_mcp.sandbox.buildkite.build_routes import build_routes
from runs_mcp.sandbox.buildkite.error_responses import ApiError, error_response, not_found
from runs_mcp.sandbox.buildkite.limits import RateLimits
from runs_mcp.sandbox.buildkite.paging import PageOptions
from runs_mcp.sandbox.buildkite.store import Store
from runs_mcp.sandbox.buildkite.suite_routes import suite_routes
from runs_mcp.sandbox.buildkite.tests_routes import tests_routes
from runs_mcp.sandbox.buildkite.tokens import AccessToken, needed_scope, token_of
from runs_mcp.sandbox.json_answers import json_answer

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TOKEN_PATH = "/v2/access-token"  # noqa: S105  # a path


def buildkite_application(store: Store, limits: RateLimits, options: PageOptions) -> ASGIApp:
    """Returns the application, with all operations, authorization and rate limits."""
    api = Starlette(
        routes=[
            *suite_routes(store, options),
            *tests_routes(store, options),
            *build_routes(store, options),
        ],
        exception_handlers={ApiError: _refused, HTTPException: _unknown},
    )
    api.router.redirect_slashes = False
    return _TokenAndLimits(api, limits)


class _TokenAndLimits:
    """Requires a token, counts requests, and states the limits in every answer."""

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(stated)
            await send(message)

        app = self._app_for(scope["method"], scope["path"], Headers(scope=scope))
        stated = self._limits.headers()
        await app(scope, receive, send_with_limits)

    def _app_for(self, method: str, path: str, headers: Headers) -> ASGIApp:
        token = token_of(headers.get("authorization", ""))
        if token is None:
            return error_response(ApiError(401, "Authentication required: no valid token"), headers)
        exceeded = self._limits.count()
        if exceeded is not None:
            return json_answer(msgspec.json.encode(exceeded), headers, 429)
        if not _is_version(headers.get("buildkite-version", "")):
            return error_response(ApiError(400, "Buildkite-Version must be YYYY-MM-DD"), headers)
        needed = needed_scope(path)
        if needed is not None and needed not in token.scopes:
            return error_response(ApiError(403, "Forbidden"), headers)
        if (method, path) == ("GET", _TOKEN_PATH):
            return _about(token, headers)
        return self._app


def _about(token: AccessToken, headers: Headers) -> Response:
    return json_answer(msgspec.json.encode(token), headers)


def _is_version(text: str) -> bool:
    if not text.strip():
        return True
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return error_response(error, request.headers)


async def _unknown(request: Request, _: Exception) -> Response:
    # The API answers a wrong method as an unknown path.
    return error_response(not_found(), request.headers)
