"""A proxy that is in the way: `check` and `call` say that it is the proxy, and what to do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Final, NamedTuple

import pytest
import stamina
from command_runs import Done, run

KEY: Final = "k3y-0123456789-of-the-operator"
LOGIN: Final = "operator:hush-hush"


class _Proxy(BaseHTTPRequestHandler):
    status: ClassVar[int]
    asked: ClassVar[list[str]]

    def _answer(self) -> None:
        self.asked.append(self.path)
        body = json.dumps({"status": "OK", "data": []}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    do_CONNECT = do_GET = _answer  # noqa: N815 - http.server wants these names


class Proxy(NamedTuple):
    address: str
    asked: list[str]


@contextmanager
def proxy(status: int) -> Iterator[Proxy]:
    asked: list[str] = []
    handler = type("_ProxyOfStatus", (_Proxy,), {"status": status, "asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield Proxy(f"http://{LOGIN}@127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()


@pytest.fixture(autouse=True)
def _few_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


def through(address: str, variable: str, api: str, *command: str) -> Done:
    done = run(*command, CURRENTS_API_URL=api, CURRENTS_API_KEY=KEY, **{variable: address})
    assert not any(secret in done.stdout + done.stderr for secret in (KEY, "hush-hush"))
    return done


def check(status: int, variable: str, api: str) -> Done:
    with proxy(status) as one:
        return through(one.address, variable, api, "check")


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("status", "does", "advice"),
    [
        (407, "wants a login", "http://user:password@host:port"),
        (403, "refuses to connect", "let api.invalid through, or add api.invalid to NO_PROXY"),
        (404, "refuses to connect", "NO_PROXY"),
        (302, "refuses to connect", "NO_PROXY"),
        (502, "could not connect", "try again later"),
        (503, "could not connect", "try again later"),
    ],
)
def test_check_says_that_the_proxy_made_no_connection_and_why(
    variable: str, status: int, does: str, advice: str
) -> None:
    done = check(status, variable, "https://api.invalid/v1")
    assert done.returncode == 1
    assert f"The proxy in {variable} {does}" in done.stdout
    assert f": {status} " in done.stdout
    assert advice in done.stdout
    assert "kind=unreachable" in done.stdout
    assert "broke off" not in done.stdout


@pytest.mark.parametrize(("status", "retryable", "times"), [(403, "no", 1), (502, "yes", 2)])
def test_a_proxy_that_refuses_is_not_asked_again(status: int, retryable: str, times: int) -> None:
    listing = ("call", "currents_list_projects")
    with proxy(status) as one:
        done = through(one.address, "HTTPS_PROXY", "https://api.invalid/v1", *listing)
    assert f"[kind=unreachable status={status} retryable={retryable}]" in done.stderr
    assert one.asked == ["api.invalid:443"] * times


def test_a_login_is_asked_for_without_tls_too() -> None:
    done = check(407, "HTTP_PROXY", "http://api.invalid/v1")
    assert "The proxy in HTTP_PROXY wants a login" in done.stdout
    assert done.returncode == 1


def test_requests_go_through_the_proxy() -> None:
    done = check(200, "HTTP_PROXY", "http://api.invalid/v1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "it can see 0 projects" in done.stdout


def test_a_proxy_that_is_not_there_is_named() -> None:
    with proxy(200) as one:
        gone = one.address
    done = through(gone, "HTTPS_PROXY", "https://api.invalid/v1", "check")
    assert done.returncode == 1
    assert "through the proxy in HTTPS_PROXY" in done.stdout
    assert "Check that HTTPS_PROXY and CURRENTS_API_URL are right" in done.stdout
