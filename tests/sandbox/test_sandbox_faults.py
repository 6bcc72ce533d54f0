import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from story_api import NO_TLS, api_of
from story_time import STORY_END

from runs_mcp.sandbox import READ_WRITE_KEY, Fault, Sandbox
from runs_mcp.sandbox.story import NotableRun

MAIN = f"/runs/{NotableRun.MAIN}"
CANCEL = f"/runs/{NotableRun.IN_PROGRESS}/cancel"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Without a base URL and a key, and with no connection kept."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(limits=limits, timeout=10, verify=NO_TLS) as client:
        yield client


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    running.requests.clear()
    yield running
    running.heal()


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def test_a_status_is_answered_with_body_and_headers_a_number_of_times(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.fail(Fault(status=429, headers={"Retry-After": "7"}, times=2))
    for _ in range(2):
        answer = api.get(MAIN)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert answer.json()["status"] == "FAILED"
    assert api.get(MAIN).status_code == 200
    assert [request.status for request in sandbox.requests] == [429, 429, 200]


def test_an_error_can_have_the_status_200(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(status=200, times=1))
    answer = api.get(MAIN)
    assert answer.status_code == 200
    assert answer.json() == {"status": "FAILED", "error": "The sandbox was told to answer 200"}


def test_an_injected_body_can_be_html_or_empty(sandbox: Sandbox, api: httpx.Client) -> None:
    page = "<html><h1>502 Bad Gateway</h1></html>"
    sandbox.fail(Fault(status=502, body=page, headers={"content-type": "text/html"}, times=1))
    sandbox.fail(Fault(status=503, body="", times=1))
    answer = api.get(MAIN)
    assert (answer.status_code, answer.text) == (502, page)
    assert answer.headers.get_list("content-type") == ["text/html"]
    answer = api.get(MAIN)
    assert (answer.status_code, answer.content) == (503, b"")


def test_a_fault_only_happens_for_its_method_and_path(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(method="GET", path="/v1/runs/[0-9a-f]+$", status=500))
    assert api.get(MAIN).status_code == 500
    assert api.get("/projects").status_code == 200
    assert api.put(f"{MAIN}/cancel").status_code == 422
    assert api.delete("/runs/nobody").status_code == 404


def test_of_several_faults_the_oldest_that_matches_happens_until_they_are_removed(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.fail(Fault(status=500, times=1))
    sandbox.fail(Fault(status=503))
    assert [api.get(MAIN).status_code for _ in range(4)] == [500, 503, 503, 503]
    sandbox.heal()
    assert api.get(MAIN).status_code == 200


def test_a_delayed_answer_is_right_and_does_not_delay_others(
    http: httpx.Client, sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.fail(Fault(path=f"/v1{MAIN}", delay_s=0.8))
    late: list[tuple[int, float]] = []

    def ask() -> None:
        begin = time.monotonic()
        answer = http.get(f"{sandbox.currents_url}{MAIN}", headers=api.headers, timeout=10)
        late.append((answer.status_code, time.monotonic() - begin))

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(5):
        assert api.get("/projects").status_code == 200
    assert late == []
    thread.join(10)
    ((status, took),) = late
    assert status == 200
    assert took >= 0.8


def test_a_reset_happens_before_any_byte_of_an_answer(sandbox: Sandbox) -> None:
    sandbox.fail(Fault(reset=True))
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as connection:
        connection.sendall(_raw_request("PUT", f"/v1{CANCEL}"))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    sandbox.heal()
    assert [request.status for request in sandbox.requests] == [0]
    (in_progress,) = (sandbox.currents.run_of(NotableRun.IN_PROGRESS),)
    assert in_progress.completion_state == "IN_PROGRESS"


def test_a_reset_is_a_read_error_in_httpx(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(reset=True, times=1))
    with pytest.raises(httpx.ReadError):
        api.get(MAIN)
    assert api.get(MAIN).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_truncated_answer_declares_its_whole_length_and_sends_half(
    sandbox: Sandbox, api: httpx.Client, accepted: str
) -> None:
    headers = {"Accept-Encoding": accepted}
    whole = api.get(MAIN, headers=headers)
    sandbox.fail(Fault(truncate=True, times=1))
    received = bytearray()
    with api.stream("GET", MAIN, headers=headers) as answer:
        assert answer.headers.get("content-encoding") == whole.headers.get("content-encoding")
        declared = int(answer.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError):
            _receive(answer, received)
    assert abs(declared - int(whole.headers["content-length"])) < 3000
    assert len(received) == declared // 2
    assert api.get(MAIN).status_code == 200


def test_a_fault_can_spare_the_first_requests(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(path=f"/v1{MAIN}", status=401, after=2, times=1))
    assert [api.get(path).status_code for path in (MAIN, "/projects", MAIN)] == [200] * 3
    assert [api.get(MAIN).status_code for _ in range(2)] == [401, 200]


def test_a_malformed_answer_is_not_json(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(malformed=True))
    answer = api.get(MAIN)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_an_oversized_answer_is_json_of_exactly_that_size(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.fail(Fault(oversized=3_000_001))
    answer = api.get(MAIN)
    assert len(answer.content) == 3_000_001
    assert answer.json()["status"] == "OK"
    assert "content-encoding" not in answer.headers


def test_a_gzip_bomb_is_small_while_it_is_compressed(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(oversized=20_000_000, gzip_bomb=True))
    with api.stream("GET", MAIN) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join(answer.iter_raw())
    assert len(raw) < 40_000
    assert len(gzip.decompress(raw)) == 20_000_000


def test_an_endless_answer_stops_when_the_client_leaves_and_does_not_delay_others(
    http: httpx.Client, sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.fail(Fault(path="/v1/runs", oversized=10**12))
    sandbox.fail(Fault(path="/v1/instances", oversized=10**12, gzip_bomb=True))
    for path in (MAIN, "/instances/any"):
        with api.stream("GET", path) as answer:
            chunks = answer.iter_raw()
            assert next(chunks)
            other = http.get(f"{sandbox.currents_url}/projects", headers=api.headers, timeout=5)
            assert other.status_code == 200
    assert api.get("/projects").status_code == 200


def test_a_write_with_a_lost_answer_is_done(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(method="PUT", lose_answer=True, times=1))
    with pytest.raises(httpx.ReadError):
        api.put(f"/runs/{NotableRun.FAILING}/cancel")
    run = api.get(f"/runs/{NotableRun.FAILING}").json()["data"]
    assert run["completionState"] == "CANCELED"
    assert [request.status for request in sandbox.requests] == [0, 200]


def test_a_fault_can_be_delayed(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(status=503, delay_s=0.3))
    begin = time.monotonic()
    assert api.get(MAIN).status_code == 503
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(
    "contradiction",
    [
        {"reset": True, "truncate": True},
        {"status": 500, "malformed": True},
        {"gzip_bomb": True},
        {"body": "x"},
        {"headers": {"a": "b"}},
        {"path": "("},
        {"times": -1},
        {"after": -1},
        {"trickle": True, "cut_gzip": True},
        {"delay_s": -1.0},
    ],
)
def test_an_invalid_fault_is_refused(
    http: httpx.Client, sandbox: Sandbox, contradiction: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Fault(**contradiction)
    url = f"http://127.0.0.1:{sandbox.port}/sandbox/faults"
    assert http.post(url, json=contradiction).status_code == 400


def test_faults_and_requests_are_available_over_http(
    http: httpx.Client, sandbox: Sandbox, api: httpx.Client
) -> None:
    control = f"http://127.0.0.1:{sandbox.port}/sandbox"
    fault = {"status": 429, "headers": {"Retry-After": "1"}, "path": "/v1/projects"}
    assert http.post(f"{control}/faults", json=fault).status_code == 204
    answer = api.get("/projects?limit=5")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    # The control itself cannot be broken.
    sandbox.fail(Fault(reset=True))
    assert http.delete(f"{control}/faults").status_code == 204
    assert api.get("/projects").status_code == 200
    recorded = http.get(f"{control}/requests").json()
    assert [(each["path"], each["query"], each["status"]) for each in recorded] == [
        ("/v1/projects", "limit=5", 429),
        ("/v1/projects", "", 200),
    ]
    assert http.post(f"{control}/faults", content=b"no json").status_code == 400
    assert http.post(f"{control}/faults", json={"stauts": 500}).status_code == 400


def _receive(answer: httpx.Response, received: bytearray) -> None:
    for part in answer.iter_raw():
        received += part


def _raw_request(method: str, path: str) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\n"
        f"Authorization: Bearer {READ_WRITE_KEY}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
