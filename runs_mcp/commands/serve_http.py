"""`runs-mcp --transport http`."""

import ipaddress
import re
from typing import Final, NamedTuple

import anyio

from runs_mcp.configuration import Configuration
from runs_mcp.errors import SettingsError
from runs_mcp.running_calls import RunningCalls
from runs_mcp.server.http.application import MCP_PATH, http_application, untrusted_network
from runs_mcp.server.http.serving import HttpServer, listen, serve_until_signal
from runs_mcp.standard_streams import write_error

_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)+/?")
_PATHS_OF_OTHERS: Final = ("/healthz", "/readyz", "/confirm")


class HttpAddress(NamedTuple):
    """Where MCP is served.

    Args:
        host: The address to listen on.
        port: The port; 0 takes any that is free.
        path: The path of the one endpoint.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    path: str = MCP_PATH

    @property
    def is_loopback(self) -> bool:
        """Whether nobody else's machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def http_configuration(
    configuration: Configuration, address: HttpAddress, *, is_sandbox: bool
) -> Configuration:
    """Returns the configuration of a server of many callers.

    Args:
        configuration: What the operator set.
        address: Where it would be served.
        is_sandbox: Whether the configuration is that of an embedded sandbox, which has no secrets.

    Raises:
        SettingsError: It cannot be served like this.
    """
    first = "/" + address.path.lstrip("/").partition("/")[0]
    if not _PATH.fullmatch(address.path) or first in _PATHS_OF_OTHERS:
        raise SettingsError(
            "--path: must be a path such as /mcp, of letters, digits and . _ ~ -, and not begin "
            f"with {', '.join(_PATHS_OF_OTHERS)}"
        )
    settings = configuration.settings
    lends = is_sandbox and address.is_loopback
    credentials = settings.credentials or ("server" if lends else "caller")
    if credentials == "server" and not (address.is_loopback or settings.trust_network):
        raise untrusted_network()
    return configuration.for_http(credentials)


def serve_http(configuration: Configuration, address: HttpAddress) -> int:
    """Serves until SIGINT or SIGTERM, and returns 0.

    Args:
        configuration: See `http_configuration`.
        address: Where to serve.

    Raises:
        SettingsError: The address cannot be listened on.
    """
    settings = configuration.settings
    with listen(address.host, address.port) as listener:
        host = f"[{address.host}]" if ":" in address.host else address.host
        here = f"http://{host}:{listener.getsockname()[1]}"
        calls = RunningCalls()
        app = http_application(
            configuration,
            calls,
            base_url=settings.public_url or (here if address.is_loopback else ""),
            path=address.path.rstrip("/"),
        )
        if settings.log_format == "text":
            write_error(f"runs-mcp: serving MCP at {here}{address.path}\n")
        anyio.run(serve_until_signal, HttpServer(app, settings.trusted_proxy), listener, calls)
    return 0
