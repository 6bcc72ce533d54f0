"""Which of the failed tests passed when they were tried again.

A retry is the same job tried again, or the same test again in one job. A test that fails in one
job of a matrix and passes in another fails there, so that counts over a whole build do not settle
it where executions name their jobs.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from runs_mcp.errors import RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, ExecutionCounts
from runs_mcp.providers.buildkite.mapping.records import FailedExecution
from runs_mcp.providers.buildkite.reading.build import (
    FAILED_ONCE,
    PASSED_ONCE,
    Build,
    Key,
    names_of,
)
from runs_mcp.providers.buildkite.reading.retry_verdicts import (
    Evidence,
    counts_of,
    tries_of,
    verdict_on,
)
from runs_mcp.providers.buildkite.references import BuildkiteSuite

_JOBS_READ: Final = 10
"""The most jobs whose tests are read, with one request each."""
_REMARKS: Final = {
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
        recovered: The tests that passed when they were tried again.
        unlisted: By key, the tests that only ever failed in the build, and of which no failed
            execution was listed.
        unreadable: For each record that could not be read, where it stood and why.
        remarks: What is not known, or may still change; each a part of a sentence.
    """

    recovered: frozenset[Key] = frozenset()
    unlisted: Mapping[Key, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


async def find_retries(
    client: BuildkiteClient,
    suite: BuildkiteSuite,
    run: Run,
    executions: Mapping[Key, Sequence[FailedExecution]],
) -> Retries:
    """Reads which of the failed tests of a run passed when they were tried again."""
    if not run.ci_build_id:
        return _unknown("the run names no build") if executions else Retries()
    build = Build(client, suite, run)
    try:
        tests = await build.tests(FAILED_ONCE)
    except RunsError as error:
        if not executions:
            why = f"whether tests failed in the build is not known, {error.kind}"
            return Retries(remarks=(why,))
        return _unknown(f"the tests of the build could not be read, {error.kind}")
    retries = _settle(run, executions, await _evidence(build, tests.counts, executions))
    unlisted = _unlisted(tests.counts, executions)
    remarks = [*retries.remarks]
    if unlisted:
        remarks.append(
            f"tests that failed in the build and of which the run lists no failed execution: "
            f"{names_of(unlisted)}"
        )
    return Retries(retries.recovered, unlisted, tests.unreadable, tuple(remarks))


async def _evidence(
    build: Build,
    counts: Mapping[Key, ExecutionCounts],
    executions: Mapping[Key, Sequence[FailedExecution]],
) -> Evidence:
    """Reads how the tests that also passed in the build went in the jobs that matter."""
    named = {of.job_id for tried in executions.values() for of in tried if of.job_id}
    jobs, no_jobs = await build.jobs() if named else (None, "")
    failed_in: set[str] = set()
    retries: set[str] = set()
    for key, tried in executions.items():
        if counts_of(counts, key).passed:
            own = {of.job_id for of in tried if of.job_id}
            failed_in |= own
            # What passed in a job is a long list: it is read of retries in which it did not fail.
            retries |= {again for job in own for again in tries_of(job, jobs)} - own
    wanted = [(job, FAILED_ONCE) for job in sorted(failed_in)[:_JOBS_READ]]
    wanted += [(job, PASSED_ONCE) for job in sorted(retries)[:_JOBS_READ]]
    return Evidence(counts, jobs, no_jobs, await build.tests_of_jobs(wanted))


def _unlisted(
    counts: Mapping[Key, ExecutionCounts], executions: Collection[Key]
) -> dict[Key, ExecutionCounts]:
    """Returns the tests that only failed in the build, and have no failed execution."""
    return {
        key: test
        for key, test in counts.items()
        if key not in executions and test.in_suite and test.failed and not test.passed
    }


def _settle(
    run: Run, executions: Mapping[Key, Sequence[FailedExecution]], evidence: Evidence
) -> Retries:
    verdicts = {key: verdict_on(key, tried, evidence) for key, tried in executions.items()}
    counts = Counter(verdicts.values())
    remarks = [
        _REMARKS[verdict].format(counts[verdict], _why_unknown(evidence))
        for verdict in ("late", "unknown", "elsewhere")
        if counts[verdict]
    ]
    still_failing = len(executions) - counts["recovered"]
    if still_failing and not counts["late"]:
        if not run.is_over:
            remarks.append("a retry that passes may still be uploaded")
        elif evidence.no_jobs:
            remarks.append(f"whether jobs were tried again is not known: {evidence.no_jobs}")
    recovered = frozenset(key for key, verdict in verdicts.items() if verdict == "recovered")
    without_job = sum(not any(of.job_id for of in executions[key]) for key in recovered)
    if without_job:
        remarks.append(_NO_JOB.format(without_job))
    return Retries(recovered, remarks=tuple(dict.fromkeys(remarks)))


def _why_unknown(evidence: Evidence) -> str:
    return evidence.no_jobs or "not all jobs of the build could be asked"


def _unknown(why: str) -> Retries:
    return Retries(remarks=(f"retries are not known: {why}",))
