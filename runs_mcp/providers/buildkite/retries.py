"""Which tests a retry has mended: failed executions are executions, not verdicts.

A retry is the same job tried again, or the same test again in one job. A test that fails in one
job of a matrix and passes in another fails there, so that counts over a whole build do not settle
it where executions name their jobs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import anyio

from runs_mcp.errors import Forbidden, RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping import FailedExecution
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.text import clip

_FAILED_ONCE: Final = "result:~failed"
_PASSED_ONCE: Final = "result:~passed"
_UNKNOWN_ONCE: Final = "result:~unknown"
_NAMED_TESTS: Final = 3
_NAME_CHARS: Final = 100
_JOBS_READ: Final = 10
"""How many jobs are asked for their tests, a request each."""
_GOING_ON: Final = frozenset({"scheduled", "assigned", "accepted", "running", "limited", "waiting"})
_SAID: Final = {
    "late": "{} of the failed tests ran in jobs that were tried again, and the results of the "
    "retry may still come",
    "unknown": "{} of the failed tests passed elsewhere in the build, and whether that was a retry "
    "is not known: {}",
    "elsewhere": "{} of the failed tests passed in another job, which was not a retry",
}

Key = tuple[str, ...]
Verdict = Literal["mended", "failed", "elsewhere", "late", "unknown"]
_GRAVEST_FIRST: Final[tuple[Verdict, ...]] = ("failed", "elsewhere", "unknown", "late", "mended")


class Retries(NamedTuple):
    """What is known of retries.

    Args:
        mended: The tests that passed when they were tried again.
        remarks: What is not known, or may still change; each a part of a sentence.
    """

    mended: frozenset[Key]
    remarks: tuple[str, ...]


class _Evidence(NamedTuple):
    """What the API says of the tests and jobs of a build.

    Args:
        counts: Of the tests that failed at least once in the build.
        jobs: The jobs, retried ones among them; None where they could not be read.
        no_jobs: Why they could not.
        failed_in: Of the tests that failed at least once in a job, by job; None where not known.
        passed_in: The tests that passed in the last try of a job, by that; None where not known.
    """

    counts: Mapping[str, ExecutionCounts]
    jobs: Mapping[str, Job] | None
    no_jobs: str
    failed_in: Mapping[str, Mapping[str, ExecutionCounts] | None]
    passed_in: Mapping[str, Mapping[str, ExecutionCounts] | None]


async def find_retries(
    client: BuildkiteClient,
    suite: BuildkiteSuite,
    run: Run,
    executions: Mapping[Key, Sequence[FailedExecution]],
) -> Retries:
    """Reads which of the failed tests of a run passed when they were tried again."""
    if not executions:
        return Retries(frozenset(), ())
    if not run.ci_build_id:
        return _unknown("the run names no build")
    build = _Build(client, suite, run)
    try:
        counts = await build.tests(_FAILED_ONCE)
    except RunsError as error:
        return _unknown(f"the tests of the build could not be read, {error.kind}")
    named = {of.job_id for tried in executions.values() for of in tried if of.job_id}
    jobs, no_jobs = await build.jobs() if named else (None, "")
    passed = [tried for key, tried in executions.items() if _counts(counts, key).passed]
    asked = sorted({of.job_id for tried in passed for of in tried if of.job_id})[:_JOBS_READ]
    last = {last_try(job, jobs) for job in asked} - set(asked)
    evidence = _Evidence(
        counts,
        jobs,
        no_jobs,
        await build.tests_of_jobs(asked, _FAILED_ONCE),
        await build.tests_of_jobs(
            [job for job in sorted(last) if _state(job, jobs) != "passed"], _PASSED_ONCE
        ),
    )
    return _settle(run, executions, evidence)


async def interrupted_tests(
    client: BuildkiteClient, suite: BuildkiteSuite, run: Run
) -> tuple[str, ...]:
    """Reads which tests have no result: collectors send an interrupted one as unknown.

    Returns a remark that names them, or none.
    """
    if not run.ci_build_id:
        return ()
    try:
        tests = await _Build(client, suite, run).tests(_UNKNOWN_ONCE)
    except RunsError as error:
        return (f"whether tests were interrupted is not known, {error.kind}",)
    names = [
        clip(test.name, _NAME_CHARS)
        for test in tests.values()
        if test.unknown and not test.passed and test.in_suite
    ]
    if not names:
        return ()
    shown = ", ".join(names[:_NAMED_TESTS]) + (", …" if len(names) > _NAMED_TESTS else "")
    return (f"interrupted tests: {len(names)} ({shown})",)


def last_try(job: str, jobs: Mapping[str, Job] | None) -> str:
    """Returns the job that tried a job again last; the job itself where none did."""
    seen = {job}
    while jobs and (tried := jobs.get(job)) and tried.retried_in and tried.retried_in not in seen:
        job = tried.retried_in
        seen.add(job)
    return job


def _settle(
    run: Run, executions: Mapping[Key, Sequence[FailedExecution]], evidence: _Evidence
) -> Retries:
    verdicts: dict[Key, Verdict] = {}
    for key, tried in executions.items():
        failed_in = {of.job_id for of in tried}
        found = {_verdict_in(key, job, failed_in, evidence) for job in failed_in}
        verdicts[key] = next(verdict for verdict in _GRAVEST_FIRST if verdict in found)
    counts = Counter(verdicts.values())
    remarks = [
        _SAID[verdict].format(counts[verdict], _why_unknown(evidence))
        for verdict in ("late", "unknown", "elsewhere")
        if counts[verdict]
    ]
    still_failing = len(executions) - counts["mended"]
    if still_failing and not counts["late"]:
        if not run.is_over:
            remarks.append("a retry that passes may still be uploaded")
        elif evidence.no_jobs:
            remarks.append(f"whether jobs were tried again is not known: {evidence.no_jobs}")
    mended = frozenset(key for key, verdict in verdicts.items() if verdict == "mended")
    return Retries(mended, tuple(dict.fromkeys(remarks)))


def _verdict_in(key: Key, job: str, failed_in: Iterable[str], evidence: _Evidence) -> Verdict:
    """Returns what became of a test that failed in a job."""
    passed = _counts(evidence.counts, key).passed > 0
    last = last_try(job, evidence.jobs)
    if not job:
        return "mended" if passed else "failed"
    if last != job and last not in failed_in:
        state = _state(last, evidence.jobs)
        if passed and (state == "passed" or _passed_in(key, last, evidence)):
            return "mended"
        if state == "passed" or state in _GOING_ON:
            return "late"
    if not passed:
        return "failed"
    in_job = evidence.failed_in.get(job)
    if in_job is None:
        return "unknown"
    if _counts(in_job, key).passed:
        return "mended"
    return "unknown" if evidence.jobs is None else "failed" if last != job else "elsewhere"


def _passed_in(key: Key, job: str, evidence: _Evidence) -> bool:
    tests = evidence.passed_in.get(job)
    return tests is not None and _counts(tests, key).passed > 0


def _why_unknown(evidence: _Evidence) -> str:
    return evidence.no_jobs or "not all jobs of the build could be asked"


def _state(job: str, jobs: Mapping[str, Job] | None) -> str:
    return jobs[job].state if jobs and job in jobs else ""


class _Build:
    """Reads what there is to know of the build of a run."""

    def __init__(self, client: BuildkiteClient, suite: BuildkiteSuite, run: Run) -> None:
        self._client = client
        self._suite = suite
        self._run = run

    async def tests(self, tags: str) -> Mapping[str, ExecutionCounts]:
        """Reads how often the tests that have such executions passed and failed."""
        return await self._client.get_build_tests(self._suite, self._run.ci_build_id, tags)

    async def jobs(self) -> tuple[Mapping[str, Job] | None, str]:
        """Reads the jobs; where they cannot be read, as with most tokens, why."""
        if not self._run.commit:
            return None, "the run names no commit to find its build by"
        try:
            jobs = await self._client.get_jobs(
                self._suite.organization, self._run.ci_build_id, self._run.commit
            )
        except Forbidden:
            return None, "the token needs the scope read_builds"
        except RunsError as error:
            return None, f"the jobs of the build could not be read, {error.kind}"
        return jobs, ""

    async def tests_of_jobs(
        self, jobs: Sequence[str], result: str
    ) -> dict[str, Mapping[str, ExecutionCounts] | None]:
        """Reads the tests of each of these jobs that have such a result at least once."""
        read: dict[str, Mapping[str, ExecutionCounts] | None] = {}

        async def read_one(job: str) -> None:
            try:
                read[job] = await self.tests(f"build.job_id:{job},{result}")
            except RunsError:
                read[job] = None

        async with anyio.create_task_group() as tasks:
            for job in jobs:
                tasks.start_soon(read_one, job)
        return read


def _counts(counts: Mapping[str, ExecutionCounts], key: Key) -> ExecutionCounts:
    return counts.get(key[0], ExecutionCounts())


def _unknown(why: str) -> Retries:
    return Retries(frozenset(), (f"retries are not known: {why}",))
