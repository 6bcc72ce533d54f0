"""Since when a cause is there: what the runs before a run show of it. Pure functions."""

from typing import Final, Literal, NamedTuple

from runs_mcp.triage.fingerprint.causes import Cause

Sighting = Literal["present", "absent", "not_run", "unread"]
"""What a run shows of a cause.

It is present, also in a flaky test; absent from specs that ran to their end; those specs did not
all run; or it cannot be told, since something could not be read.
"""
Pattern = Literal["new", "since", "intermittent", "always", "unknown"]

NO_RUN: Final = -1
"""In place of the position of a run where there is none."""


class Trace(NamedTuple):
    """A cause in the runs before the one asked about, from the newest as far as they were read.

    A position is the number of a run, 1 for the newest; 0 is the run asked about.

    Args:
        runs: How many runs were looked at.
        seen: In how many of them the cause is.
        not_run: In how many not all of its specs ran.
        unread: In how many it cannot be told.
        since: The position of the oldest run of the unbroken stretch that has the cause.
        last_good: The position of the newest run before that stretch which ran the specs without
            it; `NO_RUN` if none was found.
        came_back: Whether a run before `last_good` has the cause.
        doubtful: Whether a run that cannot be told lies after `last_good`.
    """

    runs: int = 0
    seen: int = 0
    not_run: int = 0
    unread: int = 0
    since: int = 0
    last_good: int = NO_RUN
    came_back: bool = False
    doubtful: bool = False

    def then(self, sighting: Sighting) -> "Trace":
        """Returns the trace with the next older run."""
        runs = self.runs + 1
        is_open = self.last_good == NO_RUN
        match sighting:
            case "present":
                return self._replace(
                    runs=runs,
                    seen=self.seen + 1,
                    since=runs if is_open else self.since,
                    came_back=self.came_back or not is_open,
                )
            case "absent":
                return self._replace(runs=runs, last_good=runs if is_open else self.last_good)
            case "not_run":
                return self._replace(runs=runs, not_run=self.not_run + 1)
            case "unread":
                return self._replace(
                    runs=runs, unread=self.unread + 1, doubtful=self.doubtful or is_open
                )

    @property
    def read(self) -> int:
        """How many runs were read: those where it can be told."""
        return self.runs - self.unread

    @property
    def pattern(self) -> Pattern:
        """How the cause comes and goes, as far as the runs tell.

        `intermittent` if it was gone in between; `new` if only the run asked about has it, and
        `since` if a stretch of runs has, each after a run without it; `always` if all runs have it
        that ran its specs; `unknown` if no run before ran them, or one that could not be read may
        be where the cause began.
        """
        if self.came_back:
            return "intermittent"
        if self.doubtful or (self.last_good == NO_RUN and not self.seen):
            return "unknown"
        if self.last_good == NO_RUN:
            return "always"
        return "since" if self.since else "new"


class TracedCause(NamedTuple):
    """A cause of a run, and where else it is.

    Args:
        cause: The cause.
        tests: How many tests of the run failed for it.
        trace: The runs before.
        also_on: The other branches whose newest completed run has it.
    """

    cause: Cause
    tests: int
    trace: Trace
    also_on: tuple[str, ...] = ()
