from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from run_of_size import add_run_of_size
from story_api import instance, reported_tests

from runs_mcp.sandbox import READ_ONLY_KEY, Sandbox
from runs_mcp.sandbox.story import BOOKING_PROJECT, NotableRun

NOW = datetime(2027, 5, 20, 12, tzinfo=UTC)
RUNS = f"/projects/{BOOKING_PROJECT}/runs"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        add_run_of_size(running, "large", 1_100_000, branch="perf/large")
        add_run_of_size(running, "small", 900_000, branch="perf/small")
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {READ_ONLY_KEY}"}
    with httpx.Client(base_url=sandbox.currents_url, headers=headers, timeout=10) as client:
        yield client


def find(api: httpx.Client, query: str) -> Json:
    answer = api.get(f"/runs/find?projectId={BOOKING_PROJECT}&{query}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["data"]
    return found


def test_find_gives_the_most_recent_completed_run_of_a_branch(api: httpx.Client) -> None:
    assert find(api, "branch=feat/fare-engine-v2")["runId"] == NotableRun.THREE_CAUSES
    # Newer runs on main are in progress.
    assert find(api, "branch=main")["runId"] == NotableRun.MAIN
    assert find(api, "branch=feat/fare*")["runId"] == NotableRun.THREE_CAUSES
    assert find(api, "branch=chore/*")["runId"] == NotableRun.KNOWN_AND_NEW
    assert find(api, "branch=release/2.31")["completionState"] == "COMPLETE"


def test_find_lets_the_ci_build_id_win_over_the_branch(api: httpx.Client) -> None:
    wanted = api.get(f"/runs/{NotableRun.THREE_BROWSERS}").json()["data"]
    build = wanted["meta"]["ciBuildId"]
    found = find(api, f"ciBuildId={build}&branch=feat/fare-engine-v2")
    assert found["runId"] == NotableRun.THREE_BROWSERS
    assert len(found["specs"]) == len(wanted["specs"])


def test_find_filters_by_tags_the_deprecated_spelling_included(api: httpx.Client) -> None:
    assert find(api, "branch=main&tags[]=push")["tags"] == ["push"]
    assert find(api, "branch=release/*&tag[]=release")["meta"]["commit"]["branch"] == "release/2.31"


def test_find_says_which_tests_failed_last_in_playwrights_own_form(api: httpx.Client) -> None:
    found = find(api, "branch=feat/fare-engine-v2&pwLastRun=true")
    failed = [
        test["testId"]
        for spec in found["specs"]
        for test in reported_tests(instance(api, spec))
        if test["state"] == "failed"
    ]
    assert found["pwLastRun"] == {"status": "failed", "failedTests": failed}
    assert len(failed) > 30
    assert "pwLastRun" not in find(api, "branch=feat/fare-engine-v2&pwLastRun=false")
    passed = find(api, "branch=docs/contributing&pwLastRun=true")
    assert passed["pwLastRun"] == {"status": "passed", "failedTests": []}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("branch=main", 400),
        ("projectId=nobody", 404),
        ("projectId={}&branch=two words", 400),
        ("projectId={}&branch=a*b", 400),
        ("projectId={}&branch=**", 400),
        ("projectId={}&branch=*", 400),
        ("projectId={}&branch=é", 400),
        (f"projectId={{}}&branch={'b' * 251}", 400),
        ("projectId={}&pwLastRun=yes", 400),
        ("projectId={}&branch=nobody", 404),
        ("projectId={}&branch=mai", 404),
        ("projectId={}&ciBuildId=nobody&branch=main", 404),
        ("projectId={}&tags[]=nobody", 404),
        ("projectId={}&branch=perf/large", 413),
        ("projectId={}&tags[]=matrix", 413),
        ("projectId={}&branch=perf/small", 200),
    ],
)
def test_find_refuses_what_it_cannot_answer(api: httpx.Client, query: str, status: int) -> None:
    answer = api.get(f"/runs/find?{query.format(BOOKING_PROJECT)}")
    assert answer.status_code == status
    assert answer.json()["status"] == ("OK" if status == 200 else "FAILED")
