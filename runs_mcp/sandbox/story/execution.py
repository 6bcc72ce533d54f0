"""What truly happened to one spec file in one group; every record is derived from it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

import msgspec

from runs_mcp.sandbox.currents.records import Stats
from runs_mcp.sandbox.identifiers import choice, hex_id, utc
from runs_mcp.sandbox.story.causes import Cause, Outcome
from runs_mcp.sandbox.story.spec_files import SpecFile

Progress = Literal["completed", "crashed", "running", "unclaimed"]
_START_MS, _REPORT_MS = 600, 400


class AttemptMade(msgspec.Struct, frozen=True):
    """One attempt at a test; it failed where it has a cause."""

    index: int
    duration_ms: int
    starts_after_ms: int
    cause: Cause | None


class Execution(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One spec file in one group of one run."""

    spec: SpecFile
    group_id: str
    instance_id: str
    machine_id: str
    progress: Progress
    claimed_at: datetime
    outcomes: Mapping[int, Outcome]
    retries: int
    """How often a failed test is tried again."""
    extra_screenshots: int
    """Taken by tests that passed."""
    exception: str | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether a machine took it."""
        return self.progress != "unclaimed"

    @property
    def is_complete(self) -> bool:
        """Whether it reported anything, be it that it could not run."""
        return self.progress in ("completed", "crashed")

    @property
    def has_failed(self) -> bool:
        """Whether it reported a failure."""
        return self.is_complete and (self.exception is not None or self.count("failed") > 0)

    @property
    def started_at(self) -> datetime:
        """When its first test began."""
        return self.claimed_at + timedelta(milliseconds=_START_MS)

    @property
    def completed_at(self) -> datetime:
        """When it reported its results, if it did."""
        return self.started_at + timedelta(milliseconds=self.duration_ms + _REPORT_MS)

    @cached_property
    def duration_ms(self) -> int:
        """How long its tests took, all attempts together."""
        if self.exception is not None:
            return 0
        passed = [place for place in range(len(self.spec.tests)) if place not in self.outcomes]
        return sum([self._attempt_ms(place, 0, None) for place in passed]) + sum(
            attempt.duration_ms for place in self.outcomes for attempt in self.attempts(place)
        )

    def count(self, kind: str) -> int:
        """How many tests went this way."""
        return sum([outcome.kind == kind for outcome in self.outcomes.values()])

    def retried(self) -> int:
        """How many attempts beyond the first were made."""
        return self.retries * self.count("failed") + self.count("flaky")

    def attempts(self, place: int) -> Iterator[AttemptMade]:
        """All attempts at the test; their start counts from the first attempt's."""
        outcome = self.outcomes.get(place)
        kind = "passed" if outcome is None else outcome.kind
        failed = {"failed": self.retries + 1, "flaky": 1}.get(kind, 0)
        passed = 1 if kind in ("passed", "flaky") else 0
        clock = 0
        for index in range(failed + passed):
            cause = outcome.cause if outcome and index < failed else None
            duration = self._attempt_ms(place, index, cause)
            yield AttemptMade(index, duration, clock, cause)
            clock += duration

    def _attempt_ms(self, place: int, index: int, cause: Cause | None) -> int:
        jitter = choice(f"{self.instance_id} {place} {index}", 1000)
        return 350 + 4 * jitter if cause is None else cause.attempt_ms + jitter

    @cached_property
    def stats(self) -> Stats:
        """The counts that the run and the instance carry."""
        crashed = self.exception is not None
        tests = 0 if crashed else len(self.spec.tests)
        failed, pending, skipped = (
            0 if crashed else self.count(kind) for kind in ("failed", "pending", "skipped")
        )
        duration = self.duration_ms
        return Stats(
            suites=0 if crashed else 1,
            tests=tests,
            passes=tests - failed - pending - skipped,
            pending=pending,
            skipped=skipped,
            # A spec file that could not be loaded counts as one failure of no test.
            failures=1 if crashed else failed,
            wall_clock_started_at=utc(self.started_at),
            wall_clock_ended_at=utc(self.started_at + timedelta(milliseconds=duration)),
            wall_clock_duration=duration,
        )


def outcomes_of(spec: SpecFile, went_wrong: Mapping[int, Outcome]) -> dict[int, Outcome]:
    """What went wrong, and what follows: tests never meant to run, tests not reached any more."""
    outcomes = {**went_wrong, **{place: Outcome("pending") for place in spec.pending}}
    failed = [place for place, outcome in outcomes.items() if outcome.kind == "failed"]
    if spec.is_serial and failed:
        for place in range(min(failed) + 1, len(spec.tests)):
            outcomes[place] = Outcome("skipped")
    return outcomes


def test_id(spec: SpecFile, place: int) -> str:
    """The ID that the framework gives a test, the same in every run."""
    if spec.is_playwright:
        return f"{hex_id(spec.path, 20)}-{hex_id(f'{spec.path} {spec.tests[place]}', 20)}"
    return f"r{place + 3}"
