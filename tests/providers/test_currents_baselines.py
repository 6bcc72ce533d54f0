"""The runs that a Currents run is compared with."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from in_process import configured
from report_stub import Route, Stub
from shared_client import SharedClient, shared_client

Json = dict[str, Any]
MESSAGE: Final = "Error: the total is wrong"
STATS: Final = {"tests": 1, "passes": 0, "failures": 1, "pending": 0, "skipped": 0}


@pytest.fixture(scope="module")
def client(stub: Stub) -> Iterator[SharedClient]:
    with shared_client(configured(stub.environment, {"providers": "currents"})) as running:
        yield running


def a_run(
    run_id: str, day: int, *, groups: tuple[str, ...] = ("chromium",), tags: tuple[str, ...] = ()
) -> Json:
    """Returns a run on main that ran one spec in each group; on day 20 it failed in the first."""
    failed = day == 20
    return {
        "runId": run_id,
        "projectId": "shop",
        "status": "FAILED" if failed else "PASSED",
        "completionState": "COMPLETE",
        "createdAt": f"2026-08-{day:02}T10:00:00.000Z",
        "tags": [*tags],
        "meta": {"commit": {"sha": "abc", "branch": "feature" if failed else "main"}},
        "groups": [{"groupId": group} for group in groups],
        "specs": [
            {
                "groupId": group,
                "spec": "a.spec.ts",
                "instanceId": f"{run_id}{group}",
                "completedAt": f"2026-08-{day:02}T10:01:00.000Z",
                "claimedAt": f"2026-08-{day:02}T10:00:00.000Z",
                "results": {"stats": STATS if failed and not place else {"tests": 1, "passes": 1}},
            }
            for place, group in enumerate(groups)
        ],
    }


def routes(run: Json, earlier: list[Json]) -> list[Route]:
    """Returns what the API answers of a run and of those before it, newest first."""
    listed = [{key: value for key, value in each.items() if key != "specs"} for each in earlier]
    attempt = {"state": "failed", "error": {"message": MESSAGE, "stack": ""}}
    test = {"testId": "t", "title": ["pays"], "state": "failed", "attempts": [attempt]}
    instance = {"spec": "a.spec.ts", "results": {"stats": STATS, "tests": [test]}}
    return [
        Route(path=r"/projects/shop/runs", body={"data": listed, "has_more": False}),
        Route(path=r"/projects/shop$", body={"data": {"defaultBranchName": "main"}}),
        Route(path=r"/instances/", body={"data": instance}),
        *(Route(path=f"/runs/{each['runId']}$", body={"data": each}) for each in [run, *earlier]),
    ]


def triaged(client: SharedClient, stub: Stub, run: Json, *earlier: Json) -> Json:
    """Returns the triage of a run, with these runs before it."""
    stub.serve(routes(run, [*earlier]))
    return client.answer("triage_run", run=f"currents:{run['runId']}")


def test_the_last_run_of_the_same_tags_and_groups_is_taken(
    client: SharedClient, stub: Stub
) -> None:
    run = a_run("r", 20, tags=("push",))
    nightly = a_run("n", 19, tags=("nightly",), groups=("chromium", "webkit"))
    other_browser = a_run("o", 18, tags=("push",), groups=("webkit",))
    alike = a_run("a", 17, tags=("push",), groups=("webkit", "chromium"))
    answer = triaged(client, stub, run, nightly, other_browser, alike, a_run("b", 16))
    assert answer["baseline"] == {
        "run": "currents:a",
        "chosen": "the last completed run on main before it with its tags and groups",
    }
    assert answer["groups"][0]["novelty"] == "new"


def test_without_such_a_run_it_is_the_last_that_ran_tests_and_the_answer_says_so(
    client: SharedClient, stub: Stub
) -> None:
    run = a_run("r", 20, tags=("push",))
    empty = a_run("e", 19, groups=())
    answer = triaged(client, stub, run, empty, a_run("w", 18, groups=("webkit", "firefox")))
    assert answer["baseline"] == {
        "run": "currents:w",
        "chosen": "the last completed run on main before it; "
        "none of the last 2 has its tags and groups",
    }
    assert answer["groups"][0]["novelty"] == "unknown", "that run has no group of this name"


def test_a_run_that_ran_no_tests_is_no_baseline(client: SharedClient, stub: Stub) -> None:
    answer = triaged(client, stub, a_run("r", 20), a_run("e", 19, groups=()))
    assert "baseline" not in answer
    assert answer["no_baseline"] == (
        "No completed run on the default branch before this one was found."
    )
