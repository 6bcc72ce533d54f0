"""Tests that were interrupted, or that failed by the counts of their build alone."""

import pytest
from buildkite_build_stub import RUN, UUID, Json, StubBuild, called, triaged
from report_stub import Route, Stub


async def test_a_test_that_failed_by_the_counts_of_the_build_alone_is_named(stub: Stub) -> None:
    build = StubBuild(
        {"a": {"J1": "FP"}, "b": {"J1": "FF"}}, {"J1": ("failed", "")}, unlisted=["b"]
    )
    failed, flaky, verdict = await triaged(stub, build)
    assert (failed, flaky) == ([], ["a"])
    assert "of which the run lists no failed execution: 1 (b)" in verdict
    assert "no test failed" not in verdict
    passed = StubBuild({"b": {"J1": "F"}}, {"J1": ("passed", "")}, unlisted=["b"], result="passed")
    _, _, verdict = await triaged(stub, passed)
    assert "of which the run lists no failed execution: 1 (b)" in verdict
    assert "no test failed" not in verdict


async def test_an_interrupted_test_that_passed_elsewhere_is_named_as_that(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "U", "K": "P"}}, {"J1": ("failed", ""), "K": ("passed", "")})
    _, _, verdict = await triaged(stub, build)
    assert "interrupted tests that passed elsewhere in the build: 1 (t)" in verdict


async def test_what_was_interrupted_or_failed_by_counts_still_fails_in_a_comparison(
    stub: Stub,
) -> None:
    build = StubBuild({"a": {"J1": "U"}, "b": {"J1": "F"}}, {"J1": ("failed", "")}, unlisted=["b"])
    base = f"buildkite:acme/web/{UUID}".replace("aa", "ab")
    failures = [
        {"execution_id": test, "test_id": test, "test_name": test, "failure_reason": "Error"}
        for test in "ab"
    ]
    answer = await called(
        stub,
        [
            Route(path=f"/runs/{base[-36:]}$", body={**RUN, "build_id": None}),
            Route(path=f"{base[-36:]}/failed_executions", body=failures),
            *build.routes(),
        ],
        "compare_runs",
        {"base": base, "head": f"buildkite:acme/web/{UUID}"},
    )
    assert [row["test"] for row in answer["still_failing"]] == ["a", "b"]
    assert not answer.get("no_longer_failing")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"result": "stale", "state": "finished"}, "base has no result"),
        ({"result": "failed", "state": "running"}, "base is still going on"),
    ],
)
async def test_what_is_new_against_a_base_without_an_end_need_not_be_new(
    stub: Stub, run: Json, said: str
) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    base = UUID.replace("aa", "ab")
    answer = await called(
        stub,
        [
            Route(path=f"/runs/{base}$", body={**RUN, **run, "build_id": None}),
            Route(path=f"{base}/failed_executions", body=[]),
            *build.routes(),
        ],
        "compare_runs",
        {"base": f"buildkite:acme/web/{base}", "head": f"buildkite:acme/web/{UUID}"},
    )
    assert f"{said}: what is listed as new may not be new" in "; ".join(answer["remarks"])


async def test_an_odd_run_or_another_order_costs_no_baseline(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    earlier = {**RUN, "branch": "main", "result": "passed"}
    listed = [
        {**earlier, "id": None, "created_at": "2026-08-19T11:00:00Z"},
        {**earlier, "id": "x/y", "created_at": "2026-08-19T11:00:00Z"},
        {**earlier, "id": UUID.replace("aa", "a1"), "created_at": None},
        {**earlier, "id": UUID.replace("aa", "a2"), "created_at": "2026-08-17T11:00:00Z"},
        {**earlier, "id": UUID.replace("aa", "a3"), "created_at": "2026-08-18T11:00:00Z"},
    ]
    answer = await called(
        stub,
        [
            Route(path="/suites/web/runs[?]", body=listed),
            Route(path="/suites[?]", body=[]),
            Route(path=f"{UUID.replace('aa', 'a3')}/failed_executions", body=[]),
            Route(path=f"{UUID.replace('aa', 'a3')}$", body=listed[4]),
            *build.routes(),
        ],
        "triage_run",
        {"run": f"buildkite:acme/web/{UUID}"},
    )
    assert answer["baseline"]["run"].endswith("a3")
    assert answer["groups"][0]["novelty"] == "new"


async def test_an_interrupted_test_is_named_though_nothing_failed(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "U"}}, {"J1": ("failed", "")})
    failed, _, verdict = await triaged(stub, build)
    assert failed == []
    assert "interrupted tests: 1 (t)" in verdict
    assert "no test failed" not in verdict
