"""What Currents itself knows of tests: it spares requests, and nothing depends on it."""

from typing import Any, Final

import pytest
from history_in_stub import ASKED, BRANCH, PROJECT, history_routes, row
from hosts import structured_of, text_of
from in_process import configured
from mcp import Client
from mcp_types import CallToolResult
from report_stub import Route, Stub, Told

from runs_mcp.server.build import build_server

Json = dict[str, Any]
SPEC: Final = "specs/tides.spec.ts"
HARBOUR: Final = "the harbour is closed"
SIGNATURE: Final = "0123456789abcdef0123456789abcdef"


async def call(stub: Stub, tool: str, **arguments: object) -> CallToolResult:
    settings = {**stub.environment, "RUNS_MCP_PROVIDERS": "currents"}
    async with Client(build_server(configured(settings))) as client:
        return await client.call_tool(tool, arguments)


def ok(data: object) -> Json:
    return {"status": "OK", "data": data, "has_more": False}


def execution(number: int, status: str, *, flaky: bool = False) -> Json:
    """Returns an item of *test results* for a run of the history."""
    return {
        "cursor": f"e{number}",
        "runId": f"run{number}",
        "instanceId": f"{number}-specs-tides-spec-ts",
        "groupId": "chromium",
        "createdAt": row(number)["createdAt"],
        "status": status,
        "flaky": flaky,
        "attempts": [
            {"state": "failed", "error": {"message": f"Error: {HARBOUR}", "stack": ""}},
            {"state": "passed"},
        ],
    }


def signature_routes(executions: list[Json]) -> list[Route]:
    return [
        Route(path="/v1/signature/test$", method="POST", body=ok({"signature": SIGNATURE})),
        Route(path=f"/v1/test-results/{SIGNATURE}", body=ok(executions)),
    ]


HISTORY: Final = [{SPEC: HARBOUR if number < 4 else "passed"} for number in range(11)]
EXECUTIONS: Final = [execution(n, "failed" if n < 4 else "passed") for n in range(11)]


async def test_the_history_of_one_test_takes_no_request_for_a_run_where_it_passed(
    stub: Stub,
) -> None:
    stub.serve([*signature_routes(EXECUTIONS), *history_routes(HISTORY)])
    answer = structured_of(await call(stub, "failure_history", run=ASKED, test="works"))
    (cause,) = answer["causes"]
    assert (cause["pattern"], cause["since"]["run"]) == ("since", "currents:run3")
    assert cause["last_good"]["run"] == "currents:run4"
    assert cause["seen"] == {"runs": 3, "of": 10}
    runs = [asked for asked in stub.asked if "/v1/runs/" in asked]
    assert runs == ["GET /v1/runs/run0"]
    instances = [asked for asked in stub.asked if "/v1/instances/" in asked]
    assert len(instances) == 4
    (signature,) = (asked for asked in stub.asked if "/signature/" in asked)
    assert f'"specFilePath":"{SPEC}"' in signature
    assert f'"testTitle":["{SPEC}","works"]' in signature


@pytest.mark.parametrize(
    "routes",
    [
        [],
        signature_routes([]),
        signature_routes([execution(n, "pending") for n in range(11)]),
        signature_routes([{"runId": f"run{n}", "status": "failed"} for n in range(11)]),
        [Route(path="/v1/signature", method="POST", body=ok({}))],
        [
            *signature_routes([])[:1],
            Route(path="/v1/test-results/", status=403, body={"error": "no such feature"}),
        ],
    ],
)
async def test_without_it_the_runs_are_read_and_the_answer_is_the_same(
    stub: Stub, routes: list[Route]
) -> None:
    stub.serve([*routes, *history_routes(HISTORY)])
    answer = structured_of(await call(stub, "failure_history", run=ASKED, test="works"))
    (cause,) = answer["causes"]
    assert cause["since"]["run"] == "currents:run3"
    assert cause["last_good"]["run"] == "currents:run4"
    assert cause["seen"] == {"runs": 3, "of": 10}


def measured(title: str, flaky: int, executions: int = 20, failures: int = 0) -> Json:
    return {
        "title": title,
        "signature": SIGNATURE,
        "spec": SPEC,
        "metrics": {"executions": executions, "failures": failures, "flaky": flaky},
    }


def statistics_route(*tests: Json) -> Route:
    listed = {"list": list(tests), "total": len(tests), "nextPage": False}
    return Route(path=f"/v1/tests/{PROJECT}[?]", body=ok(listed))


async def test_flaky_tests_come_from_the_statistics_with_the_last_error_of_each(
    stub: Stub,
) -> None:
    tests = statistics_route(measured("Tides > rise", 2), measured("Tides > fall", 6, failures=1))
    last = Route(
        path=f"/v1/test-results/{SIGNATURE}.*flaky=true",
        body=ok([execution(2, "passed", flaky=True)]),
    )
    stub.serve([tests, last, *history_routes(HISTORY)])
    answer = structured_of(await call(stub, "flaky_tests", project=PROJECT, branch=BRANCH))
    assert answer["tests"] == [
        {
            "test": "Tides › fall",
            "spec": SPEC,
            "flaky": 6,
            "failed": 1,
            "seen": 20,
            "rate": 0.3,
            "last": {
                "run": "currents:run2",
                "created_at": row(2)["createdAt"],
                "error": f"Error: {HARBOUR}",
            },
        },
        {"test": "Tides › rise", "spec": SPEC, "flaky": 2, "seen": 20, "rate": 0.1}
        | {"last": answer["tests"][0]["last"]},
    ]
    assert answer["searched"]["source"] == "statistics"
    assert answer["searched"]["branch"] == BRANCH
    assert "runs_read" not in answer
    (asked,) = (one for one in stub.asked if f"/v1/tests/{PROJECT}" in one)
    assert "order=flakinessXSamples" in asked
    assert "dir=desc" in asked
    assert "date_start=" in asked
    assert f"branches%5B%5D={BRANCH}" in asked


async def test_each_group_has_its_own_counts(stub: Stub) -> None:
    of_chromium = Route(
        path=f"/v1/tests/{PROJECT}.*groups%5B%5D=chromium",
        body=ok({"list": [measured("Tides > rise", 1)], "total": 1, "nextPage": False}),
    )
    of_webkit = Route(
        path=f"/v1/tests/{PROJECT}.*groups%5B%5D=webkit",
        body=ok({"list": [measured("Tides > rise", 5)], "total": 1, "nextPage": False}),
    )
    groups = [{"groupId": "chromium"}, {"groupId": "webkit"}]
    runs = Route(path=f"/v1/projects/{PROJECT}/runs", body=ok([{**row(0), "groups": groups}]))
    stub.serve([of_chromium, of_webkit, runs, *history_routes(HISTORY)])
    answer = structured_of(await call(stub, "flaky_tests", project=PROJECT, branch=BRANCH))
    assert [(test["group"], test["flaky"]) for test in answer["tests"]] == [
        ("webkit", 5),
        ("chromium", 1),
    ]


@pytest.mark.parametrize(
    "refused",
    [
        Told(status=403, body={"status": "FAILED", "error": "no such feature"}),
        Told(status=404, body={"status": "FAILED", "error": "Not found"}),
        Told(raw="<html>"),
        Told(body={"status": "FAILED", "error": "no"}),
    ],
)
async def test_without_statistics_the_runs_are_read(stub: Stub, refused: Told) -> None:
    route = Route(path=f"/v1/tests/{PROJECT}", answers=[refused])
    stub.serve([route, *history_routes(HISTORY)])
    result = await call(stub, "flaky_tests", project=PROJECT, branch=BRANCH)
    answer = structured_of(result)
    assert not result.is_error, text_of(result)
    assert answer["searched"]["source"] == "runs"
    assert answer["runs_read"] == 11
    assert answer["tests"] == []


async def test_an_odd_record_costs_none_of_the_others(stub: Stub) -> None:
    odd: list[Any] = [None, {}, {"title": 7}, {"metrics": {"flaky": "x"}}]
    stub.serve([statistics_route(*odd, measured("Tides > fall", 6)), *history_routes(HISTORY)])
    answer = structured_of(await call(stub, "flaky_tests", project=PROJECT, branch=BRANCH))
    assert [test["test"] for test in answer["tests"]] == ["Tides › fall"]
