"""Which failed tests recovered in a retry, where executions name the jobs of their build."""

from typing import Final
from urllib.parse import quote

import pytest
from buildkite_build_stub import TESTS, UUID, StubBuild, called, triaged
from report_stub import Route, Stub

SAYS_LATE: Final = "results of the retry may still come"


SAYS_ELSEWHERE: Final = "passed in another job, which was not a retry"


RECOVERED: Final[tuple[list[str], list[str]]] = ([], ["t"])


FAILED: Final[tuple[list[str], list[str]]] = (["t"], [])


@pytest.mark.parametrize(
    ("results", "jobs", "outcome", "says"),
    [
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            RECOVERED,
            "",
            id="passed in the retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            RECOVERED,
            "",
            id="passed in a retry that failed for another test",
        ),
        pytest.param({"J1": "FP"}, {"J1": ("passed", "")}, RECOVERED, "", id="again in one job"),
        pytest.param(
            {"J1": "F", "J2": "F", "J3": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("passed", "")},
            RECOVERED,
            "",
            id="passed in the second retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "FP"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            RECOVERED,
            "",
            id="passed in the retry at its second try",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("canceled", "")},
            RECOVERED,
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
async def test_a_test_recovers_where_it_passed_when_its_job_was_tried_again(
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
    assert "not all jobs of the build were read" in verdict


async def test_a_job_whose_tests_cannot_be_read_settles_nothing(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "FP"}}, {"J1": ("passed", "")}, broken=["J1"])
    failed, _, verdict = await triaged(stub, build)
    assert failed == ["t"]
    assert "is not known" in verdict


async def test_a_run_that_goes_on_may_still_recover_what_failed(stub: Stub) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")}, state="running")
    _, _, verdict = await triaged(stub, build)
    assert "a retry that passes may still be uploaded" in verdict


async def test_recovered_tests_that_name_no_job_are_called_assumed(stub: Stub) -> None:
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
