"""The runs of the Buildkite suites in two weeks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import UNSET

from runs_mcp.sandbox.seeded import choice
from runs_mcp.sandbox.story.buildkite.e2e_runs import e2e_runs
from runs_mcp.sandbox.story.buildkite.failures import jest, pytest, rspec
from runs_mcp.sandbox.story.buildkite.failures.failed_executions import broken, failing
from runs_mcp.sandbox.story.buildkite.failures.odd import strange_failures, thin_failures
from runs_mcp.sandbox.story.buildkite.failures.other_collectors import one_of_each_collector
from runs_mcp.sandbox.story.buildkite.notable import CREW_SUITE, FREIGHT_SUITE, MIXED_SUITE
from runs_mcp.sandbox.story.buildkite.retried_runs import retried_runs, runs_of_shared_build
from runs_mcp.sandbox.story.buildkite.story_run import StoryRun, buildkite_run

_DATABASE_DOWN = ((pytest.DATABASE_DOWN, 164), (rspec.DATABASE_DOWN, 27))
KNOWN_ON_MAIN = broken((rspec.WEEKDAY, 1))


def buildkite_runs_until(now: datetime) -> Iterator[StoryRun]:
    """Yields all runs of the two weeks until now."""
    yield from _pushes_to_main(now)
    yield from _branches(now)
    yield from _unfinished(now)
    yield from _small_suites(now)
    yield from retried_runs(now)
    yield from e2e_runs(now)


def _pushes_to_main(now: datetime) -> Iterator[StoryRun]:
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


def _branches(now: datetime) -> Iterator[StoryRun]:
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
    yield from runs_of_shared_build(now)
    yield buildkite_run("twelve failures", hours(2), berths, failing(twelve))
    yield buildkite_run("passed", hours(5), "docs/api-examples")
    yield buildkite_run("stale", hours(31), "chore/ruby-4", result="stale")
    yield buildkite_run("strange strings", hours(26), names, strange_failures)
    yield buildkite_run("names after", hours(16), names)


def _unfinished(now: datetime) -> Iterator[StoryRun]:
    def minutes(number: float) -> datetime:
        return now - timedelta(minutes=number)

    failed = failing(broken((pytest.LOST_ATTRIBUTE, 2), (jest.FARE_ROUNDING, 1)))
    trips = "feat/round-trips"
    yield buildkite_run("failed so far", minutes(14), trips, failed, state="running")
    yield buildkite_run("passed so far", minutes(6), trips, state="running")
    yield buildkite_run("pending", minutes(4), state="running", result="pending")


def _small_suites(now: datetime) -> Iterator[StoryRun]:
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
    yield buildkite_run(
        "every collector",
        now - timedelta(hours=10),
        "feat/new-logger",
        one_of_each_collector,
        suite=MIXED_SUITE,
    )
