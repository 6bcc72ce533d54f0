"""Two weeks of the Buildkite suites: what ran, and how it went."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.buildkite.addresses import run_url, run_web_url
from runs_mcp.sandbox.buildkite.records import FailedExecution, Result, Run, State
from runs_mcp.sandbox.identifiers import choice, hex_id, utc, uuid_id
from runs_mcp.sandbox.story import buildkite_jest as jest
from runs_mcp.sandbox.story import buildkite_pytest as pytest
from runs_mcp.sandbox.story import buildkite_rspec as rspec
from runs_mcp.sandbox.story.buildkite_failures import BrokenTest, broken, failures_of
from runs_mcp.sandbox.story.buildkite_notable import (
    BUILDKITE_SHARED_BUILD,
    BUILDKITE_SUITE,
    CREW_SUITE,
    FREIGHT_SUITE,
)
from runs_mcp.sandbox.story.buildkite_odd_failures import strange_failures, thin_failures

Failures = Callable[[str, Run], tuple[FailedExecution, ...]]
"""From a suite and a run to what failed in it."""
_DATABASE_DOWN = ((pytest.DATABASE_DOWN, 164), (rspec.DATABASE_DOWN, 27))
KNOWN_ON_MAIN = broken((rspec.WEEKDAY, 1))


def failing(tests: tuple[BrokenTest, ...]) -> Failures:
    """These tests fail."""
    return lambda suite, run: failures_of(suite, run, tests)


@dataclass(frozen=True)
class BuildkiteRun:
    """A run of a suite; what failed in it is made when somebody asks."""

    suite: str
    run: Run
    went_wrong: Failures | None = None

    @cached_property
    def _failures(self) -> tuple[FailedExecution, ...]:
        return self.went_wrong(self.suite, self.run) if self.went_wrong else ()

    def failures(self) -> tuple[FailedExecution, ...]:
        """The failed executions, the same ones every time."""
        return self._failures


def buildkite_run(
    key: str,
    created_at: datetime,
    branch: str = "main",
    went_wrong: Failures | None = None,
    *,
    suite: str = BUILDKITE_SUITE,
    run_id: str | None = None,
    state: State = "finished",
    result: Result | None = None,
    build_id: str | UnsetType | None = "",
) -> BuildkiteRun:
    """A run; what is not said follows from the key, the result from what went wrong.

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
        result=result or ("failed" if went_wrong else "passed"),
        url=run_url(suite, run_id),
        web_url=run_web_url(suite, run_id),
        build_id=build_id,
        created_at=utc(created_at),
    )
    return BuildkiteRun(suite, run, went_wrong)


def buildkite_runs_until(now: datetime) -> Iterator[BuildkiteRun]:
    """All runs of the two weeks until now."""
    yield from _pushes_to_main(now)
    yield from _branches(now)
    yield from _unfinished(now)
    yield from _small_suites(now)


def _pushes_to_main(now: datetime) -> Iterator[BuildkiteRun]:
    odd = {
        9: broken((pytest.DATABASE_DOWN, 6), (rspec.DATABASE_DOWN, 2)),
        23: broken((jest.NO_ZONE, 18)),
    }
    for at in range(40):
        created_at = now - timedelta(hours=3 + 8 * at, minutes=choice(f"buildkite {at}", 50))
        tests = KNOWN_ON_MAIN if at < 3 else odd.get(at)
        yield buildkite_run(f"main {at}", created_at, "main", failing(tests) if tests else None)
    yield buildkite_run(
        "oldest shape", now - timedelta(hours=335), "main", thin_failures, build_id=UNSET
    )


def _branches(now: datetime) -> Iterator[BuildkiteRun]:
    def hours(number: float) -> datetime:
        return now - timedelta(hours=number)

    ledger, berths, names = "feat/fare-ledger", "fix/berth-conflicts", "fix/names-with-accents"
    renamed = failing(broken((rspec.RENAMED_COLUMN, 9)))
    many = KNOWN_ON_MAIN + broken(
        *_DATABASE_DOWN,
        (rspec.RENAMED_COLUMN, 121),
        (jest.FARE_ROUNDING, 83),
        (pytest.MISSING_FIXTURE, 41),
    )
    twelve = KNOWN_ON_MAIN + broken(
        (pytest.FREE_BERTHS, 5), (rspec.PASSENGER_TWICE, 4), (jest.SHORT_NAME, 2)
    )
    yield buildkite_run("ledger 3", hours(70), ledger)
    yield buildkite_run("ledger 2", hours(44), ledger, renamed)
    yield buildkite_run("ledger 1", hours(20), ledger)
    yield buildkite_run("many failures", hours(1.5), ledger, failing(many))
    yield buildkite_run("without build", hours(27), berths, build_id=None)
    for at in range(3):
        # The same commit three times: a job was retried until it passed.
        went_wrong = failing(broken((pytest.LOST_ATTRIBUTE, 3 - at))) if at < 2 else None
        yield buildkite_run(
            f"shared {at}", hours(22 - at), berths, went_wrong, build_id=BUILDKITE_SHARED_BUILD
        )
    yield buildkite_run("twelve failures", hours(2), berths, failing(twelve))
    yield buildkite_run("passed", hours(5), "docs/api-examples")
    yield buildkite_run("stale", hours(31), "chore/ruby-4", result="stale")
    yield buildkite_run("strange strings", hours(26), names, strange_failures)
    yield buildkite_run("names after", hours(16), names)


def _unfinished(now: datetime) -> Iterator[BuildkiteRun]:
    def minutes(number: float) -> datetime:
        return now - timedelta(minutes=number)

    failed = failing(broken((pytest.LOST_ATTRIBUTE, 2), (jest.FARE_ROUNDING, 1)))
    trips = "feat/round-trips"
    yield buildkite_run("failed so far", minutes(14), trips, failed, state="running")
    yield buildkite_run("passed so far", minutes(6), trips, state="running")
    yield buildkite_run("pending", minutes(4), state="running", result="pending")


def _small_suites(now: datetime) -> Iterator[BuildkiteRun]:
    for at in range(6):
        created_at = now - timedelta(hours=7 + 50 * at)
        yield buildkite_run(f"freight main {at}", created_at, suite=FREIGHT_SUITE)
        yield buildkite_run(f"crew main {at}", created_at, suite=CREW_SUITE)
    yield buildkite_run(
        "freight failed",
        now - timedelta(hours=4),
        "feat/dangerous-goods",
        failing(broken((pytest.TOLL_ROUNDING, 17), (pytest.LOST_ATTRIBUTE, 5))),
        suite=FREIGHT_SUITE,
    )
    yield buildkite_run(
        "crew failed",
        now - timedelta(hours=6),
        "feat/shift-swap",
        failing(broken((jest.SHORT_NAME, 31))),
        suite=CREW_SUITE,
    )
