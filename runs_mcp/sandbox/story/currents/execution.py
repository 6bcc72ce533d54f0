"""The execution of a spec file in a group, from which all records are derived."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

import msgspec
from msgspec import UNSET

from runs_mcp.sandbox.currents.instance_records import TestState
from runs_mcp.sandbox.currents.records import Stats
from runs_mcp.sandbox.seeded import choice, hex_id
from runs_mcp.sandbox.story.currents.causes import End, Outcome
from runs_mcp.sandbox.story.currents.spec_files import SpecFile
from runs_mcp.sandbox.timestamps import utc

Progress = Literal["completed", "crashed", "running", "unclaimed"]
_START_MS, _REPORT_MS = 600, 400


class AttemptMade(msgspec.Struct, frozen=True):
    """An attempt at a test."""

    index: int
    duration_ms: int
    starts_after_ms: int
    end: End


class Execution(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A spec file in a group of a run."""

    spec: SpecFile
    group_id: str
    instance_id: str
    machine_id: str
    progress: Progress
    claimed_at: datetime
    outcomes: Mapping[int, Outcome]
    retries: int
    """How many times a failed test is retried."""
    extra_screenshots: int
    """The number of screenshots taken by tests that passed."""
    exception: str | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether a machine took it."""
        return self.progress != "unclaimed"

    @property
    def is_complete(self) -> bool:
        """Whether it has reported, even that it could not run."""
        return self.progress in ("completed", "crashed")

    @property
    def has_failed(self) -> bool:
        """Whether it is complete and Currents calls it failed."""
        return self.is_complete and self.stats.has_failed

    @property
    def started_at(self) -> datetime:
        """When its first test began."""
        return self.claimed_at + timedelta(milliseconds=_START_MS)

    @cached_property
    def completed_at(self) -> datetime:
        """When it reported its results, if it is complete."""
        return self.started_at + timedelta(milliseconds=self.duration_ms + _REPORT_MS)

    @property
    def known(self) -> int:
        """How many tests are known; for Cypress, none before the end."""
        is_known = self.exception is None and (self.spec.is_playwright or self.is_complete)
        return len(self.spec.tests) if is_known else 0

    @cached_property
    def done(self) -> int:
        """How many of its tests are done, from the first one on."""
        if self.progress != "running":
            return self.known if self.is_complete else 0
        return choice(f"done {self.instance_id}", 3) if self.known > 2 else 0

    @cached_property
    def duration_ms(self) -> int:
        """How long all attempts at its tests took."""
        return sum(self.test_ms(place) for place in range(self.done))

    def test_ms(self, place: int) -> int:
        """Returns how long all attempts at a test took."""
        return sum(
            self._attempt_ms(place, index, end) for index, end in enumerate(self._ends(place))
        )

    def state(self, place: int) -> TestState:
        """Returns the state of a test, as the reporter gives it."""
        outcome = self.outcomes.get(place)
        return "passed" if outcome is None else outcome.state

    def is_flaky(self, place: int) -> bool:
        """Whether a test failed before it passed."""
        outcome = self.outcomes.get(place)
        return outcome is not None and outcome.kind == "flaky"

    @property
    def flaky(self) -> int:
        """How many tests were flaky."""
        return sum(self.is_flaky(place) for place in self.outcomes if place < self.done)

    def attempts(self, place: int) -> Iterator[AttemptMade]:
        """Yields the attempts at a test; their starts are relative to the first one's."""
        clock = 0
        for index, end in enumerate(self._ends(place)):
            duration = self._attempt_ms(place, index, end)
            yield AttemptMade(index, duration, clock, end)
            clock += duration

    def _ends(self, place: int) -> list[End]:
        outcome = self.outcomes.get(place)
        return _PASSED if outcome is None else outcome.ends(self.retries)

    def _attempt_ms(self, place: int, index: int, end: End) -> int:
        if not end.ran or end == _SKIPPED:
            return 0
        jitter = choice(f"{self.instance_id} {place} {index}", 1000)
        return 350 + 4 * jitter if end.cause is None else end.cause.attempt_ms + jitter

    @cached_property
    def stats(self) -> Stats:
        """The counts in the records of the run."""
        states = [self.outcomes[place].state for place in self.outcomes if place < self.done]
        failed, pending, skipped = (
            states.count(state) for state in ("failed", "pending", "skipped")
        )
        begin = utc(self.started_at) if self.is_claimed else UNSET
        end = self.started_at + timedelta(milliseconds=self.duration_ms)
        is_cypress = not self.spec.is_playwright
        return Stats(
            suites=min(1, self.known) if is_cypress else UNSET,
            tests=self.known,
            overall=self.known,
            passes=self.done - failed - pending - skipped,
            # A spec file that cannot be loaded has one failure, which is not of a test.
            failures=failed if self.exception is None or not self.is_complete else 1,
            pending=pending,
            skipped=skipped,
            flaky=self.flaky,
            retries=self._retried() if is_cypress else UNSET,
            wall_clock_started_at=begin,
            wall_clock_ended_at=utc(end) if self.is_complete else UNSET,
            wall_clock_duration=self.duration_ms if self.is_complete else UNSET,
        )

    def _retried(self) -> int:
        beyond = (
            max(0, len(outcome.ends(self.retries)) - 1)
            for place, outcome in self.outcomes.items()
            if place < self.done
        )
        return sum(beyond)


_PASSED, _SKIPPED = [End("passed")], End("skipped")


def outcomes_of(spec: SpecFile, outcomes: Mapping[int, Outcome]) -> dict[int, Outcome]:
    """Returns these outcomes, and those of pending tests and of tests after a serial failure."""
    outcomes = {**outcomes, **{place: Outcome("pending") for place in spec.pending}}
    failed = [place for place, outcome in outcomes.items() if outcome.kind == "failed"]
    if spec.is_serial and failed:
        for place in range(min(failed) + 1, len(spec.tests)):
            outcomes[place] = Outcome("pending")
    return outcomes


def test_id(spec: SpecFile, place: int) -> str:
    """Returns the ID that the framework gives to a test, the same in every run."""
    if spec.is_playwright:
        return f"{hex_id(spec.path, 20)}-{hex_id(f'{spec.path} {spec.tests[place]}', 20)}"
    return f"r{place + 3}"
