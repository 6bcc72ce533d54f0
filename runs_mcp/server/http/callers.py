"""Whose keys a request uses: those that its caller sends with it, and nobody else's."""

import hashlib
from dataclasses import replace
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from runs_mcp.configuration import Configuration
from runs_mcp.errors import SettingsError
from runs_mcp.services import Services

_BEARER: Final = "bearer"


def caller_keys(headers: Headers, configuration: Configuration) -> dict[str, str]:
    """Returns the keys that a request has, by provider; empty if it has none.

    Raises:
        SettingsError: A header with a key is there twice.
    """
    keys = {
        definition.name: key
        for definition, settings in configuration.served
        if (key := _single(headers, settings.key_header))
    }
    bearer = _bearer_token(headers)
    if not keys and bearer and len(configuration.served) == 1:
        keys = {configuration.served[0].definition.name: bearer}
    return keys


def add_callers(server: MCPServer[Services]) -> None:
    """Makes the server answer each request with what `KeysRequired` found in it."""

    async def with_own_keys(
        ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        services: Services = ctx.lifespan_context
        # Without a request there are no keys: those of the server are not in its configuration.
        if isinstance(ctx.request, Request):
            own: Configuration = ctx.request.state.configuration
            services = replace(services, configuration=own)
        return await call_next(replace(ctx, lifespan_context=services))

    server.middleware.insert(0, with_own_keys)  # The others see the keys too.


class KeysRequired:
    """Answers 401 to a request without keys, before anything else reads it.

    The others get the configuration with their keys, and no others, as `configuration` of their
    state; `caller` tells callers apart, without their keys.

    Args:
        app: What answers the others.
        configuration: The configuration of the server.
    """

    def __init__(self, app: ASGIApp, configuration: Configuration) -> None:
        self._app = app
        self._configuration = configuration

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        try:
            keys = caller_keys(Headers(scope=scope), self._configuration)
            own = self._configuration.with_keys(keys)
        except SettingsError as error:
            await self._refused(f"The key was refused: {error}.")(scope, receive, send)
            return
        if not keys:
            await self._refused("The request has no API key.")(scope, receive, send)
            return
        caller = hashlib.sha256(repr(sorted(keys.items())).encode()).hexdigest()
        state = {**scope.get("state", {}), "caller": caller, "configuration": own}
        await self._app({**scope, "state": state}, receive, send)

    def _refused(self, why: str) -> JSONResponse:
        served = self._configuration.served
        headers = [settings.key_header for _, settings in served]
        what = f"Send your API key in {' or '.join(headers)}"
        if len(served) == 1:
            what += ", or as Authorization: Bearer"
        scheme = "Bearer" if len(served) == 1 else "ApiKey"
        return JSONResponse(
            {"error": f"{why} {what}."},
            status_code=401,
            headers={"WWW-Authenticate": f'{scheme} realm="runs-mcp", error_description="{what}"'},
        )


def _single(headers: Headers, name: str) -> str:
    values = headers.getlist(name)
    if len(values) > 1:
        raise SettingsError(f"{name}: it is sent more than once")
    return values[0].strip() if values else ""


def _bearer_token(headers: Headers) -> str:
    scheme, _, token = _single(headers, "Authorization").partition(" ")
    return token.strip() if scheme.lower() == _BEARER else ""
