"""Tests without a failed execution: interrupted ones, and failures that only counts show."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from buildkite_in_stub import REFERENCE, RUN, TESTS, AcmeServer, StubBuild, acme_server
from report_stub import Route, Stub


@pytest.fixture(scope="module")
def acme(stub: Stub) -> Iterator[AcmeServer]:
    with acme_server(stub) as running:
        yield running


def test_an_interrupted_test_is_named_though_nothing_failed(acme: AcmeServer) -> None:
    build = StubBuild({"t": {"J1": "U"}}, {"J1": ("failed", "")})
    failed, _, verdict = acme.triage(build)
    assert failed == []
    assert "interrupted tests: 1 (t)" in verdict
    assert "no test failed" not in verdict


def test_an_interrupted_test_that_passed_elsewhere_is_named_as_such(acme: AcmeServer) -> None:
    build = StubBuild({"t": {"J1": "U", "K": "P"}}, {"J1": ("failed", ""), "K": ("passed", "")})
    verdict = acme.triage(build).verdict
    assert "interrupted tests that passed elsewhere in the build: 1 (t)" in verdict


@pytest.mark.parametrize("result", ["failed", "passed"])
def test_a_test_that_failed_only_by_the_counts_of_the_build_is_named(
    acme: AcmeServer, result: str
) -> None:
    build = StubBuild(
        {"a": {"J1": "FP"}, "b": {"J1": "FF"}},
        {"J1": (result, "")},
        unlisted=["b"],
        result=result,
    )
    failed, flaky, verdict = acme.triage(build)
    assert (failed, flaky) == ([], ["a"])
    assert "of which the run lists no failed execution: 1 (b)" in verdict
    assert "no test failed" not in verdict


def test_tests_without_a_failed_execution_still_fail_in_a_comparison(acme: AcmeServer) -> None:
    build = StubBuild({"a": {"J1": "U"}, "b": {"J1": "F"}}, {"J1": ("failed", "")}, unlisted=["b"])
    base = REFERENCE.replace("aa", "ab")
    failures = [
        {"execution_id": test, "test_id": test, "test_name": test, "failure_reason": "Error"}
        for test in "ab"
    ]
    answer = acme.answer(
        [
            Route(path=f"/runs/{base[-36:]}$", body={**RUN, "build_id": None}),
            Route(path=f"{base[-36:]}/failed_executions", body=failures),
            *build.routes(),
        ],
        "compare_runs",
        base=base,
        head=REFERENCE,
    )
    assert [row["test"] for row in answer["still_failing"]] == ["a", "b"]
    assert not answer.get("no_longer_failing")


def test_records_of_a_build_that_cannot_be_read_are_counted(acme: AcmeServer) -> None:
    odd = Route(
        path=f"{TESTS}.*{quote('result:~unknown', safe='~')}(&|$)",
        body=["odd", {"name": "lost", "executions_count_by_result": {"unknown": 1}}],
    )
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    answer = acme.answer([odd, *build.routes()], "triage_run", run=REFERENCE)
    assert "1 record could not be read" in answer["verdict"]
    assert "interrupted tests: 1 (lost)" in answer["verdict"]
