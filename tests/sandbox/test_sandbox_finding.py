from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from run_of_size import add_run_of_size
from story_api import NOW, api_of, instance, reported_tests

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story import BOOKING_PROJECT, NotableRun

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
    with api_of(sandbox) as client:
        yield client


def find(api: httpx.Client, query: str) -> Json:
    answer = api.get(f"/runs/find?projectId={BOOKING_PROJECT}&{query}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["data"]
    return found


def test_find_returns_the_newest_completed_run_of_a_branch(api: httpx.Client) -> None:
    assert find(api, "branch=feat/fare-engine-v2")["runId"] == NotableRun.THREE_CAUSES
    # Newer runs on main are in progress.
    assert find(api, "branch=main")["runId"] == NotableRun.MAIN
    assert find(api, "branch=feat/fare*")["runId"] == NotableRun.THREE_CAUSES
    assert find(api, "branch=chore/*")["runId"] == NotableRun.KNOWN_AND_NEW
    assert find(api, "branch=release/2.31")["completionState"] == "COMPLETE"


def test_find_prefers_the_ci_build_id_over_the_branch(api: httpx.Client) -> None:
    wanted = api.get(f"/runs/{NotableRun.THREE_BROWSERS}").json()["data"]
    build = wanted["meta"]["ciBuildId"]
    found = find(api, f"ciBuildId={build}&branch=feat/fare-engine-v2")
    assert found["runId"] == NotableRun.THREE_BROWSERS
    assert len(found["specs"]) == len(wanted["specs"])


def test_find_filters_by_tags_in_both_spellings(api: httpx.Client) -> None:
    assert find(api, "branch=main&tags[]=push")["tags"] == ["push"]
    assert find(api, "branch=release/*&tag[]=release")["meta"]["commit"]["branch"] == "release/2.31"


def test_find_returns_the_last_failed_tests_in_the_form_of_playwright(api: httpx.Client) -> None:
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
def test_find_refuses_bad_queries_and_large_runs(
    api: httpx.Client, query: str, status: int
) -> None:
    answer = api.get(f"/runs/find?{query.format(BOOKING_PROJECT)}")
    assert answer.status_code == status
    assert answer.json()["status"] == ("OK" if status == 200 else "FAILED")
