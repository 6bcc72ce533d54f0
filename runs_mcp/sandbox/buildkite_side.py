"""What a test can ask of a sandbox's Buildkite API, and do to it."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UnsetType
from msgspec.structs import replace
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp

from runs_mcp.sandbox.buildkite.application import buildkite_application
from runs_mcp.sandbox.buildkite.builds import Build, Job
from runs_mcp.sandbox.buildkite.limits import RateLimits, Scope
from runs_mcp.sandbox.buildkite.paging import PageForm
from runs_mcp.sandbox.buildkite.records import FailedExecution, Result, Run, State
from runs_mcp.sandbox.buildkite.store import Failures, Store, StoredRun
from runs_mcp.sandbox.buildkite.test_metrics import MeasuredTest
from runs_mcp.sandbox.buildkite.test_query import TestQuery
from runs_mcp.sandbox.story.buildkite.failures import broken_tests, failing
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_SUITE
from runs_mcp.sandbox.story.buildkite.retries import late_upload
from runs_mcp.sandbox.story.buildkite.run import buildkite_run
from runs_mcp.sandbox.story.buildkite.story import tell_buildkite_story


class BuildkiteSide:
    """The Buildkite half of a sandbox."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._buildkite = Store()
        self._buildkite_limits = RateLimits()
        self._buildkite_pages = PageForm()
        self._buildkite_runs_added = 0
        tell_buildkite_story(self._buildkite, now)

    def add_buildkite_run(
        self,
        *,
        failures: int | Sequence[FailedExecution] = 0,
        suite: str = BUILDKITE_SUITE,
        branch: str = "main",
        run_id: str | None = None,
        state: State = "finished",
        result: Result | None = None,
        build_id: str | UnsetType | None = "",
        created_at: datetime | None = None,
        mended: int = 0,
    ) -> str:
        """One more run, the newest of all unless created_at says otherwise; returns its ID.

        Of a number of failures (0 to 2,000), the first ones are the same tests for the same
        reasons in every run; records that are given are answered as they are. An empty build_id
        is a build of its own. The tests of so many failures as are mended passed when their job
        ran them again. What is not said is the same in every sandbox.
        """
        self._buildkite_runs_added += 1
        number = self._buildkite_runs_added
        added = buildkite_run(
            f"added {number}",
            created_at or self._now - timedelta(minutes=2) + timedelta(seconds=number),
            branch,
            _went_wrong(failures),
            suite=suite,
            run_id=run_id,
            state=state,
            result=result,
            build_id=build_id,
        )
        again = frozenset(failure.test_id for failure in added.failures()[:mended])
        self._buildkite.add_run(dataclasses.replace(added, mended=again))
        return added.run.id

    def change_buildkite_run(
        self,
        run_id: str,
        *,
        state: State | None = None,
        result: Result | None = None,
        failures: int | Sequence[FailedExecution] | None = None,
    ) -> None:
        """Let a run go on: finish, fail, or run again after a late upload."""
        stored = self._buildkite_stored(run_id)
        run = replace(
            stored.run, state=state or stored.run.state, result=result or stored.run.result
        )
        changed = None if failures is None else _went_wrong(failures) or _nothing
        self._buildkite.change_run(stored.changed(run, changed))

    def let_buildkite_upload_arrive(self) -> None:
        """Let the late upload of LATE_UPLOAD be processed: its build ends then, and passes."""
        self._buildkite.change_run(late_upload(self._now, has_arrived=True))

    def buildkite_run_of(self, run_id: str) -> Run:
        """What is true of a run now."""
        return self._buildkite_stored(run_id).run

    def buildkite_failures_of(self, run_id: str) -> tuple[FailedExecution, ...]:
        """What failed in a run, in the API's order, with failure_expanded."""
        return tuple(self._buildkite_stored(run_id).failures())

    def buildkite_tests_of(self, build_id: str) -> tuple[MeasuredTest, ...]:
        """The tests of a build with their metrics, slowest first, as the API lists them."""
        runs = self._buildkite.runs_of_build(build_id)
        if not runs:
            raise KeyError(build_id)
        executions = [one for stored in runs for one in stored.executions()]
        return tuple(TestQuery(QueryParams()).of(executions))

    def buildkite_build(self, build_id: str) -> tuple[Build, tuple[Job, ...]]:
        """A build as it is now, and all its jobs, retried ones among them."""
        found = self._buildkite.build(build_id)
        if found is None:
            raise KeyError(build_id)
        return found[0], tuple(found[1])

    def buildkite_build_of(self, run_id: str) -> tuple[Build, tuple[Job, ...]]:
        """The build of a run as it is now, and all its jobs, retried ones among them."""
        build_id = self._buildkite_stored(run_id).run.build_id
        if not isinstance(build_id, str):
            raise KeyError(f"the run {run_id} is of no build")
        return self.buildkite_build(build_id)

    def shorten_buildkite_pages(self, to: int | None) -> None:
        """Let every page of every list have so many items at most, whatever is asked for.

        Pages are counted by what they have, so that rel=next leads to all items; None: no more.
        """
        if to is not None and to < 1:
            raise ValueError("a page has 1 item at least")
        self._buildkite_pages.at_most = to

    def shape_buildkite_links(
        self, *, tokens: bool = True, rels: Sequence[str] = ("next", "last", "prev", "first")
    ) -> None:
        """Leave tokens out of Link URLs, or links of other relations out of the header."""
        self._buildkite_pages.tokens = tokens
        self._buildkite_pages.rels = tuple(rels)

    def limit_buildkite(self, scope: Scope, remaining: int, reset_s: int) -> None:
        """Spend a limit: after so many more requests, answer 429 until reset_s have passed."""
        self._buildkite_limits.spend(scope, remaining=remaining, reset_s=reset_s)

    def lift_buildkite_limits(self) -> None:
        """Refuse nobody any more, and begin to count anew."""
        self._buildkite_limits.lift()

    def let_buildkite_limits_age(self, seconds: float) -> None:
        """Let time pass for the limits alone, so that no test need wait for a reset."""
        self._buildkite_limits.advance(seconds)

    def _buildkite_stored(self, run_id: str) -> StoredRun:
        stored = self._buildkite.run(run_id)
        if stored is None:
            raise KeyError(run_id)
        return stored

    def _buildkite_application(self) -> ASGIApp:
        return buildkite_application(self._buildkite, self._buildkite_limits, self._buildkite_pages)


def _went_wrong(failures: int | Sequence[FailedExecution]) -> Failures | None:
    if isinstance(failures, int):
        tests = broken_tests(failures)
        return failing(tests) if tests else None
    given = tuple(failures)
    return (lambda _, __: given) if given else None


def _nothing(_: str, __: Run) -> tuple[FailedExecution, ...]:
    return ()
