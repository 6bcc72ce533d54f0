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
from runs_mcp.providers.buildkite.client import BuildkiteClient, ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping import FailedExecution
from runs_mcp.providers.buildkite.references import BuildkiteSuite

_FAILED_ONCE: Final = "result:~failed"
_UNKNOWN_ONCE: Final = "result:~unknown"
_NAMED_TESTS: Final = 3
_LATE: Final = (
    "{} of the failed tests ran in jobs that were tried again, and the results of the retry may "
    "still come"
)
_UNSETTLED: Final = (
    "{} of the failed tests passed in another job, and whether that was a retry is not known: the "
    "token needs the scope read_builds"
)
_ELSEWHERE: Final = "{} of the failed tests passed in another job, which was not a retry"
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

    counts: Mapping[str, ExecutionCounts]
    jobs: Mapping[str, Job] | None
    in_job: Mapping[str, Mapping[str, ExecutionCounts]]

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
    suite: BuildkiteSuite,
    run: Run,
    executions: Mapping[Key, Sequence[FailedExecution]],
) -> Retries:
    """Reads which of the failed tests of a run passed when they were tried again."""
    if not run.ci_build_id:
        return _unknown("the run names no build") if executions else Retries(frozenset(), ())
    build = _Build(client, suite, run)
    interrupted = await build.interrupted()
    if not executions:
        return Retries(frozenset(), interrupted)
    try:
        counts = await build.tests(_FAILED_ONCE)
    except RunsError as error:
        return _unknown(f"the tests of the build could not be read, {error.kind}")
    jobs = {of.job_id for tried in executions.values() for of in tried if of.job_id}
    passed = [tried for key, tried in executions.items() if _counts(counts, key).passed]
    asked = sorted({of.job_id for tried in passed for of in tried if of.job_id})
    evidence = _Evidence(
        counts,
        await build.jobs() if jobs else None,
        await build.tests_of_jobs(asked[:_JOBS_READ]),
    )
    settled = _settle(run, executions, evidence)
    return Retries(settled.mended, settled.remarks + interrupted)


def _settle(
    run: Run, executions: Mapping[Key, Sequence[FailedExecution]], evidence: _Evidence
) -> Retries:
    mended: set[Key] = set()
    unsettled = elsewhere = late = 0
    for key, tried in executions.items():
        passed = _counts(evidence.counts, key).passed > 0
        failed_in = {of.job_id for of in tried}
        settled = [_mended_in(key, job, failed_in, evidence, passed=passed) for job in failed_in]
        if all(settled):
            mended.add(key)
        elif passed and None in settled:
            unsettled += 1
        elif passed:
            elsewhere += 1
        elif any(_tried_again(job, failed_in, evidence) for job in failed_in):
            late += 1
    remarks = [
        _LATE.format(late) if late else "",
        _UNSETTLED.format(unsettled) if unsettled else "",
        _ELSEWHERE.format(elsewhere) if elsewhere else "",
    ]
    if not run.is_over and not late and len(mended) < len(executions):
        remarks.append("a retry that passes may still be uploaded")
    return Retries(frozenset(mended), tuple(filter(None, remarks)))


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


class _Build:
    """Reads what there is to know of the build of a run."""

    def __init__(self, client: BuildkiteClient, suite: BuildkiteSuite, run: Run) -> None:
        self._client = client
        self._suite = suite
        self._run = run

    async def tests(self, tags: str) -> Mapping[str, ExecutionCounts]:
        """Reads how often the tests that have such executions passed and failed."""
        return await self._client.get_build_tests(self._suite, self._run.ci_build_id, tags)

    async def interrupted(self) -> tuple[str, ...]:
        """Reads which tests have no result: collectors send an interrupted one as unknown."""
        try:
            tests = await self.tests(_UNKNOWN_ONCE)
        except RunsError:
            return ()
        names = [test.name for test in tests.values() if test.unknown and not test.passed]
        if not names:
            return ()
        shown = ", ".join(names[:_NAMED_TESTS]) + (", …" if len(names) > _NAMED_TESTS else "")
        return (f"interrupted tests: {len(names)} ({shown})",)

    async def jobs(self) -> Mapping[str, Job] | None:
        """Reads the jobs; None where they cannot be read, as with most tokens."""
        if not self._run.commit:
            return None
        try:
            return await self._client.get_jobs(
                self._suite.organization, self._run.ci_build_id, self._run.commit
            )
        except RunsError:
            return None

    async def tests_of_jobs(self, jobs: Sequence[str]) -> dict[str, Mapping[str, ExecutionCounts]]:
        """Reads the tests that failed at least once in each of these jobs."""
        read: dict[str, Mapping[str, ExecutionCounts]] = {}

        async def read_one(job: str) -> None:
            try:
                read[job] = await self.tests(f"build.job_id:{job},{_FAILED_ONCE}")
            except RunsError:
                read[job] = {}

        async with anyio.create_task_group() as tasks:
            for job in jobs:
                tasks.start_soon(read_one, job)
        return read


def _counts(counts: Mapping[str, ExecutionCounts], key: Key) -> ExecutionCounts:
    return counts.get(key[0], ExecutionCounts())


def _unknown(why: str) -> Retries:
    return Retries(frozenset(), (f"retries are not known: {why}",))
