"""What became of a failed test when it was tried again. Pure functions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from runs_mcp.providers.buildkite.client import ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping.records import FailedExecution
from runs_mcp.providers.buildkite.reading.build import FAILED_ONCE, PASSED_ONCE, Key

_ENDED: Final = frozenset(
    {"broken", "canceled", "expired", "failed", "platform_limited", "skipped", "timed_out", ""}
)
"""States of a job that gets no more results; those of a job that passed may still be uploaded."""
Verdict = Literal["recovered", "failed", "elsewhere", "late", "unknown"]
_WORST_FIRST: Final[tuple[Verdict, ...]] = ("failed", "elsewhere", "unknown", "late", "recovered")


class Evidence(NamedTuple):
    """What the API says of the tests and jobs of a build.

    Args:
        counts: Of the tests that failed at least once in the build.
        jobs: The jobs, retried ones among them; None where they could not be read.
        no_jobs: Why they could not.
        in_jobs: By job and result, the tests that had it there at least once; None where they
            could not be read.
    """

    counts: Mapping[Key, ExecutionCounts]
    jobs: Mapping[str, Job] | None
    no_jobs: str
    in_jobs: Mapping[tuple[str, str], Mapping[Key, ExecutionCounts] | None]


def verdict_on(key: Key, executions: Sequence[FailedExecution], evidence: Evidence) -> Verdict:
    """Returns what became of a test: the worst of what became of it in each of its jobs."""
    failed_in = {execution.job_id for execution in executions}
    found = {_verdict_in_job(key, job, failed_in, evidence) for job in failed_in}
    return next(verdict for verdict in _WORST_FIRST if verdict in found)


def tries_of(job: str, jobs: Mapping[str, Job] | None) -> tuple[str, ...]:
    """Returns a job and the jobs that tried it again, in their order."""
    tries = [job]
    while jobs and (tried := jobs.get(tries[-1])) and tried.retried_in:
        if tried.retried_in in tries:
            break
        tries.append(tried.retried_in)
    return tuple(tries)


def _verdict_in_job(key: Key, job: str, failed_in: Collection[str], evidence: Evidence) -> Verdict:
    """Returns what became of a test that failed in a job: its newest try with a result counts."""
    passed = counts_of(evidence.counts, key).passed > 0
    if not job:
        return "recovered" if passed else "failed"
    tries = tries_of(job, evidence.jobs)
    may_come = False
    for tried in reversed(tries):
        result = _result_in(key, tried, failed_in, evidence) if passed else None
        if result is None and tried in failed_in:
            result = "failed"
        if result == "failed":
            break
        if result is not None:
            return result
        may_come = may_come or _state(tried, evidence.jobs) not in _ENDED
    if may_come:
        return "late"
    if not passed or len(tries) > 1:
        return "failed"
    return "unknown" if evidence.jobs is None else "elsewhere"


def _result_in(
    key: Key, job: str, failed_in: Collection[str], evidence: Evidence
) -> Verdict | None:
    """Returns how a test that passed somewhere in the build went in one job; None: not at all."""
    tests = evidence.in_jobs.get((job, FAILED_ONCE if job in failed_in else PASSED_ONCE))
    if tests is None:
        return "unknown"
    if counts_of(tests, key).passed:
        return "recovered"
    return "failed" if job in failed_in else None


def _state(job: str, jobs: Mapping[str, Job] | None) -> str:
    return jobs[job].state if jobs and job in jobs else ""


def counts_of(counts: Mapping[Key, ExecutionCounts], key: Key) -> ExecutionCounts:
    """Returns the counts of a test; all 0 where there are none."""
    return counts.get(key, ExecutionCounts())
