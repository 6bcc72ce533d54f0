"""The application that serves MCP over HTTP: a request is answered by whichever process gets it."""

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from runs_mcp.configuration import Configuration
from runs_mcp.confirmation.by_page import PageServer, no_pages
from runs_mcp.confirmation.pages import ConfirmationPages
from runs_mcp.errors import SettingsError
from runs_mcp.logs import log_to_stderr
from runs_mcp.running_calls import RunningCalls
from runs_mcp.server.build import build_server
from runs_mcp.server.confirmation_page.application import MOST_FORM_BYTES, page_application
from runs_mcp.server.confirmation_page.application import PATH as PAGES_PATH
from runs_mcp.server.http.callers import KeysRequired, add_callers
from runs_mcp.server.http.health import Readiness, healthz
from runs_mcp.server.http.limits import BoundedBody, BoundedConcurrency, FromAllowedPlaces
from runs_mcp.server.http.pages import PublicPages
from runs_mcp.services import reachability, require_connections
from runs_mcp.settings import Settings
from runs_mcp.telemetry import start_export

MCP_PATH: Final = "/mcp"

_USUAL_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


def create_app() -> ASGIApp:
    """Returns the application for the settings in the environment, for any ASGI host.

    For example `uvicorn --factory runs_mcp.server.http:create_app --workers 4`. Workers need the
    same RUNS_MCP_STATE_KEYS.

    Raises:
        SettingsError: A setting cannot be used.
    """
    configuration = Configuration.load()
    settings = configuration.settings
    log_to_stderr(settings.log_level, settings.log_format)
    start_export()
    # It would hold the secret addresses of confirmation pages.
    logging.getLogger("uvicorn.access").disabled = True
    credentials = settings.credentials or "caller"
    if credentials == "server" and not settings.trust_network:
        raise untrusted_network()
    configuration = configuration.for_http(credentials)
    configuration.require_keys()
    require_connections(configuration)
    base_url = settings.public_url or ""
    return http_application(configuration, RunningCalls(), base_url=base_url)


def untrusted_network() -> SettingsError:
    """Returns the error of a server that would lend its keys to whoever can reach it."""
    return SettingsError(
        "RUNS_MCP_CREDENTIALS: with `server` everyone who reaches this address would use the "
        "server's own keys; listen on loopback, or set RUNS_MCP_TRUST_NETWORK=true"
    )


def http_application(
    configuration: Configuration,
    calls: RunningCalls,
    *,
    base_url: str,
    path: str = MCP_PATH,
) -> Starlette:
    """Returns the application for a configuration.

    Args:
        configuration: The configuration, see `Configuration.for_http`.
        calls: The tool calls under way.
        base_url: The address at which people reach the confirmation pages; without one, none is
            shown.
        path: Where MCP is served.
    """
    pages = _Pages(base_url, configuration.settings.allowed_hosts)
    serve_pages = pages.serve if base_url else no_pages
    server = build_server(configuration, calls=calls, serve_pages=serve_pages)
    if configuration.credentials == "caller":
        add_callers(server)
    manager = StreamableHTTPSessionManager(server.lowlevel, stateless=True)
    # The body first: one that does not arrive takes no place.
    mcp: ASGIApp = BoundedBody(BoundedConcurrency(manager.handle_request))
    if configuration.credentials == "caller":
        mcp = KeysRequired(mcp, configuration)
    mcp = FromAllowedPlaces(mcp, _allowed_places(configuration.settings))
    readiness = Readiness(reachability(configuration))
    app = Starlette(
        routes=[
            Route(path, mcp, methods=["POST"]),
            Route(f"{path}/", mcp, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readiness.readyz),
            Mount(
                PAGES_PATH.rstrip("/"),
                BoundedBody(BoundedConcurrency(pages), most_bytes=MOST_FORM_BYTES),
            ),
        ],
        lifespan=lambda _: manager.run(),
    )
    app.router.redirect_slashes = False  # A redirect would go to whatever Host says.
    return app


class _Pages:
    """The confirmation pages, once the server has opened what they need."""

    def __init__(self, base_url: str, hosts: Collection[str]) -> None:
        self._base_url = base_url
        self._hosts = hosts
        self._application: ASGIApp = PlainTextResponse("Not found", 404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application(scope, receive, send)

    @asynccontextmanager
    async def serve(self, pages: ConfirmationPages) -> AsyncIterator[PageServer]:
        """Yields what shows the pages."""
        origin = _origin(self._base_url)
        self._application = page_application(pages, [origin], self._hosts, path="/")
        yield PublicPages(pages, self._base_url + PAGES_PATH)


def _allowed_places(settings: Settings) -> TransportSecuritySettings:
    hosts = list(settings.allowed_hosts)
    origins = list(settings.allowed_origins)
    if settings.public_url:
        origin = _origin(settings.public_url)
        hosts.append(urlsplit(origin).netloc)
        origins.append(origin)
    if not settings.allowed_hosts:
        hosts += [name for host in _LOOPBACK_HOSTS for name in (host, f"{host}:*")]
    if not settings.allowed_origins:
        origins += [
            name for host in _LOOPBACK_HOSTS for name in (f"http://{host}", f"http://{host}:*")
        ]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _origin(url: str) -> str:
    """Returns the origin of a URL as browsers write it: in lower case, without the usual port."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
