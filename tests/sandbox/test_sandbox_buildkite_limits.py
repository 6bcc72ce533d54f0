import threading
from collections.abc import Iterator

import httpx
import pytest
from buildkite_story_api import SUITES
from story_api import NO_TLS
from story_time import STORY_END

from runs_mcp.sandbox import READ_ONLY_KEY, Sandbox
from runs_mcp.sandbox.buildkite.limits import Scope

KEY = {"Authorization": f"Bearer {READ_ONLY_KEY}"}
LIMITS: dict[Scope, tuple[str, int]] = {
    "rest": ("RateLimit", 200),
    "rest_user": ("RateLimit-User", 50),
}
SCOPES = pytest.mark.parametrize("scope", ["rest", "rest_user"])


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.buildkite.limits.lift()
    return running


@pytest.fixture(scope="module")
def api(running: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=running.buildkite_url, headers=KEY, timeout=10, verify=NO_TLS
    ) as client:
        yield client


def stated(answer: httpx.Response, scope: Scope) -> tuple[int, int, int]:
    prefix, _ = LIMITS[scope]
    limit, remaining, reset = (
        int(answer.headers[f"{prefix}-{name}"]) for name in ("Limit", "Remaining", "Reset")
    )
    return limit, remaining, reset


def test_both_limits_count_down_and_start_again_after_a_minute(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    for number in (1, 2, 3):
        answer = api.get(SUITES)
        assert stated(answer, "rest")[:2] == (200, 200 - number)
        assert stated(answer, "rest_user")[:2] == (50, 50 - number)
        assert 50 < stated(answer, "rest")[2] <= 60
    sandbox.buildkite.limits.advance(45)
    assert 5 < stated(api.get(SUITES), "rest")[2] <= 15
    sandbox.buildkite.limits.advance(15)
    assert stated(api.get(SUITES), "rest")[1] == 199


@pytest.mark.usefixtures("sandbox")
def test_limits_are_not_enforced_by_default(api: httpx.Client) -> None:
    answers = [api.get(SUITES) for _ in range(70)]
    assert {answer.status_code for answer in answers} == {200}
    assert stated(answers[-1], "rest")[1] == 130
    assert [stated(answer, "rest_user")[1] for answer in answers[48:]] == [1, *[0] * 21]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (SUITES, KEY, 200),
        (SUITES, {}, 401),
        (f"{SUITES}/nobody/runs", KEY, 404),
        (f"{SUITES}?page=0", KEY, 422),
        ("/v2/nowhere", KEY, 404),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_every_answer_states_both_limits(
    running: Sandbox, path: str, headers: dict[str, str], status: int
) -> None:
    answer = httpx.get(running.buildkite_url + path, headers=headers, verify=NO_TLS)
    assert answer.status_code == status
    assert stated(answer, "rest")[0] == 200
    assert stated(answer, "rest_user")[0] == 50


@SCOPES
def test_a_used_up_limit_names_its_scope_and_warns(
    sandbox: Sandbox, api: httpx.Client, scope: Scope
) -> None:
    prefix, _ = LIMITS[scope]
    sandbox.buildkite.limits.spend(scope, remaining=2, reset_s=42)
    first, second, refused = (api.get(SUITES) for _ in range(3))
    for answer in (first, second, refused):
        assert answer.headers["RateLimit-Scope"] == "rest"
        assert answer.headers["RateLimit-User-Scope"] == "rest_user"
    assert [answer.status_code for answer in (first, second, refused)] == [200, 200, 429]
    warned = [f"{prefix}-Warning" in answer.headers for answer in (first, second, refused)]
    assert warned == [False, True, True]
    assert refused.headers[f"{prefix}-Warning"] == refused.json()["message"]
    other = next(known for known, _ in LIMITS.values() if known != prefix)
    assert f"{other}-Warning" not in refused.headers
    sandbox.buildkite.limits.advance(60)
    assert f"{prefix}-Warning" not in api.get(SUITES).headers


@SCOPES
def test_a_spent_limit_refuses_until_it_is_reset(
    sandbox: Sandbox, api: httpx.Client, scope: Scope
) -> None:
    _, limit = LIMITS[scope]
    sandbox.buildkite.limits.spend(scope, remaining=2, reset_s=42)
    assert [stated(api.get(SUITES), scope)[1] for _ in range(2)] == [1, 0]
    for _ in range(3):
        answer = api.get(SUITES)
        assert answer.status_code == 429
        body = answer.json()
        assert body == {
            "message": (
                "You have exceeded your API rate limit."
                f" Please wait {body['reset']} seconds before making more requests."
            ),
            "scope": scope,
            "limit": limit,
            "current": limit,
            "reset": stated(answer, scope)[2],
        }
        assert 30 < body["reset"] <= 42
        assert stated(answer, scope)[:2] == (limit, 0)
        assert "retry-after" not in answer.headers
    sandbox.buildkite.limits.advance(20)
    assert 10 < api.get(SUITES).json()["reset"] <= 22
    sandbox.buildkite.limits.advance(22)
    answer = api.get(SUITES)
    assert answer.status_code == 200
    assert stated(answer, scope)[1] == limit - 1
    assert {api.get(SUITES).status_code for _ in range(60)} == {200}


def test_after_waiting_for_reset_a_request_is_accepted(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.buildkite.limits.spend("rest_user", remaining=0, reset_s=3)
    sandbox.buildkite.limits.advance(0.7)
    reset = stated(api.get(SUITES), "rest_user")[2]
    assert reset >= 1
    sandbox.buildkite.limits.advance(reset)
    assert api.get(SUITES).status_code == 200


def test_a_refused_request_does_not_count_for_any_limit(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.buildkite.limits.spend("rest_user", remaining=0, reset_s=60)
    before = stated(api.get(SUITES), "rest")[1]
    assert stated(api.get(SUITES), "rest")[1] == before == 200


def test_of_two_spent_limits_the_organizations_is_reported(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.buildkite.limits.spend("rest_user", remaining=0, reset_s=30)
    sandbox.buildkite.limits.spend("rest", remaining=0, reset_s=10)
    assert api.get(SUITES).json()["scope"] == "rest"
    sandbox.buildkite.limits.advance(10)
    assert api.get(SUITES).json()["scope"] == "rest_user"


def test_an_invalid_token_is_401_even_where_a_limit_is_spent(sandbox: Sandbox) -> None:
    sandbox.buildkite.limits.spend("rest", remaining=0, reset_s=60)
    assert httpx.get(sandbox.buildkite_url + SUITES, verify=NO_TLS).status_code == 401


def test_limits_can_be_lifted(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.buildkite.limits.spend("rest", remaining=0, reset_s=600)
    assert api.get(SUITES).status_code == 429
    sandbox.buildkite.limits.lift()
    answer = api.get(SUITES)
    assert (answer.status_code, stated(answer, "rest")[1]) == (200, 199)


def test_of_concurrent_requests_exactly_the_remaining_number_is_accepted(sandbox: Sandbox) -> None:
    sandbox.buildkite.limits.spend("rest", remaining=7, reset_s=60)
    statuses: list[int] = []

    def ask() -> None:
        answer = httpx.get(sandbox.buildkite_url + SUITES, headers=KEY, verify=NO_TLS)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(statuses) == [200] * 7 + [429] * 13


@pytest.mark.parametrize(("remaining", "reset_s"), [(-1, 1), (201, 1), (0, -1)])
def test_an_invalid_limit_is_refused(sandbox: Sandbox, remaining: int, reset_s: int) -> None:
    with pytest.raises(ValueError, match=r"can remain|negative"):
        sandbox.buildkite.limits.spend("rest", remaining=remaining, reset_s=reset_s)


def test_the_limits_do_not_apply_to_currents(sandbox: Sandbox) -> None:
    sandbox.buildkite.limits.spend("rest", remaining=0, reset_s=60)
    answer = httpx.get(f"{sandbox.currents_url}/projects", headers=KEY, verify=NO_TLS)
    assert answer.status_code == 200
    assert "ratelimit-limit" not in answer.headers
