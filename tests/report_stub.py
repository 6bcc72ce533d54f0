"""A stub of both APIs on loopback: it answers as it is told, and remembers what it was asked."""

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

import msgspec

KEY: Final = "a-key-of-the-stub"
INTERIM: Final = b"HTTP/1.1 103 Early Hints\r\n\r\n"
IN_ACME: Final = {"BUILDKITE_ORGANIZATION": "acme"}


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer: `body` is sent as JSON, `raw` as it is.

    With `only_interim` there is none, but interim responses without end.
    """

    status: int = 200
    headers: dict[str, str] = {}
    body: object = None
    raw: str | None = None
    sleep_s: float = 0
    only_interim: bool = False


class Route(Told, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An answer to all requests in whose path and query `path` is found.

    With `answers` they come one after another, the last for ever.
    """

    path: str
    method: str = "GET"
    answers: list[Told] = []


NOT_FOUND: Final = Told(404, body={"status": "FAILED", "error": "Not found"})


class Stub:
    """Serves routes while it is entered; what has none is not found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server = _Server(self)
        self.serve([])

    def serve(self, routes: Sequence[Route]) -> None:
        """Serves these routes from now on, and forgets what it was asked."""
        with self._lock:
            self._routes = routes
            self._turns: Counter[int] = Counter()
            self.asked: list[str] = []
            self.keys: list[tuple[str, str]] = []
            """The path of each request, and what authorized it."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a server asks this stub, and nothing else."""
        address = f"http://127.0.0.1:{self._server.server_port}"
        return {
            "CURRENTS_API_URL": f"{address}/v1",
            "CURRENTS_API_KEY": KEY,
            "BUILDKITE_BASE_URL": address,
            "BUILDKITE_API_TOKEN": KEY,
            "RUNS_MCP_CACHE_BYTES": "0",  # What it serves under an ID changes.
        }

    def answer(self, method: str, path: str, sent: str, key: str) -> Told:
        """Returns what is told to this request."""
        with self._lock:
            self.keys.append((path, key))
            self.asked.append(f"{method} {path} {sent}".rstrip())
            for number, route in enumerate(self._routes):
                if route.method == method and re.search(route.path, path):
                    turn = self._turns[number]
                    self._turns[number] += 1
                    return (
                        route.answers[min(turn, len(route.answers) - 1)] if route.answers else route
                    )
        return NOT_FOUND


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, stub: Stub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stub = stub

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a client went away in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body go out together
    disable_nagle_algorithm = True  # a long body goes out in two writes
    server: _Server

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        told = self.server.stub.answer(
            self.command, self.path, sent, self.headers.get("Authorization", "")
        )
        time.sleep(told.sleep_s)
        raw = None if told.raw is None else told.raw.encode(errors="surrogatepass")
        body = msgspec.json.encode(told.body) if raw is None else raw
        while told.only_interim:
            self.wfile.write(INTERIM * 1000)
        self.send_response(told.status)
        for name, value in {"Content-Type": "application/json", **told.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - http.server wants these names
