"""What a test can ask of a sandbox's Buildkite API, and do to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UnsetType
from msgspec.structs import replace
from starlette.types import ASGIApp

from runs_mcp.sandbox.buildkite.application import buildkite_application
from runs_mcp.sandbox.buildkite.limits import RateLimits, Scope
from runs_mcp.sandbox.buildkite.records import FailedExecution, Result, Run, State
from runs_mcp.sandbox.buildkite.store import Store, StoredRun
from runs_mcp.sandbox.story.buildkite_failures import broken_tests
from runs_mcp.sandbox.story.buildkite_notable import BUILDKITE_SUITE
from runs_mcp.sandbox.story.buildkite_runs import (
    BuildkiteRun,
    Failures,
    buildkite_run,
    failing,
)
from runs_mcp.sandbox.story.buildkite_story import tell_buildkite_story


class BuildkiteSide:
    """The Buildkite half of a sandbox."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._buildkite = Store()
        self._buildkite_limits = RateLimits()
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
    ) -> str:
        """One more run, the newest of all unless created_at says otherwise; returns its ID.

        Of a number of failures (0 to 2,000), the first ones are the same tests for the same
        reasons in every run; records that are given are answered as they are. An empty build_id
        is a build of its own. What is not said is the same in every sandbox.
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
        self._buildkite.add_run(suite, added.run, added.failures)
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
        if failures is None:
            self._buildkite.change_run(run)
        else:
            changed = BuildkiteRun(stored.suite, run, _went_wrong(failures))
            self._buildkite.change_run(run, changed.failures)

    def buildkite_run_of(self, run_id: str) -> Run:
        """What is true of a run now."""
        return self._buildkite_stored(run_id).run

    def buildkite_failures_of(self, run_id: str) -> tuple[FailedExecution, ...]:
        """What failed in a run, in the API's order, with failure_expanded."""
        return tuple(self._buildkite_stored(run_id).failures())

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
        return buildkite_application(self._buildkite, self._buildkite_limits)


def _went_wrong(failures: int | Sequence[FailedExecution]) -> Failures | None:
    if isinstance(failures, int):
        tests = broken_tests(failures)
        return failing(tests) if tests else None
    given = tuple(failures)
    return (lambda _, __: given) if given else None
