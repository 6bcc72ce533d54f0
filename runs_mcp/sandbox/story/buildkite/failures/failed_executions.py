"""Failed executions, from the tests that fail in a run and their causes."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from runs_mcp.sandbox.buildkite.addresses import run_web_url, test_web_url
from runs_mcp.sandbox.buildkite.records import FailedExecution, Run
from runs_mcp.sandbox.buildkite.store import Failures
from runs_mcp.sandbox.seeded import choice, uuid_id
from runs_mcp.sandbox.story.buildkite.failures.causes import FailedTest, UnitCause
from runs_mcp.sandbox.story.buildkite.jobs import TestJob, usual_job
from runs_mcp.sandbox.story.buildkite.suites.known_tests import id_of_test, location_of
from runs_mcp.sandbox.story.buildkite.suites.tests import SuiteTest, tests_of
from runs_mcp.sandbox.timestamps import utc

BrokenTest = tuple[SuiteTest, UnitCause]
PlacedFailure = tuple[SuiteTest, UnitCause, TestJob]
"""A test that fails, its cause and its job; a test can fail in several jobs."""
_RETRY_AFTER = timedelta(seconds=50)
_APART = timedelta(milliseconds=35)


def broken(*shares: tuple[UnitCause, int]) -> tuple[BrokenTest, ...]:
    """Returns the first tests of each cause's area, as many as given."""
    return tuple(
        (test, cause) for cause, count in shares for test in islice(tests_of(cause.area), count)
    )


def failing(tests: tuple[BrokenTest, ...]) -> Failures:
    """Makes these tests fail, each in its usual job."""
    return lambda suite, run: failures_of(suite, run, tests)


def failing_in_jobs(placed: tuple[PlacedFailure, ...]) -> Failures:
    """Makes these tests fail in these jobs."""
    return lambda suite, run: _failures(suite, run, placed)


def failures_of(suite: str, run: Run, tests: Iterable[BrokenTest]) -> tuple[FailedExecution, ...]:
    """Returns the failed executions of these tests in a run, in the order of their times."""
    return _failures(
        suite, run, [(test, cause, usual_job(suite, run, test)) for test, cause in tests]
    )


def _failures(suite: str, run: Run, placed: Iterable[PlacedFailure]) -> tuple[FailedExecution, ...]:
    def turn(one: PlacedFailure) -> tuple[int, int]:
        return one[2].attempt, choice(f"{run.id} {one[0].name}", 1 << 30)

    mixed = sorted(placed, key=turn)
    begin = datetime.fromisoformat(run.created_at)
    attempts_of: Counter[SuiteTest] = Counter()
    failures = []
    for at, (test, cause, job) in enumerate(mixed):
        attempts_of[test] += 1
        later = (job.attempt - mixed[0][2].attempt) * _RETRY_AFTER + at * _APART
        failures.append(
            _failure(suite, run, (test, cause, job), attempts_of[test], utc(begin + later))
        )
    return tuple(failures)


def _failure(
    suite: str, run: Run, placed: PlacedFailure, time: int, created_at: str
) -> FailedExecution:
    test, cause, job = placed
    test_id = id_of_test(suite, test)
    again = f" {time}" if time > 1 else ""
    execution_id = uuid_id(f"buildkite execution {run.id} {test_id}{again}")
    text = cause.text(FailedTest(test=test, seed=execution_id, agent=job.agent))
    test_url = test_web_url(suite, test_id)
    return FailedExecution(
        execution_id=execution_id,
        run_id=run.id,
        test_id=test_id,
        run_name=run.id,
        commit_sha=run.commit_sha,
        created_at=created_at,
        branch=run.branch,
        failure_reason=text.reason,
        duration=round(cause.seconds * (0.9 + choice(execution_id, 200) / 1000), 6),
        location=location_of(suite, test),
        test_name=test.name,
        run_url=run_web_url(suite, run.id),
        test_url=test_url,
        test_execution_url=f"{test_url}?execution_id={execution_id}",
        tags=job.tags() | {"code.file.path": test.file},
        failure_expanded=text.expanded,
    )
