from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from story_api import Json, api_of, run

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)

WORKFLOW_RUN, ATTEMPT = PUSH_IN_PROGRESS
BY_GITHUB = {"githubRunId": WORKFLOW_RUN, "githubRunAttempt": ATTEMPT}


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def test_a_run_in_progress_can_be_canceled_once(api: httpx.Client) -> None:
    path = f"/runs/{NotableRun.IN_PROGRESS}"
    begin = datetime.now(UTC)
    before = run(api, NotableRun.IN_PROGRESS)
    done = api.put(f"{path}/cancel")
    assert done.status_code == 200
    answer = done.json()["data"]
    assert answer == {
        "runId": NotableRun.IN_PROGRESS,
        "actor": "api:sandbox",
        "reason": "apiRequest",
        "canceledAt": answer["canceledAt"],
    }
    canceled_at = datetime.fromisoformat(answer["canceledAt"])
    assert abs((canceled_at - begin).total_seconds()) < 10
    after = run(api, NotableRun.IN_PROGRESS)
    assert (after["status"], after["completionState"]) == ("PASSED", "CANCELED")
    assert {"runId": NotableRun.IN_PROGRESS, **after["cancellation"]} == answer
    assert after["specs"][30]["instanceId"] == before["specs"][30]["instanceId"]
    assert after["groups"] == before["groups"]
    again = api.put(f"{path}/cancel")
    assert again.status_code == 422
    assert again.json() == {"status": "FAILED", "error": "Run already cancelled"}


def test_a_canceled_run_that_was_failing_has_failed(api: httpx.Client) -> None:
    assert api.put(f"/runs/{NotableRun.FAILING}/cancel").status_code == 200
    after = run(api, NotableRun.FAILING)
    assert (after["status"], after["completionState"]) == ("FAILED", "CANCELED")


def test_a_cancellation_in_the_console_project_has_the_fields_of_openapi(
    api: httpx.Client,
) -> None:
    receipt = api.put(f"/runs/{NotableRun.CONSOLE_IN_PROGRESS}/cancel").json()["data"]
    assert receipt == {
        "runId": NotableRun.CONSOLE_IN_PROGRESS,
        "cancelled": True,
        "cancelledAt": receipt["cancelledAt"],
    }
    after = run(api, NotableRun.CONSOLE_IN_PROGRESS)["cancellation"]
    assert after == {
        "cancelledBy": "api:sandbox",
        "cancelledAt": receipt["cancelledAt"],
        "reason": "apiRequest",
    }
    assert set(run(api, NotableRun.CONSOLE_CANCELED)["cancellation"]) == set(after)


@pytest.mark.parametrize("over", [NotableRun.MAIN, NotableRun.TIMED_OUT, NotableRun.OLDEST_SHAPE])
def test_cancel_of_a_completed_run_is_refused(api: httpx.Client, over: NotableRun) -> None:
    before = run(api, over)
    answer = api.put(f"/runs/{over}/cancel")
    assert answer.status_code == 422
    after = run(api, over)
    assert [after.get(key) for key in ("status", "completionState", "cancellation")] == [
        before.get(key) for key in ("status", "completionState", "cancellation")
    ]


def test_cancel_by_github_ci_cancels_the_newest_run_in_progress_that_it_started(
    api: httpx.Client,
) -> None:
    both = {NotableRun.IN_PROGRESS.value, NotableRun.CONSOLE_IN_PROGRESS.value}
    canceled = set()
    for _ in both:
        answer = api.put("/runs/cancel-ci/github", json=BY_GITHUB)
        assert answer.status_code == 200
        canceled.add(answer.json()["data"]["runId"])
    assert canceled == both
    for run_id in both:
        assert run(api, run_id)["completionState"] == "CANCELED"
    assert api.put("/runs/cancel-ci/github", json=BY_GITHUB).status_code == 404


@pytest.mark.parametrize(
    ("scope", "hit"),
    [
        ({"projectId": BOOKING_PROJECT}, NotableRun.IN_PROGRESS),
        ({"projectId": CONSOLE_PROJECT}, NotableRun.CONSOLE_IN_PROGRESS),
        (
            {"ciBuildId": f"skerry-lines/port-console-{WORKFLOW_RUN}-{ATTEMPT}"},
            NotableRun.CONSOLE_IN_PROGRESS,
        ),
        ({"ciBuildId": "another"}, None),
        ({"projectId": "nobody"}, None),
        ({"githubRunAttempt": ATTEMPT + 1}, None),
        ({"githubRunAttempt": 1}, None),
        ({"githubRunId": WORKFLOW_RUN[1:]}, None),
        ({"githubRunId": WORKFLOW_RUN[:-1]}, None),
        ({"githubRunId": "."}, None),
    ],
)
def test_cancel_by_github_ci_cancels_only_a_run_that_matches(
    api: httpx.Client, scope: Json, hit: NotableRun | None
) -> None:
    answer = api.put("/runs/cancel-ci/github", json={**BY_GITHUB, **scope})
    assert answer.status_code == (404 if hit is None else 200)
    for each in (NotableRun.IN_PROGRESS, NotableRun.CONSOLE_IN_PROGRESS):
        state = "CANCELED" if each == hit else "IN_PROGRESS"
        assert run(api, each)["completionState"] == state


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"githubRunId": WORKFLOW_RUN},
        {"githubRunAttempt": ATTEMPT},
        {"githubRunId": int(WORKFLOW_RUN), "githubRunAttempt": ATTEMPT},
        {"githubRunId": WORKFLOW_RUN, "githubRunAttempt": str(ATTEMPT)},
        {"githubRunId": "", "githubRunAttempt": ATTEMPT},
        [],
    ],
)
def test_cancel_by_github_ci_refuses_a_bad_body(api: httpx.Client, body: object) -> None:
    answer = api.put("/runs/cancel-ci/github", json=body)
    assert answer.status_code == 400
    assert answer.json()["status"] == "FAILED"
    assert run(api, NotableRun.IN_PROGRESS)["completionState"] == "IN_PROGRESS"
