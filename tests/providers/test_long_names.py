"""Names that are longer than an answer shows: tests that differ only past the cut stay apart."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from buildkite_in_stub import REFERENCE, RUN, UUID
from in_process import configured
from report_stub import IN_ACME, Route, Stub
from shared_client import SharedClient, shared_client

Json = dict[str, Any]
AT: Final = "2026-08-20T10:00:00.000Z"
LONG_PATH: Final = "tests/" + "very-long-folder/" * 20
LONG_ID: Final = "t" * 128
VERY_LONG: Final = "x" * 600_000


@pytest.fixture(scope="module")
def client(stub: Stub) -> Iterator[SharedClient]:
    with shared_client(configured(stub.environment | IN_ACME)) as connected:
        yield connected


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"test_id": [LONG_ID + "1", LONG_ID + "2"]}, id="IDs"),
        pytest.param({"location": [f"{LONG_PATH}{n}.spec.ts:3" for n in "12"]}, id="files"),
        pytest.param({"location": [f"{LONG_PATH}Test{n}" for n in "12"]}, id="classes"),
        pytest.param({"test_name": [VERY_LONG + n + VERY_LONG for n in "12"]}, id="titles"),
    ],
)
def test_buildkite_tests_that_differ_past_the_cut_are_two_failures(
    client: SharedClient, stub: Stub, fields: dict[str, list[str]]
) -> None:
    usual = {"test_name": "case", "location": "a.spec.ts:3", "failure_reason": "Error: it broke"}
    executions = [
        {"execution_id": f"e{n}", **usual, **{name: sent[n] for name, sent in fields.items()}}
        for n in range(2)
    ]
    stub.serve(
        [
            Route(path="/failed_executions", body=executions),
            Route(path=f"/runs/{UUID}$", body=RUN),
        ]
    )

    answer = client.call("triage_run", {"run": REFERENCE}).structured_content

    assert answer is not None
    assert sum(group["tests"] for group in answer["groups"]) == 2


def currents_run(run: str, specs: dict[str, str]) -> list[Route]:
    """Returns the routes of a run whose specs each have one test, in this state."""
    listed = []
    routes = []
    for number, (name, state) in enumerate(specs.items()):
        instance = f"{run}i{number}"
        failed = int(state == "failed")
        stats = {"tests": 1, "passes": 1 - failed, "failures": failed}
        listed.append(
            {
                "spec": name,
                "instanceId": instance,
                "groupId": name,
                "claimedAt": AT,
                "completedAt": AT,
                "results": {"stats": stats},
            }
        )
        error = {"message": "Error: boom"} if failed else None
        attempts = [{"state": state, "error": error}]
        test = {"testId": "t", "title": ["case"], "state": state, "attempts": attempts}
        body = {"instanceId": instance, "spec": name, "results": {"tests": [test]}}
        routes.append(Route(path=f"/instances/{instance}$", body={"data": body}))
    fields = {"runId": run, "projectId": "p", "status": "FAILED", "completionState": "COMPLETE"}
    return [
        *routes,
        Route(path=f"/runs/{run}$", body={"data": {**fields, "createdAt": AT, "specs": listed}}),
    ]


def test_currents_specs_that_differ_past_the_cut_are_compared_each_with_itself(
    client: SharedClient, stub: Stub
) -> None:
    one, other = f"{LONG_PATH}1.spec.ts", f"{LONG_PATH}2.spec.ts"
    stub.serve(
        [
            *currents_run("base", {one: "failed", other: "passed"}),
            *currents_run("head", {one: "passed", other: "failed"}),
        ]
    )

    arguments = {"base": "currents:base", "head": "currents:head"}
    answer = client.call("compare_runs", arguments).structured_content

    assert answer is not None
    assert (len(answer["fixed"]), len(answer["new_failures"])) == (1, 1)
    assert answer["fixed"][0]["spec"] != answer["new_failures"][0]["spec"]
