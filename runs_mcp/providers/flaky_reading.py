"""Reads which tests were flaky in some runs, with as few requests as that takes."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from runs_mcp.errors import DeadlineExceeded, RunsError
from runs_mcp.providers.past_runs import PastRun, SpecKey
from runs_mcp.providers.reading_at_once import read_each
from runs_mcp.providers.request_allowance import AT_ONCE, Allowance
from runs_mcp.providers.run_reader import Progress
from runs_mcp.triage.flakiness import RunOutcome

if TYPE_CHECKING:
    from runs_mcp.model import FailedTest


class FlakyReading(NamedTuple):
    """What was read of some runs.

    Args:
        outcomes: What each run that could be read shows, the newest first.
        unread: For each run or spec that could not be read, the kind of error.
        left_out: How many runs and specs were not read, as that takes too many requests or too
            long.
    """

    outcomes: list[RunOutcome]
    unread: list[str]
    left_out: int


async def read_flaky_tests(
    runs: Sequence[PastRun], allowance: Allowance, progress: Progress
) -> FlakyReading:
    """Reads the tests that were flaky in these runs, and in which of them they failed.

    First the specs with flaky tests are read; then those specs in the runs where they failed.

    Args:
        runs: The runs, newest first.
        allowance: How many requests that may take.
        progress: Called after each run.
    """
    looks = [_Look(run, allowance) for run in runs]
    done = 0

    async def load(look: _Look) -> None:
        nonlocal done
        await look.load()
        done += 1
        await progress(done, len(looks))

    await read_each(looks, load, AT_ONCE)
    await _read((look, spec) for look in looks for spec in sorted(look.flaky))
    flaky = {spec for look in looks for spec in look.flaky}
    failed = [(look, spec) for look in looks for spec in sorted(await look.suspect(flaky))]
    await _read(failed)
    names = {
        SpecKey(test.failure.spec, test.group, is_only_group=False)
        for look in looks
        for test in look.tests
        if test.failure.status == "flaky"
    }
    return FlakyReading(
        [await look.outcome(names) for look in looks if look.is_loaded],
        [error for look in looks for error in look.errors],
        sum(look.left_out for look in looks),
    )


async def _read(wanted: Iterable[tuple["_Look", SpecKey]]) -> None:
    async def read(place: tuple[_Look, SpecKey]) -> None:
        look, spec = place
        await look.read(spec)

    await read_each(wanted, read, AT_ONCE)


class _Look:
    """What was read of one run so far."""

    def __init__(self, run: PastRun, allowance: Allowance) -> None:
        self._run = run
        self._allowance = allowance
        self._read: set[SpecKey] = set()
        self.is_loaded = False
        self.flaky: frozenset[SpecKey] = frozenset()
        self.tests: list[FailedTest] = []
        self.errors: list[str] = []
        self.left_out = 0

    async def load(self) -> None:
        """Reads which specs have flaky tests."""
        if not self._allowance.take():
            self.left_out += 1
            return
        try:
            self.flaky = await self._run.flaky_specs()
            self.is_loaded = True
        except DeadlineExceeded:
            self._stop()
        except RunsError as error:
            self.errors.append(error.kind)

    async def suspect(self, specs: Iterable[SpecKey]) -> frozenset[SpecKey]:
        """Returns those of some specs that may have failed, and were not read."""
        if not self.is_loaded:
            return frozenset()
        return (await self._run.states(frozenset(specs))).suspect - self._read

    async def read(self, spec: SpecKey) -> None:
        """Reads the failures of a spec."""
        if not self._allowance.take():
            self.left_out += 1
            return
        self._read.add(spec)
        try:
            self.tests += (await self._run.failures_of(spec)).tests
        except DeadlineExceeded:
            self._stop()
        except RunsError as error:
            self.errors.append(error.kind)

    async def outcome(self, specs: Iterable[SpecKey]) -> RunOutcome:
        """Returns what the run shows, and which of these specs it ran to their end."""
        completed = (await self._run.states(frozenset(specs))).completed
        return RunOutcome(
            self._run.reference,
            self._run.run.created_at,
            tuple(self.tests),
            frozenset((spec.spec, spec.group) for spec in completed),
        )

    def _stop(self) -> None:
        self._allowance.is_late = True
        self.left_out += 1
