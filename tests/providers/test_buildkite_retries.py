"""Which failed tests a retry has mended, where executions name the jobs of their build."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import pytest
from buildkite_build_stub import RUN, TESTS, UUID, Json, StubBuild, called
from report_stub import Route, Stub

SAYS_LATE: Final = "results of the retry may still come"
SAYS_ELSEWHERE: Final = "passed in another job, which was not a retry"


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


async def triaged(stub: Stub, build: StubBuild) -> tuple[list[str], list[str], str]:
    """Returns the tests that failed, those that were flaky, and the verdict."""
    answer = await called(stub, build.routes(), "triage_run", {"run": f"buildkite:acme/web/{UUID}"})
    failed = [group["example"]["test"] for group in answer["groups"] if "example" in group]
    flaky = [test["test"] for test in answer.get("flaky", [])]
    return sorted(failed), sorted(flaky), answer["verdict"]


MENDED: Final[tuple[list[str], list[str]]] = ([], ["t"])
FAILED: Final[tuple[list[str], list[str]]] = (["t"], [])


@pytest.mark.parametrize(
    ("results", "jobs", "outcome", "says"),
    [
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            MENDED,
            "",
            id="passed in the retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            MENDED,
            "",
            id="passed in a retry that failed for another test",
        ),
        pytest.param({"J1": "FP"}, {"J1": ("passed", "")}, MENDED, "", id="again in one job"),
        pytest.param(
            {"J1": "F", "J2": "F", "J3": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("passed", "")},
            MENDED,
            "",
            id="passed in the second retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "FP"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            MENDED,
            "",
            id="passed in the retry at its second try",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("canceled", "")},
            MENDED,
            "",
            id="passed in a retry that was tried again without it",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", ""), "K": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="passed in another job, the results of the retry are not there",
        ),
        pytest.param(
            {"J1": "F", "J2": "U", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("limiting", ""), "K": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="passed in another job, the retry waits",
        ),
        pytest.param(
            {"J1": "F", "J2": "F"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            FAILED,
            "",
            id="failed in the retry",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", ""), "K": ("passed", "")},
            FAILED,
            SAYS_ELSEWHERE,
            id="passed in another job of a matrix",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("canceled", ""), "K": ("passed", "")},
            FAILED,
            "",
            id="passed in another job, the retry was canceled",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", ""), "K": ("passed", "")},
            FAILED,
            "",
            id="passed in another job, the retry failed before it",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("running", ""), "K": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="passed in another job, the retry is running",
        ),
        pytest.param(
            {"J1": "F"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            FAILED,
            SAYS_LATE,
            id="the retry passed and its results are not there yet",
        ),
        pytest.param(
            {"J1": "F", "J2": "P", "K": "F"},
            {"J1": ("failed", "J2"), "J2": ("passed", ""), "K": ("failed", "")},
            FAILED,
            SAYS_ELSEWHERE,
            id="mended in one job of a matrix and failed in another",
        ),
    ],
)
async def test_a_test_is_mended_where_it_passed_when_its_job_was_tried_again(
    stub: Stub,
    results: dict[str, str],
    jobs: dict[str, tuple[str, str]],
    outcome: tuple[list[str], list[str]],
    says: str,
) -> None:
    failed, flaky, verdict = await triaged(stub, StubBuild({"t": results}, jobs))
    assert (failed, flaky) == outcome
    assert says in verdict
    assert (SAYS_LATE in verdict) is (says == SAYS_LATE)
    assert (SAYS_ELSEWHERE in verdict) is (says == SAYS_ELSEWHERE)


async def test_a_retry_in_which_another_test_failed_is_asked_for_what_passed_in_it(
    stub: Stub,
) -> None:
    build = StubBuild(
        {"t": {"J1": "F", "J2": "P"}, "u": {"J1": "F", "J2": "FP"}},
        {"J1": ("failed", "J2"), "J2": ("passed", "")},
    )
    failed, flaky, verdict = await triaged(stub, build)
    assert (failed, flaky) == ([], ["t", "u"])
    assert "is not known" not in verdict


async def test_jobs_that_name_each_other_are_not_followed_forever(stub: Stub) -> None:
    jobs = {"J1": ("failed", "J2"), "J2": ("passed", "J1")}
    failed, flaky, _ = await triaged(stub, StubBuild({"t": {"J1": "F", "J2": "P"}}, jobs))
    assert failed + flaky == ["t"]


async def test_without_the_jobs_a_test_that_passed_elsewhere_stays_failed_and_why_is_said(
    stub: Stub,
) -> None:
    build = StubBuild(
        {"t": {"J1": "F", "J2": "P"}},
        {"J1": ("failed", "J2"), "J2": ("passed", "")},
        forbidden=True,
    )
    failed, flaky, verdict = await triaged(stub, build)
    assert (failed, flaky) == (["t"], [])
    assert "whether that was a retry is not known: the token needs the scope read_builds" in verdict


async def test_without_the_jobs_a_red_test_may_have_been_tried_again(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")}, forbidden=True)
    _, _, verdict = await triaged(stub, build)
    assert "whether jobs were tried again is not known" in verdict


async def test_what_was_not_asked_is_not_called_a_failure_of_another_job(stub: Stub) -> None:
    jobs = [f"J{number:02}" for number in range(14)]
    build = StubBuild({f"t{job}": {job: "FP"} for job in jobs}, dict.fromkeys(jobs, ("passed", "")))
    _, flaky, verdict = await triaged(stub, build)
    assert len(flaky) == 10
    assert "4 tests" in verdict
    assert SAYS_ELSEWHERE not in verdict
    assert "not all jobs of the build could be asked" in verdict


async def test_a_job_whose_tests_cannot_be_read_settles_nothing(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "FP"}}, {"J1": ("passed", "")}, broken=["J1"])
    failed, _, verdict = await triaged(stub, build)
    assert failed == ["t"]
    assert "is not known" in verdict


async def test_a_run_that_goes_on_may_still_mend_what_failed(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")}, state="running")
    _, _, verdict = await triaged(stub, build)
    assert "a retry that passes may still be uploaded" in verdict


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


async def test_mended_tests_that_name_no_job_are_said_to_be_assumed(stub: Stub) -> None:
    build = StubBuild({"t": {"": "FP"}}, {"": ("passed", "")})
    _, flaky, verdict = await triaged(stub, build)
    assert flaky == ["t"]
    assert "1 of the flaky tests name no job" in verdict


async def test_records_of_a_build_that_cannot_be_read_are_counted(stub: Stub) -> None:
    odd = Route(
        path=f"{TESTS}.*{quote('result:~unknown', safe='~')}(&|$)",
        body=["odd", {"name": "lost", "executions_count_by_result": {"unknown": 1}}],
    )
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")})
    answer = await called(
        stub, [odd, *build.routes()], "triage_run", {"run": f"buildkite:acme/web/{UUID}"}
    )
    assert "1 record could not be read" in answer["verdict"]
    assert "interrupted tests: 1 (lost)" in answer["verdict"]


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
