import json
from collections.abc import Iterator

import httpx
import pytest
from buildkite_story_api import SUITES, api_of
from story_time import STORY_END

from runs_mcp.sandbox import (
    BUILDKITE_SUITE,
    Fault,
    NotableBuildkiteRun,
    Sandbox,
)

MAIN = f"{SUITES}/{BUILDKITE_SUITE}/runs/{NotableBuildkiteRun.MAIN}"


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


def test_requests_are_recorded_with_their_query_and_status(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    api.get(f"{MAIN}/failed_executions", params={"per_page": 5})
    api.get(f"{SUITES}/nobody/runs")
    first, second = sandbox.requests
    assert (first.method, first.path) == ("GET", f"{MAIN}/failed_executions")
    assert (first.query, first.status) == ("per_page=5", 200)
    assert second.status == 404


def test_an_injected_status_has_the_apis_error_body(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(path="/v2/", status=503, headers={"X-From": "proxy"}, times=1))
    answer = api.get(MAIN)
    assert (answer.status_code, answer.headers["x-from"]) == (503, "proxy")
    assert answer.json() == {"message": "The sandbox was told to answer 503"}
    assert api.get(MAIN).status_code == 200


def test_a_fault_in_one_api_does_not_affect_the_other(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(path="/v2/.*/failed_executions$", status=500))
    assert api.get(f"{MAIN}/failed_executions").status_code == 500
    assert api.get(MAIN).status_code == 200
    assert api.get(f"{sandbox.currents_url}/projects").status_code == 200


def test_a_malformed_answer_is_not_json(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.fail(Fault(malformed=True))
    answer = api.get(MAIN)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("gzip_bomb", [False, True])
def test_an_oversized_answer_has_the_size_asked_for(
    sandbox: Sandbox, api: httpx.Client, gzip_bomb: bool
) -> None:
    sandbox.fail(Fault(oversized=300_000, gzip_bomb=gzip_bomb))
    answer = api.get(MAIN)
    assert len(answer.content) == 300_000
    assert list(answer.json()[0]) == ["padding"]


def test_a_truncated_answer_and_a_reset_break_the_connection(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.fail(Fault(truncate=True, times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        api.get(MAIN)
    sandbox.fail(Fault(reset=True, times=1))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        api.get(MAIN)
    assert api.get(MAIN).status_code == 200
