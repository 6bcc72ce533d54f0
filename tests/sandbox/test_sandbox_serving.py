import gc
import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from story_api import KEY, NO_TLS, api_of

from runs_mcp.sandbox import READ_WRITE_KEY, Fault, Sandbox
from runs_mcp.sandbox.serving import ServingThread, listening_socket
from runs_mcp.sandbox.story import BOOKING_PROJECT, NotableRun

MAIN_PATH = f"/runs/{NotableRun.MAIN}"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Without a base URL and a key, and with no connection kept."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(limits=limits, timeout=10, verify=NO_TLS) as client:
        yield client


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def test_it_serves_on_a_free_loopback_port_as_soon_as_it_is_entered(http: httpx.Client) -> None:
    with Sandbox() as one, Sandbox() as other:
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/v1", one.currents_url)
        assert one.currents_url != other.currents_url
        for each in (one, other):
            assert http.get(f"{each.currents_url}/projects", headers=KEY).status_code == 200


def test_a_port_in_use_raises_os_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"), Sandbox(port=sandbox.port):
        pass


@pytest.mark.filterwarnings("error")
def test_stopping_also_closes_connections_that_were_just_accepted() -> None:
    async def no_app(scope: Scope, receive: Receive, send: Send) -> None:
        """Answers nothing: no request is sent."""

    for _ in range(20):
        listener = listening_socket(0)
        port = listener.getsockname()[1]
        serving = ServingThread(no_app, listener)
        serving.start()
        clients = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(3)]
        serving.stop()
        for client in clients:
            client.close()
    gc.collect()  # What was left open complains when it is collected.


def test_it_stops_during_a_kept_connection_a_late_answer_and_a_huge_answer(
    http: httpx.Client,
) -> None:
    with Sandbox() as sandbox, httpx.Client(headers=KEY, timeout=10, verify=NO_TLS) as kept:
        sandbox.fail(Fault(path="/v1/runs", delay_s=60))
        sandbox.fail(Fault(path="/v1/instances", oversized=10**10))
        kept.get(f"{sandbox.currents_url}/projects")
        port = sandbox.port
        waiting = [_asking(port, path) for path in (f"/v1{MAIN_PATH}", "/v1/instances/any")]
        waiting[1].recv(100)
        begin = time.monotonic()
        sandbox.__exit__(None, None, None)
        assert time.monotonic() - begin < 3
        for connection in waiting:
            connection.close()
        with pytest.raises(httpx.ConnectError):
            http.get(f"http://127.0.0.1:{port}/v1/projects", timeout=5)
    assert f"sandbox {port}" not in {thread.name for thread in threading.enumerate()}


def test_nothing_is_printed_even_when_connections_are_dropped() -> None:
    script = (
        "import httpx\n"
        "from runs_mcp.sandbox import *\n"
        "with Sandbox() as s, httpx.Client(base_url=s.currents_url, timeout=10) as c:\n"
        "    for fault in (Fault(reset=True), Fault(truncate=True), Fault(lose_answer=True),\n"
        "                  Fault(malformed=True), Fault(oversized=99, gzip_bomb=True)):\n"
        "        s.fail(fault)\n"
        "        try: c.get('/projects')\n"
        "        except httpx.HTTPError: pass\n"
        "        s.heal()\n"
        "    assert c.get('/projects').status_code == 401\n"
    )
    done = subprocess.run(  # noqa: S603  # our own interpreter and script
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_request_is_recorded_raw_with_its_status(
    http: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.requests.clear()
    url = f"{sandbox.currents_url}/runs/a%2Fb/cancel?x=%20y"
    http.put(url, headers={**KEY, "Accept-Encoding": "br"}, content=b'{"a":1}')
    (request,) = sandbox.requests
    assert (request.method, request.path) == ("PUT", "/v1/runs/a%2Fb/cancel")
    assert (request.query, request.body) == ("x=%20y", b'{"a":1}')
    assert (request.accept_encoding, request.status) == ("br", 404)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip;q=0", None),
        ("gzip;q=0.0, br", None),
    ],
)
def test_answers_are_gzip_where_the_request_accepts_it(
    http: httpx.Client, sandbox: Sandbox, accepted: str, encoding: str | None
) -> None:
    url = sandbox.currents_url + MAIN_PATH
    with http.stream("GET", url, headers={**KEY, "Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == encoding
    assert int(answer.headers["content-length"]) == len(raw)
    body = gzip.decompress(raw) if encoding else raw
    assert json.loads(body)["data"]["runId"] == NotableRun.MAIN


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/runs"),
        ("GET", "/runs/"),
        ("GET", "/webhooks/abc"),
        ("DELETE", "/runs/"),
        ("DELETE", "/runs/..%2Fwebhooks%2Fabc"),
        ("DELETE", f"/projects/{BOOKING_PROJECT}"),
        ("POST", f"/runs/{NotableRun.MAIN}"),
        ("GET", f"/projects/{BOOKING_PROJECT}%2Fruns"),
        ("GET", "/projects/nobody"),
        ("GET", "/projects/nobody/runs"),
        ("GET", "/runs/nobody"),
        ("GET", "/instances/nobody"),
    ],
)
def test_an_unknown_path_is_404_in_the_envelope(api: httpx.Client, method: str, path: str) -> None:
    answer = api.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["status"] == "FAILED"
    assert isinstance(answer.json()["error"], str)


def test_cypress_assets_are_signed_for_two_hours(api: httpx.Client) -> None:
    answer = _failed_instance(api, NotableRun.CONSOLE_FAILED)
    urls = re.findall(r'"(https://[^"]*[?]Expires=[^"]*)"', answer.text)
    assert {httpx.URL(url).path.rsplit(".", 1)[1] for url in urls} == {"png", "mp4"}
    assert "https://assets.sandbox.example/" in urls[0]
    for url in urls:
        assert 430 <= len(url) <= 470
        left = int(httpx.URL(url).params["Expires"]) - datetime.now(UTC).timestamp()
        assert 7190 < left <= 7200
    assert not re.search(r'\.(?:png|mp4)"', answer.text)


def test_playwright_assets_are_signed_for_three_days(api: httpx.Client) -> None:
    answer = _failed_instance(api, NotableRun.THREE_CAUSES)
    urls = re.findall(r'"(https://[^"]*[?]X-Amz-[^"]*)"', answer.text)
    kinds = {httpx.URL(url).path.rsplit(".", 1)[1] for url in urls}
    assert kinds == {"png", "webm", "zip", "md", "txt"}
    assert "https://artifacts.sandbox.example/" in urls[0]
    for url in urls:
        query = httpx.URL(url).params
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert 0 <= (datetime.now(UTC) - signed).total_seconds() < 10
        assert query["X-Amz-Expires"] == "259200"
        assert re.fullmatch("[0-9a-f]{64}", query["X-Amz-Signature"])
    assert not re.search(r'https://[^"?]*\.(?:png|webm|zip|md|txt)"', answer.text)


def _failed_instance(api: httpx.Client, run_id: str) -> httpx.Response:
    run = api.get(f"/runs/{run_id}").json()["data"]
    failed = next(spec for spec in run["specs"] if spec["results"]["stats"]["failures"])
    return api.get(f"/instances/{failed['instanceId']}")


def test_the_story_is_the_same_at_any_time_except_for_its_times(http: httpx.Client) -> None:
    def listed(now: datetime) -> list[dict[str, Any]]:
        with Sandbox(now=now) as sandbox:
            answer = http.get(
                f"{sandbox.currents_url}/projects/{BOOKING_PROJECT}/runs", headers=KEY
            )
        runs: list[dict[str, Any]] = answer.json()["data"]
        return runs

    early = listed(datetime(2027, 3, 1, 12, tzinfo=UTC))
    late = listed(datetime(2031, 8, 9, 23, 59, tzinfo=UTC))
    assert early[0]["createdAt"] == "2027-03-01T11:54:00.000Z"
    assert late[0]["createdAt"] == "2031-08-09T23:53:00.000Z"
    for run in (*early, *late):
        del run["createdAt"]
        run.get("cancellation", {}).pop("canceledAt", None)
    assert early == late


def _asking(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {READ_WRITE_KEY}\r\n\r\n"
    connection.sendall(head.encode())
    return connection
