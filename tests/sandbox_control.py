"""What tests ask of a sandbox's stores, and do to them."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final
from weakref import WeakKeyDictionary

from msgspec import UnsetType
from msgspec.structs import replace
from run_of_size import run_of_size
from starlette.datastructures import QueryParams

from runs_mcp.sandbox import BUILDKITE_SUITE, Sandbox
from runs_mcp.sandbox.buildkite.builds import Build, Job
from runs_mcp.sandbox.buildkite.limits import Scope
from runs_mcp.sandbox.buildkite.records import FailedExecution, Result, State
from runs_mcp.sandbox.buildkite.records import Run as BuildkiteRun
from runs_mcp.sandbox.buildkite.store import Failures
from runs_mcp.sandbox.buildkite.store import StoredRun as StoredBuildkiteRun
from runs_mcp.sandbox.buildkite.test_metrics import MeasuredTest
from runs_mcp.sandbox.buildkite.test_query import TestQuery
from runs_mcp.sandbox.currents.records import Run, Spec
from runs_mcp.sandbox.currents.schema2_records import AnyInstance
from runs_mcp.sandbox.currents.store import GivenRun, StoredRun
from runs_mcp.sandbox.story import BOOKING_PROJECT
from runs_mcp.sandbox.story.buildkite.failures import broken_tests, failing
from runs_mcp.sandbox.story.buildkite.retries import late_upload
from runs_mcp.sandbox.story.buildkite.run import buildkite_run

_ADDED: Final[WeakKeyDictionary[Sandbox, Iterator[int]]] = WeakKeyDictionary()
"""The numbers of the runs that were added."""


def add_run(sandbox: Sandbox, run: Run, instances: Sequence[AnyInstance] = ()) -> None:
    """Adds a run with its specs, and these instances."""
    sandbox.currents.add_run(run, GivenRun(run, instances))


def add_run_of_size(
    sandbox: Sandbox,
    run_id: str,
    target_bytes: int,
    *,
    project_id: str = BOOKING_PROJECT,
    branch: str = "main",
) -> None:
    """Adds a complete, failed run whose «get run» body has this many bytes (decoded).

    It is the newest completed run; its body is made when it is asked for.
    """
    run, source = run_of_size(
        run_id, target_bytes, project_id=project_id, branch=branch, now=sandbox.now
    )
    sandbox.currents.add_run(run, source)


def run_of(sandbox: Sandbox, run_id: str) -> Run:
    """Returns a run as it is now, without its specs."""
    return _stored(sandbox, run_id).run


def specs_of(sandbox: Sandbox, run_id: str) -> tuple[Spec, ...]:
    """Returns the specs of a run as they are now."""
    return _stored(sandbox, run_id).specs()


def instance_of(sandbox: Sandbox, instance_id: str) -> AnyInstance:
    """Returns a spec's execution as it is now: of schema 2 for Playwright, 1 for Cypress."""
    instance = sandbox.currents.instance(instance_id)
    if instance is None:
        raise KeyError(instance_id)
    return instance


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
    """Adds a run, the newest of all unless `created_at` says otherwise; returns its ID.

    Of a number of failures (0 to 2,000), the first ones are the same tests for the same reasons in
    every run; records that are given are answered as they are. An empty `build_id` is a build of
    its own. The tests of the first `recovered` failures passed when their job ran them again.
    """
    number = next(_ADDED.setdefault(sandbox, count(1)))
    added = buildkite_run(
        f"added {number}",
        created_at or sandbox.now - timedelta(minutes=2) + timedelta(seconds=number),
        branch,
        _failures(failures),
        suite=suite,
        run_id=run_id,
        state=state,
        result=result,
        build_id=build_id,
    )
    again = frozenset(failure.test_id for failure in added.failures()[:recovered])
    sandbox.buildkite.store.add_run(dataclasses.replace(added, mended=again))
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
    stored = _stored_in_buildkite(sandbox, run_id)
    run = replace(stored.run, state=state or stored.run.state, result=result or stored.run.result)
    changed = None if failures is None else _failures(failures) or _no_failures
    sandbox.buildkite.store.change_run(stored.changed(run, changed))


def receive_late_upload(sandbox: Sandbox) -> None:
    """Lets the upload of LATE_UPLOAD arrive: its build ends then, and passes."""
    sandbox.buildkite.store.change_run(late_upload(sandbox.now, has_arrived=True))


def buildkite_run_of(sandbox: Sandbox, run_id: str) -> BuildkiteRun:
    """Returns a run as it is now."""
    return _stored_in_buildkite(sandbox, run_id).run


def buildkite_failures_of(sandbox: Sandbox, run_id: str) -> tuple[FailedExecution, ...]:
    """Returns what failed in a run, in the API's order, with `failure_expanded`."""
    return tuple(_stored_in_buildkite(sandbox, run_id).failures())


def buildkite_tests_of(sandbox: Sandbox, build_id: str) -> tuple[MeasuredTest, ...]:
    """Returns the tests of a build with their metrics, slowest first, as the API lists them."""
    runs = sandbox.buildkite.store.runs_of_build(build_id)
    if not runs:
        raise KeyError(build_id)
    executions = [one for stored in runs for one in stored.executions()]
    return tuple(TestQuery(QueryParams()).of(executions))


def buildkite_build(sandbox: Sandbox, build_id: str) -> tuple[Build, tuple[Job, ...]]:
    """Returns a build as it is now, and all its jobs, retried ones among them."""
    found = sandbox.buildkite.store.build(build_id)
    if found is None:
        raise KeyError(build_id)
    return found[0], tuple(found[1])


def buildkite_build_of(sandbox: Sandbox, run_id: str) -> tuple[Build, tuple[Job, ...]]:
    """Returns the build of a run as it is now, and all its jobs, retried ones among them."""
    build_id = _stored_in_buildkite(sandbox, run_id).run.build_id
    if not isinstance(build_id, str):
        raise KeyError(f"the run {run_id} is of no build")
    return buildkite_build(sandbox, build_id)


def shorten_buildkite_pages(sandbox: Sandbox, to: int | None) -> None:
    """Makes every page of every list have at most so many items; None: as many as asked for.

    Pages are counted by what they have, so that rel=next leads to all items.
    """
    sandbox.buildkite.pages.at_most = to


def shape_buildkite_links(
    sandbox: Sandbox,
    *,
    tokens: bool = True,
    rels: Sequence[str] = ("next", "last", "prev", "first"),
) -> None:
    """Leaves tokens out of the URLs of `Link`, or other relations out of the header."""
    sandbox.buildkite.pages.tokens = tokens
    sandbox.buildkite.pages.rels = tuple(rels)


def limit_buildkite(sandbox: Sandbox, scope: Scope, remaining: int, reset_s: int) -> None:
    """Spends a limit: after so many more requests, 429 until `reset_s` have passed."""
    sandbox.buildkite.limits.spend(scope, remaining=remaining, reset_s=reset_s)


def lift_buildkite_limits(sandbox: Sandbox) -> None:
    """Lifts all limits, and counts anew."""
    sandbox.buildkite.limits.lift()


def age_buildkite_limits(sandbox: Sandbox, seconds: float) -> None:
    """Lets time pass for the limits alone, so that no test waits for a reset."""
    sandbox.buildkite.limits.advance(seconds)


def _stored(sandbox: Sandbox, run_id: str) -> StoredRun:
    stored = sandbox.currents.run(run_id)
    if stored is None:
        raise KeyError(run_id)
    return stored


def _stored_in_buildkite(sandbox: Sandbox, run_id: str) -> StoredBuildkiteRun:
    stored = sandbox.buildkite.store.run(run_id)
    if stored is None:
        raise KeyError(run_id)
    return stored


def _failures(failures: int | Sequence[FailedExecution]) -> Failures | None:
    if isinstance(failures, int):
        tests = broken_tests(failures)
        return failing(tests) if tests else None
    given = tuple(failures)
    return (lambda _, __: given) if given else None


def _no_failures(_: str, __: BuildkiteRun) -> tuple[FailedExecution, ...]:
    return ()
