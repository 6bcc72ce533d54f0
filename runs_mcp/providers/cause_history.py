"""Reads in which other runs a cause is, with as few requests as that takes."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from runs_mcp.errors import DeadlineExceeded, RunsError
from runs_mcp.model import FailedTest
from runs_mcp.providers.past_runs import PastRun, SpecFailures, SpecKey, SpecStates
from runs_mcp.providers.reading_at_once import read_each
from runs_mcp.providers.request_allowance import AT_ONCE, Allowance
from runs_mcp.providers.run_reader import Progress
from runs_mcp.triage.fingerprint.causes import Cause, causes_of
from runs_mcp.triage.history import Sighting, Trace

Work: TypeAlias = Callable[[Callable[[], list[Cause]]], Awaitable[list[Cause]]]
"""Returns what a function makes, in a thread."""


@dataclass(frozen=True)
class AskedCause:
    """A cause of the run asked about.

    Args:
        cause: The cause.
        tests: The tests of the run that failed for it.
        of_tests_alone: Whether it counts in these tests alone, not in others of their specs.
    """

    cause: Cause
    tests: tuple[FailedTest, ...]
    of_tests_alone: bool = False

    @cached_property
    def specs(self) -> list[SpecKey]:
        """Returns the specs with such tests, those with the most of them first."""
        counts = Counter(
            SpecKey(test.failure.spec, test.group, is_only_group=not test.failure.group)
            for test in self.tests
        )
        return [spec for spec, _ in counts.most_common()]

    def is_among(self, tests: Sequence[FailedTest], causes: Sequence[Cause]) -> bool:
        """Returns whether one of these tests failed for it."""
        return any(
            cause.fingerprint == self.cause.fingerprint
            and (not self.of_tests_alone or test.failure.test in self._titles)
            for test, cause in zip(tests, causes, strict=True)
        )

    @cached_property
    def _titles(self) -> frozenset[str]:
        return frozenset(test.failure.test for test in self.tests)


class CauseHistory:
    """Looks for causes in other runs; each run, and each spec of it, is read once.

    Args:
        runs: The runs, newest first.
        asked: The causes that will be looked for.
        allowance: How many requests that may take.
        work: Works on what was read in a thread.
        progress: Called after each run.
    """

    def __init__(
        self,
        runs: Sequence[PastRun],
        asked: Iterable[AskedCause],
        allowance: Allowance,
        work: Work,
        progress: Progress,
    ) -> None:
        specs = frozenset(spec for cause in asked for spec in cause.specs)
        self._looks = [_Look(run, specs, allowance, work) for run in runs]
        self._allowance = allowance
        self._progress = progress

    async def trace(self, cause: AskedCause, start: Trace) -> Trace:
        """Returns the trace of a cause, as far as requests and time allow.

        Args:
            cause: The cause.
            start: Its trace in the first runs, from an earlier call.
        """
        looks = self._looks[start.runs :]
        await self._load(looks)
        loaded = [look.states for look in looks if look.states]
        # A spec that is in none of these runs is a new one: no run can have run it.
        old = {spec for states in loaded for spec in states.completed | states.suspect}
        specs = [spec for spec in cause.specs if spec in old]
        trace = start
        while looks:
            at_once = self._allowance.share(len(cause.specs))
            for sighting in await _sightings(looks[:at_once], cause, specs):
                if sighting is None:
                    return trace
                trace = trace.then(sighting)
            looks = looks[at_once:]
        return trace

    async def places_of(self, cause: AskedCause) -> tuple[list[PastRun], bool]:
        """Returns the runs that have a cause, and whether this is known of all runs."""
        await self._load(self._looks)
        sightings = await _sightings(self._looks, cause, cause.specs)
        found = [
            look.run
            for look, sighting in zip(self._looks, sightings, strict=True)
            if sighting == "present"
        ]
        return found, not {None, "unread"} & {*sightings}

    def runs_read(self) -> list[PastRun]:
        """Returns the runs that could be read, the newest first."""
        return [look.run for look in self._looks if look.states is not None]

    def errors(self) -> list[str]:
        """Returns for each run, and each spec of one, that could not be read, the kind of error."""
        return [error for look in self._looks for error in look.errors]

    async def _load(self, looks: Sequence["_Look"]) -> None:
        waiting = [look for look in looks if not look.is_loaded]
        done = len(self._looks) - len(waiting)

        async def load(look: _Look) -> None:
            nonlocal done
            await look.load()
            done += 1
            await self._progress(done, len(self._looks))

        await read_each(waiting, load, AT_ONCE)


async def _sightings(
    looks: Sequence["_Look"], cause: AskedCause, needed: Sequence[SpecKey]
) -> list[Sighting | None]:
    """Returns what each run shows of a cause; see `_Look.sighting`."""
    sightings: dict[int, Sighting | None] = {}

    async def look_at(place: int) -> None:
        sightings[place] = await looks[place].sighting(cause, needed)

    await read_each(range(len(looks)), look_at, AT_ONCE)
    return [sightings[place] for place in range(len(looks))]


class _Failures(NamedTuple):
    """Failures, and the cause of each."""

    read: SpecFailures
    causes: list[Cause]


class _Look:
    """What was read of one run so far."""

    def __init__(
        self, run: PastRun, specs: frozenset[SpecKey], allowance: Allowance, work: Work
    ) -> None:
        self.run = run
        self.states: SpecStates | None = None
        self.errors: list[str] = []
        self._specs = specs
        self._allowance = allowance
        self._work = work
        self._failures: dict[SpecKey, _Failures | None] = {}
        self._of_whole_run: _Failures | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the run was read, or cannot be."""
        return self.states is not None or bool(self.errors)

    async def load(self) -> None:
        """Reads how the specs ended, if a request may be made for it."""
        if not self._allowance.take():
            return
        try:
            self.states = await self.run.states(self._specs)
        except DeadlineExceeded:
            self._allowance.is_late = True
        except RunsError as error:
            self.errors.append(error.kind)

    async def sighting(self, cause: AskedCause, needed: Sequence[SpecKey]) -> Sighting | None:
        """Returns what the run shows of a cause; None if no more may be read.

        Args:
            cause: The cause.
            needed: The specs that must have run to their end for it to be absent.
        """
        if self.states is None:
            return "unread" if self.errors else None
        is_whole = True
        for spec in cause.specs:
            if spec not in self.states.suspect:
                continue
            if spec not in self._failures and not await self._read(spec):
                return None
            failures = self._failures[spec]
            if failures is None:
                is_whole = False
                continue
            if cause.is_among(failures.read.tests, failures.causes):
                return "present"
            is_whole = is_whole and failures.read.is_complete
        if not is_whole:
            return "unread"
        ran = bool(needed) and self.states.completed.issuperset(needed)
        return "absent" if ran else "not_run"

    async def _read(self, spec: SpecKey) -> bool:
        """Reads the failures of a spec; returns False if no more may be read."""
        if self._of_whole_run:
            self._failures[spec] = self._of_whole_run
            return True
        if not self._allowance.take():
            return False
        try:
            read = await self.run.failures_of(spec)
            texts = [test.text for test in read.tests]
            failures = _Failures(read, await self._work(lambda: causes_of(texts)))
            self._failures[spec] = failures
            self._of_whole_run = failures if read.of_whole_run else None
        except DeadlineExceeded:
            self._allowance.is_late = True
            return False
        except RunsError as error:
            self.errors.append(error.kind)
            self._failures[spec] = None
        return True
