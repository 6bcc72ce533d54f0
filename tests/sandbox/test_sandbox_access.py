from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from story_api import NO_TLS
from story_time import STORY_END

from runs_mcp.sandbox import NO_RESULTS_TOKEN, READ_ONLY_KEY, READ_WRITE_KEY, Sandbox
from runs_mcp.sandbox.story import BOOKING_PROJECT, NotableRun

KEY = {"Authorization": f"Bearer {READ_WRITE_KEY}"}
MAIN_PATH = f"/runs/{NotableRun.MAIN}"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Without a base URL and a key."""
    with httpx.Client(timeout=10, verify=NO_TLS) as client:
        yield client


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer nobody"}, 401),
        ({"Authorization": f"Basic {READ_WRITE_KEY}"}, 401),
        ({"Authorization": f"Bearer {READ_ONLY_KEY}"}, 200),
        (KEY, 200),
    ],
)
def test_a_key_is_needed_to_read(
    http: httpx.Client, sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    answer = http.get(f"{sandbox.currents_url}/projects", headers=headers)
    assert answer.status_code == status
    assert answer.json()["status"] == ("OK" if status == 200 else "FAILED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"/runs/{NotableRun.IN_PROGRESS}/cancel"),
        ("PUT", "/runs/cancel-ci/github"),
        ("PUT", f"/runs/{NotableRun.MAIN}/reset"),
        ("DELETE", f"/runs/{NotableRun.MAIN}"),
    ],
)
def test_the_read_only_key_may_not_write(
    http: httpx.Client, sandbox: Sandbox, method: str, path: str
) -> None:
    before = (
        _body(http, sandbox, MAIN_PATH),
        _body(http, sandbox, f"/runs/{NotableRun.IN_PROGRESS}"),
    )
    headers = {"Authorization": f"Bearer {READ_ONLY_KEY}"}
    answer = http.request(method, sandbox.currents_url + path, headers=headers)
    assert answer.status_code == 403
    assert answer.json() == {"status": "FAILED", "error": answer.json()["error"]}
    after = _body(http, sandbox, MAIN_PATH), _body(http, sandbox, f"/runs/{NotableRun.IN_PROGRESS}")
    assert [run["completionState"] for run in after] == ["COMPLETE", "IN_PROGRESS"]
    assert [len(run["specs"]) for run in after] == [len(run["specs"]) for run in before]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", f"/projects/{BOOKING_PROJECT}/runs", "results:read"),
        ("GET", f"/runs/find?projectId={BOOKING_PROJECT}", "results:read"),
        ("GET", MAIN_PATH, "results:read"),
        ("GET", "/instances/any", "results:read"),
        ("PUT", f"/runs/{NotableRun.IN_PROGRESS}/cancel", "runs:write"),
        ("DELETE", MAIN_PATH, "runs:write"),
    ],
)
def test_a_token_without_the_scope_gets_an_error_that_names_it(
    http: httpx.Client, sandbox: Sandbox, method: str, path: str, scope: str
) -> None:
    headers = {"Authorization": f"Bearer {NO_RESULTS_TOKEN}"}
    answer = http.request(method, sandbox.currents_url + path, headers=headers)
    assert answer.status_code == 403
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json()["status"] == "FAILED"
    assert scope in answer.json()["error"]


def test_the_token_that_may_read_projects_is_not_valid_for_buildkite(
    http: httpx.Client, sandbox: Sandbox
) -> None:
    headers = {"Authorization": f"Bearer {NO_RESULTS_TOKEN}"}
    for path in ("/projects", f"/projects/{BOOKING_PROJECT}"):
        assert http.get(sandbox.currents_url + path, headers=headers).status_code == 200
    url = f"{sandbox.buildkite_url}/v2/access-token"
    assert http.get(url, headers=headers).status_code == 401


def _body(http: httpx.Client, sandbox: Sandbox, path: str) -> dict[str, Any]:
    answer = http.get(sandbox.currents_url + path, headers=KEY, timeout=10)
    run: dict[str, Any] = answer.json()["data"]
    return run
