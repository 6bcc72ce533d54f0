"""Reads which of the failed tests of a run passed when they were retried.

A retry is the same job run again, or the same test again in one job. A test that fails in one job
of a matrix and passes in another has failed, so the counts over a whole build decide only where
executions do not name their jobs.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from runs_mcp.errors import RunsError
from runs_mcp.providers.buildkite.client import ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping.failed_executions import Executions, TestKey
from runs_mcp.providers.buildkite.reading.build import (
    FAILED_ONCE,
    PASSED_ONCE,
    BuildReader,
    number_and_names,
)
from runs_mcp.providers.buildkite.reading.retry_verdicts import (
    Evidence,
    Verdict,
    counts_of,
    job_and_retries,
    verdict_on,
)

_MAX_JOBS: Final = 10
"""The most jobs whose tests are read, with one request each."""
_REMARKS: Final[Mapping[Verdict, str]] = {
    "late": "{} of the failed tests ran in jobs that were tried again, and the results of the "
    "retry may still come",
    "unknown": "{} of the failed tests passed elsewhere in the build, and whether that was a retry "
    "is not known: {}",
    "elsewhere": "{} of the failed tests passed in another job, which was not a retry",
}
_NO_JOB: Final = (
    "{} of the flaky tests name no job: that they passed in a retry, not in another job, is assumed"
)


class Retries(NamedTuple):
    """What is known of retries.

    Args:
        recovered: The tests that passed when they were retried.
        failed_by_counts: The tests that failed and never passed by the counts of the build, and
            have no failed execution in the run.
        unreadable: For each record that could not be read, where it was and why.
        remarks: What is not known, or may still change; each a part of a sentence.
    """

    recovered: frozenset[TestKey] = frozenset()
    failed_by_counts: Mapping[TestKey, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def unknown(cls, why: str) -> "Retries":
        """Returns that nothing is known of retries, and why."""
        return cls(remarks=(f"retries are not known: {why}",))


async def find_retries(
    build: BuildReader,
    executions: Executions,
    *,
    run_is_over: bool,
) -> Retries:
    """Reads which of the failed tests of a run passed when they were retried.

    Args:
        build: The build of the run.
        executions: The failed executions of each test.
        run_is_over: Whether the run has ended, so that no more retries are uploaded.
    """
    if not build.is_known:
        return Retries.unknown("the run names no build") if executions else Retries()
    try:
        counts, unreadable = await build.tests(FAILED_ONCE)
    except RunsError as error:
        if executions:
            return Retries.unknown(f"the tests of the build could not be read, {error.kind}")
        remark = f"whether tests failed in the build is not known, {error.kind}"
        return Retries(remarks=(remark,))
    evidence = await _evidence(build, counts, executions)
    return await build.work_on(
        lambda: _retries_by(evidence, executions, unreadable, run_is_over=run_is_over)
    )


def _retries_by(
    evidence: Evidence, executions: Executions, unreadable: tuple[str, ...], *, run_is_over: bool
) -> Retries:
    verdicts = {key: verdict_on(key, tried, evidence) for key, tried in executions.items()}
    recovered = frozenset(key for key, verdict in verdicts.items() if verdict == "recovered")
    failed_by_counts = _failed_by_counts(evidence.counts, executions)
    remarks = _remarks(verdicts, evidence, run_is_over=run_is_over)
    without_job = sum(not any(tried.job_id for tried in executions[key]) for key in recovered)
    if without_job:
        remarks.append(_NO_JOB.format(without_job))
    if failed_by_counts:
        remarks.append(
            "tests that failed in the build and of which the run lists no failed execution: "
            f"{number_and_names(failed_by_counts)}"
        )
    return Retries(recovered, failed_by_counts, unreadable, tuple(remarks))


async def _evidence(
    build: BuildReader,
    counts: Mapping[TestKey, ExecutionCounts],
    executions: Executions,
) -> Evidence:
    """Reads the jobs, and how the tests that also passed in the build went in those that matter."""
    has_jobs = any(execution.job_id for tried in executions.values() for execution in tried)
    jobs, why_no_jobs = await build.jobs() if has_jobs else (None, "")
    wanted = await build.work_on(lambda: _wanted_jobs(counts, executions, jobs))
    return Evidence(counts, jobs, why_no_jobs, await build.tests_of_jobs(wanted))


def _wanted_jobs(
    counts: Mapping[TestKey, ExecutionCounts],
    executions: Executions,
    jobs: Mapping[str, Job] | None,
) -> list[tuple[str, str]]:
    """Returns of which jobs the tests are read, each with a filter of results."""
    failed_in: set[str] = set()
    retries: set[str] = set()
    for key, tried in executions.items():
        if counts_of(key, counts).passed:
            own_jobs = {execution.job_id for execution in tried if execution.job_id}
            failed_in |= own_jobs
            # The tests that passed in a job are many: they are read only of retries without a
            # failure of this test.
            tries = {retry for job in own_jobs for retry in job_and_retries(job, jobs)}
            retries |= tries - own_jobs
    return [
        *((job, FAILED_ONCE) for job in sorted(failed_in)[:_MAX_JOBS]),
        *((job, PASSED_ONCE) for job in sorted(retries)[:_MAX_JOBS]),
    ]


def _failed_by_counts(
    counts: Mapping[TestKey, ExecutionCounts], executions: Collection[TestKey]
) -> dict[TestKey, ExecutionCounts]:
    """Returns the tests that failed and never passed in the build, without a failed execution."""
    return {
        key: test
        for key, test in counts.items()
        if key not in executions and test.in_suite and test.failed and not test.passed
    }


def _remarks(
    verdicts: Mapping[TestKey, Verdict], evidence: Evidence, *, run_is_over: bool
) -> list[str]:
    """Returns what is not known of the failed tests, or may still change."""
    counts = Counter(verdicts.values())
    why_unknown = evidence.why_no_jobs or "not all jobs of the build were read"
    remarks = [
        remark.format(counts[verdict], why_unknown)
        for verdict, remark in _REMARKS.items()
        if counts[verdict]
    ]
    still_failing = len(verdicts) - counts["recovered"]
    if still_failing and not counts["late"]:
        if not run_is_over:
            remarks.append("a retry that passes may still be uploaded")
        elif evidence.why_no_jobs:
            remarks.append(f"whether jobs were tried again is not known: {evidence.why_no_jobs}")
    return remarks
