"""Builds where a failed execution is not always a failed test: retries, a matrix, a muted test."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from runs_mcp.sandbox.buildkite.addresses import build_web_url
from runs_mcp.sandbox.buildkite.builds import Job
from runs_mcp.sandbox.seeded import uuid_id
from runs_mcp.sandbox.story.buildkite.failures import jest, pytest
from runs_mcp.sandbox.story.buildkite.failures.causes import UnitCause
from runs_mcp.sandbox.story.buildkite.failures.failed_executions import (
    PlacedFailure,
    broken,
    failing,
    failing_in_jobs,
)
from runs_mcp.sandbox.story.buildkite.jobs import JobRun, TestJob, usual_jobs
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SHARED_BUILD
from runs_mcp.sandbox.story.buildkite.story_run import StoryRun, buildkite_run
from runs_mcp.sandbox.story.buildkite.suites.known_tests import MUTED_TEST
from runs_mcp.sandbox.story.buildkite.suites.tests import tests_of

MATRIX_VERSIONS = ("3.13.1", "3.14.0")
"""The versions of Python in the matrix; the test only fails with the second one."""


def retried_runs(now: datetime) -> Iterator[StoryRun]:
    """Yields all but those of the shared build."""
    yield _recovered(now)
    yield _partly_recovered(now)
    yield late_upload(now, has_arrived=False)
    yield _matrix(now)
    yield buildkite_run(
        "muted",
        now - timedelta(hours=11),
        "feat/dark-clock",
        failing(((MUTED_TEST, jest.NO_ZONE),)),
    )


def runs_of_shared_build(now: datetime) -> Iterator[StoryRun]:
    """Yields three attempts of the jobs of one build, each a run."""
    tests = broken((pytest.LOST_ATTRIBUTE, 3))
    attempt: tuple[TestJob, ...] = ()
    for at in range(3):
        run = buildkite_run(
            f"shared {at}",
            now - timedelta(hours=22 - at),
            "fix/berth-conflicts",
            build_id=BUILDKITE_SHARED_BUILD,
            result="failed" if at < 2 else "passed",
        )
        attempt = attempt or usual_jobs(run.suite, run.run)
        # One test passes in the first retry, the other two in the second one.
        failures = tuple(
            (test, cause, job)
            for test, cause in (tests[: 3 - at] if at < 2 else ())
            for job in attempt
            if job.runs(test)
        )
        failed = {job.id for _, _, job in failures}
        jobs = tuple(JobRun(job=job, is_retried=job.id in failed) for job in attempt)
        make_failures = failing_in_jobs(failures) if failures else None
        yield replace(run, planned=jobs, make_failures=make_failures)
        attempt = tuple(job.retry for job in attempt if job.id in failed)


def late_upload(now: datetime, *, has_arrived: bool) -> StoryRun:
    """Returns a run where a retry passed, and its upload has been processed or not."""
    run = buildkite_run(
        "late upload",
        now - timedelta(minutes=18),
        "fix/tide-tables",
        state="finished" if has_arrived else "running",
        result="failed",
    )
    run = _retried(run, pytest.FREE_BERTHS, count=1, still_failing=0, has_arrived=has_arrived)

    def package(pipeline: str, number: int) -> tuple[Job, ...]:
        job_id = uuid_id("buildkite job package")
        url = f"{build_web_url(pipeline, number)}#{job_id}"
        return (
            Job(
                id=job_id,
                name="Package",
                step_key="package",
                state="passed" if has_arrived else "running",
                exit_status=0 if has_arrived else None,
                web_url=url,
            ),
        )

    return replace(run, more_jobs=package)


def _recovered(now: datetime) -> StoryRun:
    run = buildkite_run("mended", now - timedelta(hours=9), "fix/ledger-rows", result="failed")
    return _retried(run, pytest.LOST_ATTRIBUTE, count=2, still_failing=0)


def _partly_recovered(now: datetime) -> StoryRun:
    run = buildkite_run(
        "half mended", now - timedelta(hours=12.5), "fix/ledger-rows", result="failed"
    )
    return _retried(run, pytest.LOST_ATTRIBUTE, count=3, still_failing=1)


def _retried(
    run: StoryRun,
    cause: UnitCause,
    *,
    count: int,
    still_failing: int,
    has_arrived: bool = True,
) -> StoryRun:
    """Returns the run where this many tests of a job failed, and fewer of them in its retry."""
    jobs = usual_jobs(run.suite, run.run)
    first = next(job for job in jobs if job.framework == "pytest" and job.part == 0)
    tests = tuple(islice((test for test in tests_of(cause.area) if first.runs(test)), count))
    failures: tuple[PlacedFailure, ...] = (
        *((test, cause, first) for test in tests),
        *((test, cause, first.retry) for test in tests[:still_failing]),
    )
    planned = (
        *(JobRun(job=job, is_retried=job == first) for job in jobs),
        JobRun(job=first.retry, is_uploaded=has_arrived),
    )
    return replace(run, make_failures=failing_in_jobs(failures), planned=planned)


def _matrix(now: datetime) -> StoryRun:
    run = buildkite_run("matrix", now - timedelta(hours=13), "chore/python-3.14", result="failed")
    usual = usual_jobs(run.suite, run.run)
    matrix = tuple(
        TestJob(origin=usual[0].origin, framework="pytest", part=None, version=version)
        for version in MATRIX_VERSIONS
    )
    others = (job for job in usual if job.framework != "pytest")
    cause = pytest.TOLL_ROUNDING
    return replace(
        run,
        make_failures=failing_in_jobs(((tests_of(cause.area)[0], cause, matrix[1]),)),
        planned=tuple(JobRun(job=job) for job in (*others, *matrix)),
    )
