"""A run by the address of what started it: a build, a pull request, a commit."""

from typing import Any, Final

import pytest
from hosts import structured_of, text_of
from in_process import configured
from mcp import Client
from mcp_types import CallToolResult
from report_stub import IN_ACME, Route, Stub

from runs_mcp.server.build import build_server

CURRENTS: Final = {"RUNS_MCP_PROVIDERS": "currents"}
BUILDKITE: Final = {"RUNS_MCP_PROVIDERS": "buildkite", **IN_ACME}
SHA: Final = "9fceb02d0ae598e95dc970b74767f19372d61af8"
BUILD: Final = "https://buildkite.com/acme/shop/builds/42"
RUN_IDS: Final = [f"01867216-8478-7fde-a55a-0300f88bb4{number}" for number in range(10, 14)]


def run(run_id: str, hour: int, build: str = "", sha: str = SHA, pull: int = 0) -> dict[str, Any]:
    commit: dict[str, Any] = {"sha": sha, "branch": "main"}
    meta: dict[str, Any] = {"ciBuildId": build, "commit": commit}
    if pull:
        page = f"https://github.com/acme/shop/pull/{pull}"
        commit["ghaEventData"] = {"htmlUrl": page}
        meta["pr"] = {"id": f"acme/shop#{pull}"}
    return {
        "runId": run_id,
        "projectId": "p",
        "status": "PASSED",
        "completionState": "COMPLETE",
        "createdAt": f"2026-11-20T{hour:02}:00:00.000Z",
        "meta": meta,
        "cursor": f"c-{run_id}",
    }


RUNS: Final = [
    run("first", 1, "acme/shop-17345678901-1", pull=12),
    run("second", 2, "acme/shop-17345678901-2", pull=12),
    run("longer", 3, "acme/shop-173456789012-1", "a" * 40, pull=112),
    run("other", 4, "acme/shop-99-1", "b" * 40),
]


def serve(stub: Stub, runs: list[dict[str, Any]], projects: int = 1) -> None:
    """Serves projects of which the first one has the runs, newest first."""
    listed = [{"projectId": f"p{n}", "name": "Shop", "cursor": f"c{n}"} for n in range(projects)]
    nothing: dict[str, Any] = {"status": "OK", "data": [], "has_more": False}
    rows = {"status": "OK", "data": runs[::-1], "has_more": False}
    stub.serve(
        [
            Route(path="/v1/projects[?]", body={**nothing, "data": listed}),
            Route(path="/v1/projects/p0/runs.*pr_id=", body=nothing),
            Route(path="/v1/projects/p0/runs", body=rows),
            Route(path="/v1/projects/[^/]*/runs", body=nothing),
            *(
                Route(path=f"/v1/runs/{row['runId']}$", body={"status": "OK", "data": row})
                for row in runs
            ),
        ]
    )


async def call(stub: Stub, settings: dict[str, str], tool: str, **arguments: str) -> CallToolResult:
    async with Client(build_server(configured({**stub.environment, **settings}))) as client:
        return await client.call_tool(tool, arguments)


GITHUB: Final = "https://github.com/acme/shop"


@pytest.mark.parametrize(
    ("address", "taken", "others"),
    [
        (f"{GITHUB}/actions/runs/17345678901", "second", ["first"]),
        (f"{GITHUB}/actions/runs/17345678901/job/49224567890", "second", ["first"]),
        (f"{GITHUB}/actions/runs/17345678901/attempts/1", "first", []),
        (f"{GITHUB}/pull/12", "second", ["first"]),
        (f"{GITHUB}/pull/12/checks", "second", ["first"]),
        (SHA, "second", ["first"]),
        (SHA[:7], "second", ["first"]),
        (f"{GITHUB}/commit/{SHA}", "second", ["first"]),
    ],
)
async def test_the_newest_run_that_fits_is_taken_and_the_others_are_named(
    stub: Stub, address: str, taken: str, others: list[str]
) -> None:
    serve(stub, RUNS)
    for tool in ("triage_run", "wait_for_run"):
        answer = structured_of(await call(stub, CURRENTS, tool, run=address))
        assert answer["run"]["id"] == taken
        for other in others:
            assert f"currents:{other}" in answer["found"]
        assert ("the newest of 2" in answer["found"]) is bool(others)
    compared = structured_of(
        await call(stub, CURRENTS, "compare_runs", base=address, head="currents:other")
    )
    assert compared["base"]["id"] == taken
    assert compared["remarks"][0].startswith("base: Found by the ")


async def test_a_run_that_is_named_is_not_said_to_be_found(stub: Stub) -> None:
    serve(stub, RUNS)
    answer = structured_of(await call(stub, CURRENTS, "wait_for_run", run="currents:first"))
    assert "found" not in answer


@pytest.mark.parametrize(
    "address", [f"{GITHUB}/actions/runs/1734567890", f"{GITHUB}/pull/1", "c" * 40]
)
async def test_where_nothing_fits_it_says_what_was_searched(stub: Stub, address: str) -> None:
    serve(stub, RUNS, projects=6)
    text = text_of(await call(stub, CURRENTS, "triage_run", run=address))
    assert "kind=not_found" in text
    assert "p0, p1, p2 (3 others were not searched" in text
    assert len(stub.asked) <= 7


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com.evil.example/a/b/pull/1",
        "https://evil.example/github.com/a/b/pull/1",
        "https://notgithub.com/a/b/pull/1",
        "https://github.com@evil.example/a/b/pull/1",
        "https://user@github.com/a/b/pull/1",
        "https://github.com:8443/a/b/pull/1",
        "https://github.com\\@evil.example/a/b/pull/1",
        "https://github\u3002com/a/b/pull/1",
        "https://gith\u0443b.com/a/b/pull/1",
        "https://xn--githb-8ve.com/a/b/pull/1",
        "https://github.com/a/../b/pull/x",
        "https://github.com/a%2f..%2fb/c/pull/1",
        "https://github.com/a/b/pull/1e9",
        "https://github.com/a/b/actions/runs/12/attempts/x",
        "https://buildkite.com.evil.example/acme/shop/builds/42",
        "https://buildkite.com/acme/sh op/builds/42",
        "https://gitlab.com/merge_requests/1",
        "javascript:github.com/a/b/pull/1",
        "g" * 40,
        "9fceb02d0ae598e95dc970b74767f19372d61af8" * 2,
    ],
)
async def test_what_only_looks_like_an_address_is_refused_before_any_request(
    stub: Stub, address: str
) -> None:
    serve(stub, RUNS)
    settings = {**BUILDKITE, "RUNS_MCP_PROVIDERS": "currents,buildkite"}
    text = text_of(await call(stub, settings, "triage_run", run=address))
    assert "kind=invalid_argument" in text
    assert stub.asked == []


@pytest.mark.parametrize(
    "address", [f"{GITHUB}/pull/12", f"{GITHUB}/actions/runs/17345678901", SHA]
)
async def test_an_odd_record_costs_none_of_the_others(stub: Stub, address: str) -> None:
    odd: list[Any] = [None, {}, {"projectId": "a/b"}, {"projectId": "find"}, {"projectId": 7}]
    rows: list[Any] = [None, {}, run("../x", 20, "acme/shop-17345678901-1", pull=12), RUNS[1]]
    found = {"status": "OK", "data": rows, "has_more": False}
    stub.serve(
        [
            Route(
                path="/v1/projects[?]", body={"status": "OK", "data": [*odd, {"projectId": "p0"}]}
            ),
            Route(path="/v1/projects/p0/runs", body=found),
            Route(path="/v1/runs/second$", body={"status": "OK", "data": RUNS[1]}),
        ]
    )
    answer = structured_of(await call(stub, CURRENTS, "wait_for_run", run=address))
    assert answer["run"]["id"] == "second"


async def test_a_bare_text_that_is_the_id_of_a_run_is_no_commit(stub: Stub) -> None:
    serve(stub, [run("9fceb02d", 1), run("other", 2)])
    answer = structured_of(await call(stub, CURRENTS, "wait_for_run", run="9fceb02d"))
    assert answer["run"]["id"] == "9fceb02d"
    assert "found" not in answer


def suite_run(number: int, sha: str = SHA) -> dict[str, Any]:
    return {
        "id": RUN_IDS[number],
        "state": "finished",
        "result": "passed",
        "commit_sha": sha,
        "created_at": f"2026-11-20T0{number}:00:00.000Z",
    }


async def test_a_build_of_buildkite_leads_to_its_runs_that_of_the_default_suite_first(
    stub: Stub,
) -> None:
    runs = [
        {"id": RUN_IDS[0], "suite": {"slug": "web"}},
        {"id": RUN_IDS[1], "suite": {"slug": "api"}},
        {"id": "../../evil", "suite": {"slug": "api"}},
        {"id": RUN_IDS[2], "suite": {"slug": "a/b"}},
        None,
    ]
    stub.serve(
        [
            Route(
                path="/pipelines/shop/builds/42", body={"id": "b", "test_engine": {"runs": runs}}
            ),
            Route(path=f"/suites/api/runs/{RUN_IDS[1]}", body=suite_run(1)),
        ]
    )
    settings = {**BUILDKITE, "BUILDKITE_SUITE": "api"}
    answer = structured_of(await call(stub, settings, "wait_for_run", run=f"{BUILD}#job"))
    assert (answer["run"]["suite"], answer["run"]["id"]) == ("api", RUN_IDS[1])
    assert f"buildkite:acme/web/{RUN_IDS[0]}" in answer["found"]
    assert "evil" not in str(answer)


async def test_a_build_that_started_no_run_and_one_that_may_not_be_read(stub: Stub) -> None:
    stub.serve([])
    text = text_of(await call(stub, BUILDKITE, "triage_run", run=BUILD))
    assert text.startswith(
        "There is no such build as the Buildkite build acme/shop #42, or this token cannot see it."
    )
    stub.serve([Route(path="/builds/42", body={"id": "b"})])
    assert "kind=not_found" in text_of(await call(stub, BUILDKITE, "triage_run", run=BUILD))

    refused = {"message": "This token does not have the scope read_builds"}
    stub.serve([Route(path="/builds/42", status=403, body=refused)])
    for settings in (BUILDKITE, {**BUILDKITE, "RUNS_MCP_PROVIDERS": "currents,buildkite"}):
        text = text_of(await call(stub, settings, "triage_run", run=BUILD))
        assert "kind=forbidden" in text
        assert "read_builds" in text

    text = text_of(await call(stub, CURRENTS, "triage_run", run=BUILD))
    assert "kind=not_found" in text
    assert "no provider that is served knows such addresses" in text


async def test_a_commit_is_searched_in_the_suites_of_the_organization(stub: Stub) -> None:
    stub.serve(
        [
            Route(path="/organizations/acme/suites[?]", body=[{"slug": "web"}, {"slug": "api"}]),
            Route(path="/suites/web/runs[?]", body=[suite_run(2), suite_run(1), suite_run(3, "x")]),
            Route(path="/suites/api/runs[?]", body=[suite_run(3)]),
            Route(path=f"/suites/api/runs/{RUN_IDS[3]}", body=suite_run(3)),
        ]
    )
    answer = structured_of(await call(stub, BUILDKITE, "wait_for_run", run=SHA[:10]))
    assert answer["run"]["id"] == RUN_IDS[3]
    assert "the newest of 3" in answer["found"]
    text = text_of(await call(stub, BUILDKITE, "wait_for_run", run="d" * 40))
    assert "the Buildkite suites web, api" in text
