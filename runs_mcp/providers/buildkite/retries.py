"""Which tests a retry has mended: failed executions are executions, not verdicts.

A retry is the same job tried again, or the same test again in one job. A test that fails in one
job of a matrix and passes in another fails there, so that counts over a whole build do not settle
it where executions name their jobs.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import anyio

from runs_mcp.errors import RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, Job, TestCounts
from runs_mcp.providers.buildkite.mapping import FailedExecution

_FAILED_ONCE: Final = "result:~failed"
_JOBS_READ: Final = 10
"""How many jobs are asked for their tests, a request each."""
_GOING_ON: Final = frozenset({"scheduled", "assigned", "accepted", "running", "limited", "waiting"})

Key = tuple[str, ...]


class Retries(NamedTuple):
    """What is known of retries.

    Args:
        mended: The tests that passed when they were tried again.
        remarks: What is not known, or may still change; each a part of a sentence.
    """

    mended: frozenset[Key]
    remarks: tuple[str, ...]


class _Evidence(NamedTuple):
    """What the API says of the tests and jobs of a build."""

    counts: Mapping[str, TestCounts]
    jobs: Mapping[str, Job] | None
    in_job: Mapping[str, Mapping[str, TestCounts]]

    def last_try(self, job: str) -> str:
        """Returns the job that tried a job again last; the job itself where none did."""
        seen = {job}
        while self.jobs and (tried := self.jobs.get(job)) and tried.retried_in:
            job = tried.retried_in
            if job in seen:
                break
            seen.add(job)
        return job


async def find_retries(
    client: BuildkiteClient,
    organization: str,
    run: Run,
    executions: Mapping[Key, Sequence[FailedExecution]],
) -> Retries:
    """Reads which of the failed tests of a run passed when they were tried again."""
    if not executions:
        return Retries(frozenset(), ())
    if not run.ci_build_id:
        return _unknown("the run names no build")
    jobs = {of.job_id for tried in executions.values() for of in tried if of.job_id}
    try:
        counts = await client.get_build_tests(organization, run.ci_build_id, _FAILED_ONCE)
    except RunsError as error:
        return _unknown(f"the tests of the build could not be read, {error.kind}")
    known = await _jobs(client, organization, run) if jobs else None
    passed = {key: tried for key, tried in executions.items() if _counts(counts, key).passed}
    asked = sorted({of.job_id for tried in passed.values() for of in tried if of.job_id})
    in_job = await _tests_of_jobs(client, organization, run.ci_build_id, asked[:_JOBS_READ])
    return _settle(run, executions, _Evidence(counts, known, in_job))


def _settle(
    run: Run, executions: Mapping[Key, Sequence[FailedExecution]], evidence: _Evidence
) -> Retries:
    mended, unsettled, late = set(), 0, 0
    for key, tried in executions.items():
        passed = _counts(evidence.counts, key).passed > 0
        failed_in = {of.job_id for of in tried}
        settled = [_mended_in(key, job, failed_in, evidence, passed=passed) for job in failed_in]
        if all(settled):
            mended.add(key)
        elif passed and None in settled:
            unsettled += 1
        elif not passed and any(_tried_again(job, failed_in, evidence) for job in failed_in):
            late += 1
    remarks = []
    if unsettled:
        remarks.append(
            f"{unsettled} of the failed tests passed in another job, and whether that was a retry "
            "is not known (the token needs the scope read_builds)"
        )
    if late:
        remarks.append(
            f"{late} of the failed tests are in jobs that were tried again, and results "
            "of the retry may still come"
        )
    elif not run.is_over and len(mended) < len(executions):
        remarks.append("a retry that passes may still be uploaded")
    return Retries(frozenset(mended), tuple(remarks))


def _mended_in(
    key: Key, job: str, failed_in: Iterable[str], evidence: _Evidence, *, passed: bool
) -> bool | None:
    """Says whether a test that failed in a job passed when that was tried again.

    None where it passed in another job, and whether that one is a retry is not known.
    """
    if not passed:
        return False
    if not job or _counts(evidence.in_job.get(job, {}), key).passed:
        return True
    if evidence.jobs is None:
        return None
    last = evidence.last_try(job)
    return last != job and last not in failed_in


def _tried_again(job: str, failed_in: Iterable[str], evidence: _Evidence) -> bool:
    """Says whether a job was tried again, and that try has passed or is under way."""
    last = evidence.last_try(job)
    if last == job or last in failed_in or evidence.jobs is None:
        return False
    state = evidence.jobs[last].state if last in evidence.jobs else ""
    return state == "passed" or state in _GOING_ON


async def _jobs(client: BuildkiteClient, organization: str, run: Run) -> Mapping[str, Job] | None:
    if not run.commit:
        return None
    try:
        return await client.get_jobs(organization, run.ci_build_id, run.commit)
    except RunsError:
        return None  # Most tokens may not read builds: what that leaves open is said.


async def _tests_of_jobs(
    client: BuildkiteClient, organization: str, build_id: str, jobs: Sequence[str]
) -> dict[str, Mapping[str, TestCounts]]:
    """Reads the tests that failed at least once in each of these jobs."""
    read: dict[str, Mapping[str, TestCounts]] = {}

    async def read_one(job: str) -> None:
        try:
            tags = f"build.job_id:{job},{_FAILED_ONCE}"
            read[job] = await client.get_build_tests(organization, build_id, tags)
        except RunsError:
            read[job] = {}

    async with anyio.create_task_group() as tasks:
        for job in jobs:
            tasks.start_soon(read_one, job)
    return read


def _counts(counts: Mapping[str, TestCounts], key: Key) -> TestCounts:
    return counts.get(key[0], TestCounts(0, 0))


def _unknown(why: str) -> Retries:
    return Retries(frozenset(), (f"retries are not known: {why}",))
