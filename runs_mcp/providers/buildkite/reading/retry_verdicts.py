"""Whether a failed test passed when it was retried. Pure functions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from runs_mcp.providers.buildkite.client import ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping.failed_executions import FailedExecution, TestKey
from runs_mcp.providers.buildkite.reading.build import FAILED_ONCE, PASSED_ONCE

Verdict = Literal["recovered", "failed", "elsewhere", "late", "unknown"]
"""What became of a failed test.

`recovered`: it passed in a retry. `elsewhere`: it passed in another job, not in a retry. `late`:
it was retried, and the results may still be uploaded. `unknown`: it passed in the build, perhaps
in a retry.
"""
_WORST_FIRST: Final[tuple[Verdict, ...]] = ("failed", "elsewhere", "unknown", "late", "recovered")
_ENDED: Final = frozenset(
    {"broken", "canceled", "expired", "failed", "platform_limited", "skipped", "timed_out", ""}
)
"""States of a job that gets no more results; those of a job that passed may still be uploaded."""


class Evidence(NamedTuple):
    """What the API returned of the tests and jobs of a build.

    Args:
        counts: The counts of the tests that failed at least once in the build.
        jobs: The jobs by ID, including retried ones; None if they could not be read.
        why_no_jobs: Why they could not be read.
        in_jobs: By job and filter, the tests of the job that match; None if they could not be
            read.
    """

    counts: Mapping[TestKey, ExecutionCounts]
    jobs: Mapping[str, Job] | None
    why_no_jobs: str
    in_jobs: Mapping[tuple[str, str], Mapping[TestKey, ExecutionCounts] | None]


def verdict_on(key: TestKey, executions: Sequence[FailedExecution], evidence: Evidence) -> Verdict:
    """Returns what became of a test: the worst verdict of the jobs in which it failed."""
    failed_in = {execution.job_id for execution in executions}
    verdicts = {_verdict_in_job(key, job, failed_in, evidence) for job in failed_in}
    return next(verdict for verdict in _WORST_FIRST if verdict in verdicts)


def job_and_retries(job: str, jobs: Mapping[str, Job] | None) -> tuple[str, ...]:
    """Returns a job and the jobs that retried it, in their order."""
    tries = {job: None}
    while jobs and (last := jobs.get(job)) and last.retried_in and last.retried_in not in tries:
        job = last.retried_in
        tries[job] = None
    return tuple(tries)


def counts_of(key: TestKey, counts: Mapping[TestKey, ExecutionCounts]) -> ExecutionCounts:
    """Returns the counts of a test; all 0 if there are none."""
    return counts.get(key, ExecutionCounts())


def _verdict_in_job(
    key: TestKey, job: str, failed_in: Collection[str], evidence: Evidence
) -> Verdict:
    """Returns what became of a test that failed in a job: the last try with a result counts."""
    passed_in_build = counts_of(key, evidence.counts).passed > 0
    if not job:
        return "recovered" if passed_in_build else "failed"
    tries = job_and_retries(job, evidence.jobs)
    results_may_come = False
    for tried in reversed(tries):
        result = _result_in_job(key, tried, failed_in, evidence) if passed_in_build else None
        if result is None and tried in failed_in:
            result = "failed"
        if result == "failed":
            break
        if result is not None:
            return result
        results_may_come = results_may_come or _state(tried, evidence.jobs) not in _ENDED
    if results_may_come:
        return "late"
    if not passed_in_build or len(tries) > 1:
        return "failed"
    return "unknown" if evidence.jobs is None else "elsewhere"


def _result_in_job(
    key: TestKey, job: str, failed_in: Collection[str], evidence: Evidence
) -> Verdict | None:
    """Returns the result in one job of a test that passed in the build; None if it has none."""
    tests = evidence.in_jobs.get((job, FAILED_ONCE if job in failed_in else PASSED_ONCE))
    if tests is None:
        return "unknown"
    if counts_of(key, tests).passed:
        return "recovered"
    return "failed" if job in failed_in else None


def _state(job: str, jobs: Mapping[str, Job] | None) -> str:
    return jobs[job].state if jobs and job in jobs else ""
