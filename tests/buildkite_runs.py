"""Buildkite runs that tests add to a sandbox, and change while it serves."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Final

from msgspec import UnsetType
from msgspec.structs import replace

from runs_mcp.sandbox import BUILDKITE_SUITE, Sandbox
from runs_mcp.sandbox.buildkite.records import FailedExecution, Result, Run, State
from runs_mcp.sandbox.buildkite.store import Failures
from runs_mcp.sandbox.story.buildkite.failures import jest, pytest, rspec
from runs_mcp.sandbox.story.buildkite.failures.failed_executions import BrokenTest, failing
from runs_mcp.sandbox.story.buildkite.retried_runs import late_upload
from runs_mcp.sandbox.story.buildkite.story_run import buildkite_run
from runs_mcp.sandbox.story.buildkite.suites.tests import tests_of

MAX_FAILURES: Final = 2000
_ONE_CAUSE_PER_AREA: Final = (
    pytest.DATABASE_DOWN,
    rspec.RENAMED_COLUMN,
    jest.FARE_ROUNDING,
    pytest.MISSING_FIXTURE,
    rspec.DATABASE_DOWN,
    jest.NO_ZONE,
    pytest.TOLL_ROUNDING,
    jest.SHORT_NAME,
    rspec.WEEKDAY,
)


def add_buildkite_run(
    sandbox: Sandbox,
    *,
    failures: int | Sequence[FailedExecution] = 0,
    suite: str = BUILDKITE_SUITE,
    branch: str = "main",
    run_id: str | None = None,
    state: State = "finished",
    result: Result | None = None,
    build_id: str | UnsetType | None = "",
    created_at: datetime | None = None,
    recovered: int = 0,
) -> str:
    """Adds a run, the newest of all unless created_at says otherwise, and returns its ID.

    Args:
        failures: How many tests fail (0 to 2,000), the first ones the same in every run; or
            records, which are served as they are.
        run_id: Its ID; by default, the same for the same addition in every sandbox.
        result: Its result; by default, failed where anything failed, and passed otherwise.
        build_id: The ID of its build; empty for a build of its own.
        created_at: When it was created.
        recovered: How many of the failed tests passed when their job ran them again.
    """
    store = sandbox.buildkite.store
    number = sum(len(store.runs(known.slug)) for known in store.suites())
    added = buildkite_run(
        f"added {number}",
        created_at or sandbox.now - timedelta(minutes=2) + timedelta(milliseconds=number),
        branch,
        _failures(failures),
        suite=suite,
        run_id=run_id,
        state=state,
        result=result,
        build_id=build_id,
    )
    again = frozenset(failure.test_id for failure in added.failures()[:recovered])
    store.add_run(dataclasses.replace(added, recovered=again))
    return added.run.id


def change_buildkite_run(
    sandbox: Sandbox,
    run_id: str,
    *,
    state: State | None = None,
    result: Result | None = None,
    failures: int | Sequence[FailedExecution] | None = None,
) -> None:
    """Lets a run go on: finish, fail, or run again after a late upload."""
    stored = sandbox.buildkite.stored(run_id)
    run = replace(stored.run, state=state or stored.run.state, result=result or stored.run.result)
    changed = None if failures is None else _failures(failures) or _no_failures
    sandbox.buildkite.store.change_run(stored.changed(run, changed))


def process_late_upload(sandbox: Sandbox) -> None:
    """Lets the late upload of LATE_UPLOAD be processed: its build ends then, and passes."""
    sandbox.buildkite.store.change_run(late_upload(sandbox.now, has_arrived=True))


def _failures(failures: int | Sequence[FailedExecution]) -> Failures | None:
    if isinstance(failures, int):
        tests = _broken_tests(failures)
        return failing(tests) if tests else None
    given = tuple(failures)
    return (lambda _, __: given) if given else None


def _broken_tests(count: int) -> tuple[BrokenTest, ...]:
    """The first tests of all areas in turn: a larger count includes those of a smaller."""
    if not 0 <= count <= MAX_FAILURES:
        raise ValueError(f"a run has 0 to {MAX_FAILURES} failures")
    by_area = ([(test, cause) for test in tests_of(cause.area)] for cause in _ONE_CAUSE_PER_AREA)
    rounds = chain.from_iterable(zip_longest(*by_area))
    return tuple(islice((one for one in rounds if one is not None), count))


def _no_failures(_: str, __: Run) -> tuple[FailedExecution, ...]:
    return ()
