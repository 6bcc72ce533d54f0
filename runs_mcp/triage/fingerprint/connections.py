"""Servers that could not be reached, and connections that broke. Pure functions over plain text.

A data base is a server, too. Whatever the client and the language, one server that is down is one
cause: its name and port tell, the address of the machine and the path that was asked do not.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_FAILURES: Final[Mapping[str, tuple[str, ...]]] = {
    "refused": (
        r"ECONNREFUSED",
        r"[Cc]onnection[ _]refused",
        r"CONNECTION_REFUSED",
        r"actively refused",
        r"econnrefused|ConnectionRefused",
    ),
    "name not resolved": (
        r"ENOTFOUND|EAI_AGAIN|NAME_NOT_RESOLVED|UNKNOWN_HOST|UnknownHostException",
        r"getaddrinfo|nxdomain|no such host|nodename nor servname",
        r"Name or service not known|Name does not resolve|No address associated",
        r"[Tt]emporary failure in name resolution|[Cc]ould not (?:translate host|resolve host)",
        r"failed to lookup address",
    ),
    "certificate": (
        r"ERR_CERT\w*|ERR_SSL\w*|ERR_TLS\w*|SSL_ERROR\w*|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT",
        r"self[- ]signed certificate|UNABLE_TO_VERIFY|SSLError|SSLHandshakeException|PKIX path",
        r"certificate (?:verify failed|has expired|is not trusted|signed by unknown authority)",
        r"x509: |TLS handshake",
    ),
    "unreachable": (
        r"EHOSTUNREACH|ENETUNREACH|ADDRESS_UNREACHABLE|INTERNET_DISCONNECTED|NoRouteToHost",
        r"PROXY_CONNECTION_FAILED|[Nn]o route to host|[Nn]etwork is unreachable",
    ),
    "reset": (
        r"ECONNRESET|ECONNABORTED|EPIPE|Connection(?:Reset|Aborted)|BrokenPipe|CONNECTION_(?:RESET|CLOSED|ABORTED)|EMPTY_RESPONSE",
        r"socket hang up|other side closed|[Bb]roken pipe|RemoteDisconnected|unexpected EOF",
        r"[Cc]onnection (?:was )?(?:reset|aborted)|server closed the connection",
        r"[Cc]onnection (?:was |has been )?closed (?:by|unexpectedly|before|prematurely)",
        r"closed the connection unexpectedly|end of file reached|Premature (?:close|end of)",
        r"TypeError\nterminated|ERR_HTTP2_PROTOCOL_ERROR",
        r"[Ll]ost connection to|server has gone away",
    ),
    "no answer": (
        r"ETIMEDOUT|(?:CONNECTION|NS_ERROR_NET)_TIME(?:D_)?OUT|UND_ERR_CONNECT_TIMEOUT",
        r"[Cc]onnect(?:ion)? time(?:d )?[- ]?out|ConnectTimeout\w*|i/o timeout",
    ),
    "failed": (
        r"ERR_(?:NETWORK|SOCKET|TUNNEL|QUIC|HTTP2|RESPONSE_HEADERS|INCOMPLETE)\w*",
        r"NS_ERROR_(?:CONNECTION|NET|PROXY)\w*|NetworkError|MongoNetworkError|URLError",
        r"fetch failed|Failed to fetch|Max retries exceeded|Connect(?:ion)?Exception",
        r"ConnectionError|connect(?:ion)? failed|HttpRequestException|ServerSelectionTimeout\w*",
        r"(?:[Cc]ould not|[Cc]annot|Can't|[Uu]nable to|[Ff]ailed to) connect\b",
        r"[Ff]ailed to open TCP connection|[Ee]rror connecting to|No connection could be made",
    ),
}
_ALTERNATIVES: Final = "|".join(f"({'|'.join(some)})" for some in _FAILURES.values())
_FAILED: Final = re.compile(
    # Each begins a word, or a part of one as in ERR_CONNECTION_REFUSED.
    f"(?<![A-Za-z0-9])(?:{_ALTERNATIVES})"
)

_NUMERIC: Final = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|\[[0-9a-fA-F:]*\]|::1|localhost"
_NAME: Final = r"(?<![A-Za-z])[A-Za-z][\w-]{0,62}+(?:\.[\w-]{1,63}+){0,9}+"
_SOURCE: Final = (
    r"\.go",
    r"\.rs",
    r"\.rb",
    r"\.py",
    r"\.js",
    r"\.ts",
    r"\.ex",
    r"\.cs",
    r"\.java",
    r"\.php",
    r"\.exs",
)
_NO_FILE: Final = "".join(f"(?<!{ending})" for ending in _SOURCE)  # as in «cart_test.go:42»
_SERVERS: Final = (
    # «connection to server at "db" (172.18.0.2), port 5432», «host='api', port=443»
    re.compile(
        r"(?:server at|host|for)[ =]+[\"'](?P<host>[^\"'\s]+)[\"'](?: \([^)]{0,100}\))?,? *"
        r"(?:and )?port[ =]+(?P<port>[0-9]+)"
    ),
    re.compile(
        r"[a-z][a-z0-9+.-]{0,30}://(?:[^\s/@\"']+@)?(?P<host>\[[0-9a-fA-F:]+\]|[^\s/:?#\"'`)\]>]+)"
        r"(?::(?P<port>[0-9]+))?"
    ),
    re.compile(
        rf"(?P<host>{_NUMERIC}|{_NAME}{_NO_FILE})(?:/[0-9.]+)?:(?P<port>[0-9]{{2,5}})"
        r"(?!\w|[.:][0-9])"
    ),
    re.compile(rf"(?P<host>{_NUMERIC})(?:[^0-9\n]{{0,12}}port[ =]+(?P<port>[0-9]+))?"),
)
_UNKNOWN_HOST: Final = re.compile(
    r"(?:ENOTFOUND|EAI_AGAIN|lookup|resolve host:?|host name|getaddrinfo\w{0,60}"
    rf"|UnknownHostException:) +[\"'(]?(?!E[A-Z_]{{4,}}\b)(?P<host>{_NAME})(?P<port>)"
)
_PORTS: Final = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_LOCAL: Final = re.compile(_NUMERIC)
# Systems and test servers give out ports from here on at random, but for those of services.
_FIRST_RANDOM_PORT: Final = 20_000
_SERVICE_PORTS: Final = frozenset({27017, 27018, 27019, 28015, 50051})


class BrokenConnection(NamedTuple):
    """A server that could not be reached, or a connection that broke.

    Args:
        how: In which way it failed.
        server: The name of the server, if it has one, and the port; empty if not known.
    """

    how: str
    server: str


def broken_connection(text: str) -> BrokenConnection | None:
    """Returns the connection that failed, or None if the text says nothing of that kind."""
    found = _FAILED.search(text)
    if found is None:
        return None
    how = next(
        how for how, value in zip(_FAILURES, found.groups(), strict=True) if value is not None
    )
    return BrokenConnection(how, _server(text, found.start()))


def _server(text: str, near: int) -> str:
    """Returns the server that a text names, best on the line that says what failed."""
    start = text.rfind("\n", 0, near) + 1
    end = text.find("\n", near)
    line = text[start : end if end >= 0 else len(text)]
    for part in (line, text):
        for pattern in (_UNKNOWN_HOST, *_SERVERS):
            if found := pattern.search(part):
                return _named(found)
    return ""


def _named(found: re.Match[str]) -> str:
    host, port = found["host"], found["port"] or ""
    if "://" in found[0]:
        port = port or _PORTS.get(found[0].partition("://")[0], "")
    if port and int(port) >= _FIRST_RANDOM_PORT and int(port) not in _SERVICE_PORTS:
        port = ""
    return f"{'' if _LOCAL.fullmatch(host) else host}:{port}".rstrip(":")
