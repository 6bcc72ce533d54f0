"""The CI jobs that run the tests, with the tags of their collectors."""

from functools import lru_cache

import msgspec

from runs_mcp.sandbox.buildkite.addresses import build_web_url
from runs_mcp.sandbox.buildkite.builds import Job, JobState
from runs_mcp.sandbox.buildkite.records import Run
from runs_mcp.sandbox.seeded import choice, uuid_id
from runs_mcp.sandbox.story.buildkite.suites.areas import TestFramework
from runs_mcp.sandbox.story.buildkite.suites.known_tests import frameworks_in
from runs_mcp.sandbox.story.buildkite.suites.tests import PARTS, SuiteTest


class _Tooling(msgspec.Struct, frozen=True):
    """The versions of a framework, its language and its collector."""

    version: str
    language: str
    language_version: str
    collector: str
    collector_version: str


_TOOLING: dict[TestFramework, _Tooling] = {
    "rspec": _Tooling("3.13.5", "ruby", "3.4.5", "ruby-buildkite-test_collector", "2.11.0"),
    "pytest": _Tooling("9.0.2", "python", "3.13.1", "python-buildkite-test-collector", "1.3.0"),
    "jest": _Tooling("30.2.0", "node", "24.11.0", "js-buildkite-test-collector", "1.9.2"),
    "mixed": _Tooling("1", "many", "1", "many", "1"),
    "playwright": _Tooling("1.57.0", "node", "24.11.0", "js-buildkite-test-collector", "1.9.2"),
}
_EXIT_STATUS: dict[JobState, int | None] = {"passed": 0, "failed": 1, "canceled": -1}


class TestJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that runs the tests of a framework, or a part of them."""

    __test__ = False  # pytest would collect a class of this name

    origin: str
    """The ID of its build, or of the run where there is no build."""
    has_build: bool = True
    framework: TestFramework
    part: int | None
    """Its index among the parallel jobs of its step; None where one job runs all tests."""
    version: str = ""
    """The version of the language, where the step has a matrix of versions."""
    attempt: int = 0
    """The number of attempts before this one."""

    @property
    def id(self) -> str:
        """The job's ID."""
        return _job_id(self)

    @property
    def agent(self) -> int:
        """The number of the CI machine it ran on; parallel jobs run on different ones."""
        return 1 + PARTS * choice(self.id, 4) + (self.part or 0)

    @property
    def retry(self) -> "TestJob":
        """The job that retries it."""
        return msgspec.structs.replace(self, attempt=self.attempt + 1)

    def runs(self, test: SuiteTest) -> bool:
        """Whether it runs a test."""
        return test.framework == self.framework and self.part in (None, test.part)

    def tags(self) -> dict[str, str]:
        """Returns the collector's tags of all executions in this job."""
        return dict(_job_tags(self))


class JobRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended."""

    job: TestJob
    state: JobState | None = None
    """None: failed where a test failed that is not muted, passed otherwise."""
    is_uploaded: bool = True
    """Whether its results are uploaded."""
    is_retried: bool = False


def usual_job(suite: str, run: Run, test: SuiteTest) -> TestJob:
    """Returns the job that runs a test in a build without retries."""
    frameworks = frameworks_in(suite)
    framework = test.framework if test.framework in frameworks else frameworks[0]
    return _usual(run, framework, test.part)


def usual_jobs(suite: str, run: Run) -> tuple[TestJob, ...]:
    """Returns all jobs of a build without retries."""
    return tuple(
        _usual(run, framework, part) for framework in frameworks_in(suite) for part in range(PARTS)
    )


def job_record(ran: JobRun, state: JobState, pipeline: str, number: int) -> Job:
    """Returns the record of a job."""
    job = ran.job
    name = f"{job.framework} {job.version}".rstrip()
    return Job(
        id=job.id,
        name=name if job.part is None else f"{name} {job.part + 1}/{PARTS}",
        step_key=f"test-{job.framework}",
        state=state,
        exit_status=_EXIT_STATUS.get(state),
        retried=ran.is_retried,
        retried_in_job_id=job.retry.id if ran.is_retried else None,
        retries_count=job.attempt,
        parallel_group_index=job.part,
        parallel_group_total=None if job.part is None else PARTS,
        matrix={_TOOLING[job.framework].language: job.version} if job.version else None,
        web_url=f"{build_web_url(pipeline, number)}#{job.id}",
    )


def _usual(run: Run, framework: TestFramework, part: int) -> TestJob:
    if isinstance(run.build_id, str):
        return TestJob(origin=run.build_id, framework=framework, part=part)
    return TestJob(origin=run.id, has_build=False, framework=framework, part=part)


@lru_cache(maxsize=4096)
def _job_id(job: TestJob) -> str:
    what = f"{job.framework} {job.part} {job.version} {job.attempt}"
    return uuid_id(f"buildkite job {job.origin} {what}")


@lru_cache(maxsize=1024)
def _job_tags(job: TestJob) -> tuple[tuple[str, str], ...]:
    tooling = _TOOLING[job.framework]
    of_build = (
        ("build.id", job.origin),
        ("build.job_id", job.id),
        ("build.step_id", uuid_id(f"buildkite step {job.origin} {job.framework}")),
    )
    return (
        *(of_build if job.has_build else ()),
        ("collector.name", tooling.collector),
        ("collector.version", tooling.collector_version),
        ("host.name", f"agent-{job.agent}"),
        ("language.name", tooling.language),
        ("language.version", job.version or tooling.language_version),
        ("test.framework.name", job.framework),
        ("test.framework.version", tooling.version),
    )
