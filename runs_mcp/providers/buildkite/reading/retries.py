"""Which tests a retry has mended: failed executions are executions, not verdicts.

A retry is the same job tried again, or the same test again in one job. A test that fails in one
job of a matrix and passes in another fails there, so that counts over a whole build do not settle
it where executions name their jobs.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import anyio

from runs_mcp.errors import Forbidden, RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, BuildTests, ExecutionCounts, Job
from runs_mcp.providers.buildkite.mapping.records import FailedExecution
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.text import clip

_FAILED_ONCE: Final = "result:~failed"
_PASSED_ONCE: Final = "result:~passed"
_UNKNOWN_ONCE: Final = "result:~unknown"
_NAMED_TESTS: Final = 3
_NAME_CHARS: Final = 100
_JOBS_READ: Final = 10
"""How many jobs are asked for their tests, a request each."""
_ENDED: Final = frozenset(
    {"broken", "canceled", "expired", "failed", "platform_limited", "skipped", "timed_out", ""}
)
"""States of a job from which no result is to come; of one that passed it may be on its way."""
_SAID: Final = {
    "late": "{} of the failed tests ran in jobs that were tried again, and the results of the "
    "retry may still come",
    "unknown": "{} of the failed tests passed elsewhere in the build, and whether that was a retry "
    "is not known: {}",
    "elsewhere": "{} of the failed tests passed in another job, which was not a retry",
}
_NO_JOB: Final = (
    "{} of the flaky tests name no job: that they passed in a retry, not in another job, is assumed"
)

Key = tuple[str, ...]
Verdict = Literal["mended", "failed", "elsewhere", "late", "unknown"]
_GRAVEST_FIRST: Final[tuple[Verdict, ...]] = ("failed", "elsewhere", "unknown", "late", "mended")


class Retries(NamedTuple):
    """What is known of retries.

    Args:
        mended: The tests that passed when they were tried again.
        unlisted: By key, the tests that only ever failed in the build, and of which no failed
            execution was listed.
        unreadable: For each record that could not be read, where it stood and why.
        remarks: What is not known, or may still change; each a part of a sentence.
    """

    mended: frozenset[Key] = frozenset()
    unlisted: Mapping[Key, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Interrupted(NamedTuple):
    """The tests without a result: collectors send an interrupted one as unknown.

    Args:
        tests: By key, those that never passed in the build.
        unreadable: For each record that could not be read, where it stood and why.
        remarks: What there is to know of them; each a part of a sentence.
    """

    tests: Mapping[Key, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class _Evidence(NamedTuple):
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


async def find_retries(
    client: BuildkiteClient,
    suite: BuildkiteSuite,
    run: Run,
    executions: Mapping[Key, Sequence[FailedExecution]],
) -> Retries:
    """Reads which of the failed tests of a run passed when they were tried again."""
    if not run.ci_build_id:
        return _unknown("the run names no build") if executions else Retries()
    build = _Build(client, suite, run)
    try:
        counts, unreadable = await build.tests(_FAILED_ONCE)
    except RunsError as error:
        if not executions:
            why = f"whether tests failed in the build is not known, {error.kind}"
            return Retries(remarks=(why,))
        return _unknown(f"the tests of the build could not be read, {error.kind}")
    named = {of.job_id for tried in executions.values() for of in tried if of.job_id}
    jobs, no_jobs = await build.jobs() if named else (None, "")
    failed_in: set[str] = set()
    retries: set[str] = set()
    for key, tried in executions.items():
        if _counts(counts, key).passed:
            own = {of.job_id for of in tried if of.job_id}
            failed_in |= own
            # What passed in a job is a long list: it is read of retries in which it did not fail.
            retries |= {again for job in own for again in tries_of(job, jobs)} - own
    asked = [(job, _FAILED_ONCE) for job in sorted(failed_in)[:_JOBS_READ]]
    asked += [(job, _PASSED_ONCE) for job in sorted(retries)[:_JOBS_READ]]
    evidence = _Evidence(counts, jobs, no_jobs, await build.tests_of_jobs(asked))
    settled = _settle(run, executions, evidence)
    unlisted = {
        key: test
        for key, test in counts.items()
        if key not in executions and test.in_suite and test.failed and not test.passed
    }
    remarks = [*settled.remarks]
    if unlisted:
        remarks.append(
            f"tests that failed in the build and of which the run lists no failed execution: "
            f"{_named(unlisted)}"
        )
    return Retries(settled.mended, unlisted, unreadable, tuple(remarks))


async def interrupted_tests(
    client: BuildkiteClient, suite: BuildkiteSuite, run: Run
) -> Interrupted:
    """Reads which tests have no result."""
    if not run.ci_build_id:
        return Interrupted()
    try:
        tests, unreadable = await _Build(client, suite, run).tests(_UNKNOWN_ONCE)
    except RunsError as error:
        return Interrupted(remarks=(f"whether tests were interrupted is not known, {error.kind}",))
    unknown = {key: test for key, test in tests.items() if test.unknown and test.in_suite}
    never = {key: test for key, test in unknown.items() if not test.passed}
    once = {key: test for key, test in unknown.items() if test.passed}
    remarks = [
        *([f"interrupted tests: {_named(never)}"] if never else []),
        *(
            [f"interrupted tests that passed elsewhere in the build: {_named(once)}"]
            if once
            else []
        ),
    ]
    return Interrupted(never, unreadable, tuple(remarks))


def _named(tests: Mapping[Key, ExecutionCounts]) -> str:
    """Returns how many tests there are, and the names of some."""
    names = [clip(test.name, _NAME_CHARS) for test in tests.values()]
    shown = ", ".join(names[:_NAMED_TESTS]) + (", …" if len(names) > _NAMED_TESTS else "")
    return f"{len(names)} ({shown})"


def tries_of(job: str, jobs: Mapping[str, Job] | None) -> tuple[str, ...]:
    """Returns a job and the jobs that tried it again, in their order."""
    tries = [job]
    while jobs and (tried := jobs.get(tries[-1])) and tried.retried_in:
        if tried.retried_in in tries:
            break
        tries.append(tried.retried_in)
    return tuple(tries)


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
    without_job = sum(not any(of.job_id for of in executions[key]) for key in mended)
    if without_job:
        remarks.append(_NO_JOB.format(without_job))
    return Retries(mended, remarks=tuple(dict.fromkeys(remarks)))


def _verdict_in(key: Key, job: str, failed_in: Collection[str], evidence: _Evidence) -> Verdict:
    """Returns what became of a test that failed in a job: its newest try with a result decides."""
    passed = _counts(evidence.counts, key).passed > 0
    if not job:
        return "mended" if passed else "failed"
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
    key: Key, job: str, failed_in: Collection[str], evidence: _Evidence
) -> Verdict | None:
    """Returns how a test that passed somewhere in the build went in one job; None: not at all."""
    tests = evidence.in_jobs.get((job, _FAILED_ONCE if job in failed_in else _PASSED_ONCE))
    if tests is None:
        return "unknown"
    if _counts(tests, key).passed:
        return "mended"
    return "failed" if job in failed_in else None


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

    async def tests(self, tags: str) -> BuildTests:
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
        self, asked: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Mapping[Key, ExecutionCounts] | None]:
        """Reads the tests of each of these jobs that have such a result at least once."""
        read: dict[tuple[str, str], Mapping[Key, ExecutionCounts] | None] = {}

        async def read_one(job: str, result: str) -> None:
            try:
                read[job, result] = (await self.tests(f"build.job_id:{job},{result}")).counts
            except RunsError:
                read[job, result] = None

        async with anyio.create_task_group() as tasks:
            for job, result in asked:
                tasks.start_soon(read_one, job, result)
        return read


def _counts(counts: Mapping[Key, ExecutionCounts], key: Key) -> ExecutionCounts:
    return counts.get(key, ExecutionCounts())


def _unknown(why: str) -> Retries:
    return Retries(remarks=(f"retries are not known: {why}",))
