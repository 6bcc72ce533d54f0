"""A run by its address where the APIs answer oddly: few requests, nothing taken for granted."""

from typing import Any, Final

import pytest
from hosts import structured_of, text_of
from in_process import configured
from mcp import Client
from mcp_types import CallToolResult
from report_stub import IN_ACME, NOT_FOUND, Route, Stub, Told

from runs_mcp.server.build import build_server

SHA: Final = "9fceb02d0ae598e95dc970b74767f19372d61af8"
PULL: Final = "https://github.com/acme/shop/pull/12"
GITHUB: Final = "https://github.com/acme/shop/actions/runs"
BUILD: Final = "https://buildkite.com/acme/shop/builds/42"
UUID: Final = "01867216-8478-7fde-a55a-0300f88bb41"
CURRENTS: Final = {"RUNS_MCP_PROVIDERS": "currents"}
BUILDKITE: Final = {"RUNS_MCP_PROVIDERS": "buildkite", **IN_ACME}
BOTH: Final = {"RUNS_MCP_PROVIDERS": "currents,buildkite", **IN_ACME}
MOST_REQUESTS: Final = 8
ODD_BODIES: Final[list[object]] = [
    *[None, [], {}, "text", 7, {"data": None}, {"data": {}}],
    *[{"status": "OK", "data": "x"}, {"status": "OK", "data": [None, []]}],
    {"status": "OK", "data": [{}] * 5000},
    *[{"id": 1, "test_engine": "x"}, {"test_engine": {"runs": {}}}, {"test_engine": {"runs": 1}}],
    [{"slug": "web", "id": None, "commit_sha": 5}],
]
ODD_ANSWERS: Final = [
    *(Told(body=body) for body in ODD_BODIES),
    *[Told(raw="{"), Told(raw=""), Told(204), NOT_FOUND, Told(302), Told(400, body={})],
]


def run(run_id: object, build: str = "acme/shop-17345678901-1") -> dict[str, Any]:
    return {
        "runId": run_id,
        "projectId": "p0",
        "status": "PASSED",
        "completionState": "COMPLETE",
        "createdAt": "2026-11-20T01:00:00.000Z",
        "meta": {"ciBuildId": build, "commit": {"sha": SHA}, "pr": {"id": "acme/shop#12"}},
    }


def currents(runs: list[Any], projects: list[Any] | None = None) -> list[Route]:
    """Returns routes by which every project has these runs."""
    found = [{"projectId": f"p{n}"} for n in range(5)] if projects is None else projects
    return [
        Route(path="/v1/projects[?]", body={"status": "OK", "data": found, "has_more": True}),
        Route(path="/v1/projects/.*/runs", body={"status": "OK", "data": runs, "has_more": True}),
        *(
            Route(path=f"/v1/runs/{row['runId']}$", body={"status": "OK", "data": row})
            for row in runs
            if isinstance(row, dict)
        ),
    ]


def suite_run(run_id: object, sha: object = SHA) -> dict[str, Any]:
    return {"id": run_id, "state": "finished", "result": "passed", "commit_sha": sha}


async def found_by(
    stub: Stub, settings: dict[str, str], address: str, routes: list[Route]
) -> CallToolResult:
    stub.serve(routes)
    async with Client(build_server(configured({**stub.environment, **settings}))) as client:
        return await client.call_tool("wait_for_run", {"run": address, "timeout_s": 0})


@pytest.mark.parametrize("address", [SHA, SHA[:7], PULL, f"{GITHUB}/17345678901", BUILD])
@pytest.mark.parametrize("settings", [CURRENTS, BUILDKITE, BOTH])
async def test_a_search_that_finds_nothing_takes_few_requests_however_long_the_lists_are(
    stub: Stub, settings: dict[str, str], address: str
) -> None:
    more = {"Link": '<https://api.example/x?page=2>; rel="next"'}
    suites = [{"slug": f"s{n}"} for n in range(100)]
    routes = [
        Route(path="/suites/.*/runs", body=[], headers=more),
        Route(path="/suites[?]", body=suites, headers=more),
        Route(path="/builds/42", body={"id": "b"}),
        *currents([]),
    ]
    assert "kind=not_found" in text_of(await found_by(stub, settings, address, routes))
    assert len(stub.asked) <= MOST_REQUESTS


async def test_ids_that_are_none_are_left_out(stub: Stub) -> None:
    odd = ["../../users", "a/b", "", None, 5, "x" * 500, "a\u2028b", {"a": 1}]
    projects = [*({"projectId": one} for one in odd), None, 7, {"projectId": "p0"}]
    runs = [*(run(one) for one in odd), None, "text", run("good")]
    answer = structured_of(await found_by(stub, CURRENTS, SHA, currents(runs, projects)))
    assert (answer["run"]["id"], answer["found"]) == ("good", f"Found by the commit {SHA}.")
    assert not [path for path in stub.asked if "users" in path]

    slugs = [*({"slug": one} for one in odd), None, {"slug": "web"}, {"slug": "web"}]
    good = f"{UUID}0"
    routes = [
        Route(path=f"/runs/{good}$", body=suite_run(good)),
        Route(path="/suites/web/runs[?]", body=[*(suite_run(one) for one in odd), suite_run(good)]),
        Route(path="/suites[?]", body=slugs),
    ]
    answer = structured_of(await found_by(stub, BUILDKITE, SHA, routes))
    assert (answer["run"]["id"], answer["found"]) == (good, f"Found by the commit {SHA}.")


async def test_a_run_that_is_named_twice_counts_once(stub: Stub) -> None:
    runs = [{"id": f"{UUID}{n}", "suite": {"slug": "web"}} for n in (0, 0, 1)]
    routes = [
        Route(path="/builds/42", body={"id": "b", "test_engine": {"runs": runs}}),
        Route(path="/suites/web/runs/", body=suite_run(f"{UUID}0")),
    ]
    found = structured_of(await found_by(stub, BUILDKITE, BUILD, routes))["found"]
    # A build does not say when its runs were created.
    assert f"the first of 2 runs; the others: buildkite:acme/web/{UUID}1." in found


async def test_a_build_that_is_not_there_is_named(stub: Stub) -> None:
    routes = [Route(path="/builds/42", status=404, body={"message": "No build found"})]
    text = text_of(await found_by(stub, BUILDKITE, BUILD, routes))
    assert "no such build as the Buildkite build acme/shop #42" in text
    assert "kind=not_found status=404" in text


async def test_a_place_that_cannot_be_searched_does_not_hide_what_others_have(stub: Stub) -> None:
    refused = Route(path="/projects/p0/runs", status=403, body={"error": "no"})
    answer = structured_of(await found_by(stub, CURRENTS, SHA, [refused, *currents([run("good")])]))
    assert answer["run"]["id"] == "good"
    assert "the Currents project p0 could not be searched (forbidden)" in answer["found"]

    text = text_of(await found_by(stub, CURRENTS, SHA, [refused, *currents([])]))
    assert "kind=not_found" in text
    assert "Currents projects p1, p2 (" in text
    assert "project p0 could not be searched (forbidden)" in text

    routes = [
        Route(path="/suites/web/runs[?]", status=403, body={"message": "no"}),
        Route(path="/suites/api/runs[?]", body=[suite_run(f"{UUID}0")]),
        Route(path="/suites/api/runs/", body=suite_run(f"{UUID}0")),
        Route(path="/suites[?]", body=[{"slug": "web"}, {"slug": "api"}]),
    ]
    answer = structured_of(await found_by(stub, BUILDKITE, SHA, routes))
    assert "the Buildkite suite web could not be searched (forbidden)" in answer["found"]


async def test_a_provider_that_cannot_be_searched_is_named_beside_what_was_found(
    stub: Stub,
) -> None:
    routes = [Route(path="/suites", status=403, body={"message": "no"}), *currents([run("good")])]
    answer = structured_of(await found_by(stub, BOTH, SHA, routes))
    assert answer["run"]["id"] == "good"
    assert answer["found"].endswith("Buildkite could not be searched (forbidden).")


@pytest.mark.parametrize("told", ODD_ANSWERS)
@pytest.mark.parametrize("address", [SHA, PULL, f"{GITHUB}/17345678901", BUILD])
async def test_no_answer_breaks_a_search(stub: Stub, address: str, told: Told) -> None:
    route = Route(path="/", status=told.status, body=told.body, raw=told.raw)
    result = await found_by(stub, BOTH, address, [route])
    assert result.is_error
    text = text_of(result)
    assert "internal_error" not in text
    assert "invalid_argument" not in text or told.status == 400
    assert len(stub.asked) <= MOST_REQUESTS


@pytest.mark.parametrize(
    ("build", "wanted", "fits"),
    [
        ("acme/shop-17345678901-1", "1", False),
        ("acme/shop-17345678901-1", "17345678901", True),
        ("17345678901", "17345678901", True),
        ("e2e-2-17345678901", "17345678901", True),
        ("17345678901-2-shard-3", "17345678901/attempts/2", True),
        ("17345678901-1-shard-2", "17345678901/attempts/2", False),
    ],
)
async def test_the_attempt_in_the_id_of_a_build_is_not_taken_for_the_run(
    stub: Stub, build: str, wanted: str, fits: bool
) -> None:
    routes = currents([run("good", build)], [{"projectId": "p0"}])
    result = await found_by(stub, CURRENTS, f"{GITHUB}/{wanted}", routes)
    assert (not result.is_error) is fits


async def test_runs_of_another_pull_request_do_not_count_where_the_filter_is_ignored(
    stub: Stub,
) -> None:
    result = await found_by(stub, CURRENTS, PULL[:-1], currents([run("of-12")]))
    assert "kind=not_found" in text_of(result)
