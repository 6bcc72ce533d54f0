"""A run of a suite: its failures, its other executions and its jobs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from msgspec import UnsetType

from runs_mcp.sandbox.buildkite.addresses import run_url, run_web_url
from runs_mcp.sandbox.buildkite.builds import Job, JobState
from runs_mcp.sandbox.buildkite.executions import Execution, ExecutionResult
from runs_mcp.sandbox.buildkite.records import FailedExecution, Result, Run, State
from runs_mcp.sandbox.buildkite.store import Failures
from runs_mcp.sandbox.seeded import choice, hex_id, uuid_id
from runs_mcp.sandbox.story.buildkite.jobs import JobRun, TestJob, job_record, usual_jobs
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SUITE, pipeline_of_suite
from runs_mcp.sandbox.story.buildkite.suites.known_tests import (
    PENDING_TEST,
    SKIPPED_TEST,
    own_test,
    test_behind,
    tests_in,
)
from runs_mcp.sandbox.story.buildkite.suites.tests import SuiteTest
from runs_mcp.sandbox.timestamps import utc


@dataclass(frozen=True)
class StoryRun:
    """A run of a suite; its failures and executions are made when they are asked for."""

    suite: str
    run: Run
    make_failures: Failures | None = None
    planned: tuple[JobRun, ...] = ()
    """Its jobs; empty for the usual ones."""
    recovered: frozenset[str] = frozenset()
    """The IDs of tests that failed and then passed in the same job."""
    interrupted: frozenset[str] = frozenset()
    """The IDs of tests that were interrupted, whose result is unknown."""
    more_jobs: Callable[[str, int], tuple[Job, ...]] | None = None
    """Returns the jobs of a build that run no tests, from its pipeline and number."""

    @property
    def pipeline(self) -> str:
        """The slug of the pipeline of its build."""
        return pipeline_of_suite(self.suite)

    def failures(self) -> tuple[FailedExecution, ...]:
        """Returns the failed executions."""
        return self._failures

    def executions(self) -> tuple[Execution, ...]:
        """Returns all executions."""
        return self._executions

    def jobs(self, number: int) -> tuple[Job, ...]:
        """Returns the jobs of its build, which has this number."""
        failing = self._failing_jobs
        records = (
            job_record(ran, ran.state or _state(ran, failing), self.pipeline, number)
            for ran in self._jobs
        )
        return (*records, *(self.more_jobs(self.pipeline, number) if self.more_jobs else ()))

    def changed(self, run: Run, failures: Failures | None) -> Self:
        """Returns the run at a later time; its failures are the same unless given."""
        return replace(self, run=run, make_failures=failures or self.make_failures)

    @cached_property
    def _failures(self) -> tuple[FailedExecution, ...]:
        return self.make_failures(self.suite, self.run) if self.make_failures else ()

    @cached_property
    def _jobs(self) -> tuple[JobRun, ...]:
        if self.planned:
            return self.planned
        jobs = usual_jobs(self.suite, self.run)
        if self.run.result == "stale":
            return tuple(JobRun(job=job, state="canceled", is_uploaded=False) for job in jobs)
        if self.run.state == "finished":
            return tuple(JobRun(job=job) for job in jobs)
        uploaded = {_job_of(failure) for failure in self._failures}
        return tuple(self._running_job(job, job.id in uploaded) for job in jobs)

    def _running_job(self, job: TestJob, has_failed: bool) -> JobRun:
        # In a running build, the first job of each step is done, and all that failed.
        if self.run.result != "pending" and (has_failed or job.part == 0):
            return JobRun(job=job)
        return JobRun(job=job, state="running", is_uploaded=False)

    @cached_property
    def _failed(self) -> tuple[Execution, ...]:
        return tuple(self._execution_of(failure) for failure in self._failures)

    @cached_property
    def _failing_jobs(self) -> set[str]:
        return {
            one.tags["build.job_id"]
            for one in self._failed
            if "build.job_id" in one.tags
            and one.test.state != "muted"
            and one.test.id not in self.recovered
        }

    @cached_property
    def _executions(self) -> tuple[Execution, ...]:
        failed = set(map(_job_and_test, self._failed))
        others = (
            one
            for ran in self._jobs
            if ran.is_uploaded
            for one in self._others(ran.job)
            if _job_and_test(one) not in failed
        )
        return (*self._failed, *self._passed_retries(), *others)

    def _execution_of(self, failure: FailedExecution) -> Execution:
        test = test_behind(self.suite, failure)
        given = dict(failure.tags) if isinstance(failure.tags, dict) else {}
        if given.get("build.job_id") not in {ran.job.id for ran in self._jobs}:
            given |= self._job_for(failure.test_id).tags()
        return Execution(
            test=test, result="failed", duration=failure.duration, tags=given | self._scm
        )

    def _job_for(self, test_id: str) -> TestJob:
        test = own_test(self.suite, test_id)
        jobs = [ran.job for ran in self._jobs]
        running = [job for job in jobs if test is not None and job.runs(test)]
        return running[0] if running else jobs[choice(test_id, len(jobs))]

    def _passed_retries(self) -> Iterator[Execution]:
        done = set()
        for one in self._failed:
            if one.test.id in self.recovered and one.test.id not in done:
                done.add(one.test.id)
                yield Execution(
                    test=one.test, result="passed", duration=one.duration, tags=one.tags
                )

    def _others(self, job: TestJob) -> Iterator[Execution]:
        tags = job.tags() | self._scm
        for test, known in tests_in(self.suite):
            if job.runs(test):
                result: ExecutionResult = (
                    "unknown" if known.id in self.interrupted else _usual_result(test)
                )
                seconds = None if result in ("skipped", "pending") else _seconds(job, test)
                yield Execution(test=known, result=result, duration=seconds, tags=tags)

    @property
    def _scm(self) -> dict[str, str]:
        return {"scm.branch": self.run.branch, "scm.commit_sha": self.run.commit_sha}


def buildkite_run(
    key: str,
    created_at: datetime,
    branch: str = "main",
    make_failures: Failures | None = None,
    *,
    suite: str = BUILDKITE_SUITE,
    run_id: str | None = None,
    state: State = "finished",
    result: Result | None = None,
    build_id: str | UnsetType | None = "",
) -> StoryRun:
    """Returns a run; IDs follow from the key, the result from the failures.

    An empty build_id is a build of its own.
    """
    run_id = run_id or uuid_id(f"buildkite run {key}")
    build_id = uuid_id(f"buildkite build {key}") if build_id == "" else build_id
    run = Run(
        id=run_id,
        branch=branch,
        # Runs of one build are runs of one commit.
        commit_sha=hex_id(f"buildkite sha {build_id or key}", 40),
        state=state,
        result=result or ("failed" if make_failures else "passed"),
        url=run_url(suite, run_id),
        web_url=run_web_url(suite, run_id),
        build_id=build_id,
        created_at=utc(created_at),
    )
    return StoryRun(suite, run, make_failures)


def _state(ran: JobRun, failing: set[str]) -> JobState:
    return "failed" if ran.job.id in failing else "passed"


def _job_and_test(execution: Execution) -> tuple[str | None, str]:
    return execution.tags.get("build.job_id"), execution.test.id


def _job_of(failure: FailedExecution) -> str | None:
    return failure.tags.get("build.job_id") if isinstance(failure.tags, dict) else None


def _usual_result(test: SuiteTest) -> ExecutionResult:
    if test == SKIPPED_TEST:
        return "skipped"
    return "pending" if test == PENDING_TEST else "passed"


def _seconds(job: TestJob, test: SuiteTest) -> float:
    return round((1 + choice(f"{job.id} {test.name}", 20000)) / 400_000, 6)
