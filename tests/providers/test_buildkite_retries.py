"""Failed tests that were retried, where executions name the jobs of their build."""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from buildkite_in_stub import AcmeServer, StubBuild, acme_server
from report_stub import Stub

Results = Mapping[str, str]
Jobs = Mapping[str, tuple[str, str]]

LATE: Final = "results of the retry may still come"
ELSEWHERE: Final = "passed in another job, which was not a retry"


@pytest.fixture(scope="module")
def acme(stub: Stub) -> Iterator[AcmeServer]:
    with acme_server(stub) as running:
        yield running


@pytest.mark.parametrize(
    ("results", "jobs"),
    [
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            id="passed in the retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            id="passed in a retry that failed for another test",
        ),
        pytest.param({"J1": "FP"}, {"J1": ("passed", "")}, id="passed again in one job"),
        pytest.param(
            {"J1": "F", "J2": "F", "J3": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("passed", "")},
            id="passed in the second retry",
        ),
        pytest.param(
            {"J1": "F", "J2": "FP"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            id="passed in the retry at its second try",
        ),
        pytest.param(
            {"J1": "F", "J2": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", "J3"), "J3": ("canceled", "")},
            id="passed in a retry that was retried without it",
        ),
    ],
)
def test_a_test_that_passed_in_a_retry_is_flaky(
    acme: AcmeServer, results: Results, jobs: Jobs
) -> None:
    failed, flaky, verdict = acme.triage(StubBuild({"t": results}, jobs))
    assert (failed, flaky) == ([], ["t"])
    assert LATE not in verdict
    assert ELSEWHERE not in verdict


@pytest.mark.parametrize(
    ("results", "jobs", "remark"),
    [
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("passed", ""), "K": ("passed", "")},
            LATE,
            id="passed in another job, results of the retry are missing",
        ),
        pytest.param(
            {"J1": "F", "J2": "U", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("limiting", ""), "K": ("passed", "")},
            LATE,
            id="passed in another job, the retry waits",
        ),
        pytest.param(
            {"J1": "F", "J2": "F"},
            {"J1": ("failed", "J2"), "J2": ("failed", "")},
            "",
            id="failed in the retry",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", ""), "K": ("passed", "")},
            ELSEWHERE,
            id="passed in another job of a matrix",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("canceled", ""), "K": ("passed", "")},
            "",
            id="passed in another job, the retry was canceled",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("failed", ""), "K": ("passed", "")},
            "",
            id="passed in another job, the retry failed before it",
        ),
        pytest.param(
            {"J1": "F", "K": "P"},
            {"J1": ("failed", "J2"), "J2": ("running", ""), "K": ("passed", "")},
            LATE,
            id="passed in another job, the retry is running",
        ),
        pytest.param(
            {"J1": "F"},
            {"J1": ("failed", "J2"), "J2": ("passed", "")},
            LATE,
            id="the retry passed, its results are missing",
        ),
        pytest.param(
            {"J1": "F", "J2": "P", "K": "F"},
            {"J1": ("failed", "J2"), "J2": ("passed", ""), "K": ("failed", "")},
            ELSEWHERE,
            id="passed in the retry of one job of a matrix, failed in another job",
        ),
    ],
)
def test_a_test_that_did_not_pass_in_a_retry_has_failed(
    acme: AcmeServer, results: Results, jobs: Jobs, remark: str
) -> None:
    failed, flaky, verdict = acme.triage(StubBuild({"t": results}, jobs))
    assert (failed, flaky) == (["t"], [])
    assert (LATE in verdict) is (remark == LATE)
    assert (ELSEWHERE in verdict) is (remark == ELSEWHERE)


def test_tests_that_passed_in_a_retry_are_read_though_another_test_failed_in_it(
    acme: AcmeServer,
) -> None:
    build = StubBuild(
        {"t": {"J1": "F", "J2": "P"}, "u": {"J1": "F", "J2": "FP"}},
        {"J1": ("failed", "J2"), "J2": ("passed", "")},
    )
    failed, flaky, verdict = acme.triage(build)
    assert (failed, flaky) == ([], ["t", "u"])
    assert "is not known" not in verdict


def test_jobs_that_name_each_other_as_retries_end_the_search(acme: AcmeServer) -> None:
    jobs = {"J1": ("failed", "J2"), "J2": ("passed", "J1")}
    failed, flaky, _ = acme.triage(StubBuild({"t": {"J1": "F", "J2": "P"}}, jobs))
    assert failed + flaky == ["t"]


def test_a_test_that_passed_elsewhere_has_failed_if_the_jobs_cannot_be_read(
    acme: AcmeServer,
) -> None:
    build = StubBuild(
        {"t": {"J1": "F", "J2": "P"}},
        {"J1": ("failed", "J2"), "J2": ("passed", "")},
        forbidden=True,
    )
    failed, flaky, verdict = acme.triage(build)
    assert (failed, flaky) == (["t"], [])
    assert "whether that was a retry is not known: the token needs the scope read_builds" in verdict


def test_a_failed_test_may_have_been_retried_if_the_jobs_cannot_be_read(acme: AcmeServer) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")}, forbidden=True)
    assert "whether jobs were tried again is not known" in acme.triage(build).verdict


def test_jobs_that_were_not_read_are_not_called_other_jobs(acme: AcmeServer) -> None:
    jobs = [f"J{number:02}" for number in range(14)]
    build = StubBuild({f"t{job}": {job: "FP"} for job in jobs}, dict.fromkeys(jobs, ("passed", "")))
    _, flaky, verdict = acme.triage(build)
    assert len(flaky) == 10
    assert "4 tests" in verdict
    assert ELSEWHERE not in verdict
    assert "not all jobs of the build were read" in verdict


def test_a_test_has_failed_if_the_tests_of_its_job_cannot_be_read(acme: AcmeServer) -> None:
    build = StubBuild({"t": {"J1": "FP"}}, {"J1": ("passed", "")}, broken=["J1"])
    failed, _, verdict = acme.triage(build)
    assert failed == ["t"]
    assert "is not known" in verdict


def test_a_retry_may_still_pass_while_the_run_is_in_progress(acme: AcmeServer) -> None:
    build = StubBuild({"t": {"J1": "F"}}, {"J1": ("failed", "")}, state="running")
    assert "a retry that passes may still be uploaded" in acme.triage(build).verdict


def test_a_test_that_names_no_job_and_passed_is_assumed_to_have_been_retried(
    acme: AcmeServer,
) -> None:
    build = StubBuild({"t": {"": "FP"}}, {"": ("passed", "")})
    _, flaky, verdict = acme.triage(build)
    assert flaky == ["t"]
    assert "1 of the flaky tests name no job" in verdict
