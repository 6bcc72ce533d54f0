"""A history of causes as pages within a budget. Pure functions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from runs_mcp.answers.compare_links import compare_link
from runs_mcp.answers.cursors import PageRequest, Position, bad_cursor
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.history_reports import (
    CauseReport,
    CommitRange,
    HistoryCoverage,
    HistoryReport,
    RunPoint,
    Searched,
    Seen,
)
from runs_mcp.answers.trim import Trim, trim_of
from runs_mcp.errors import Conflict
from runs_mcp.model import Run
from runs_mcp.triage.history import NO_RUN, Trace, TracedCause

MOST_RUNS: Final = 50
"""The most runs before a run that one call looks at."""


@dataclass(frozen=True)
class HistoryPosition:
    """Where a call goes on.

    Args:
        cause: The number of the first cause to look for.
        trace: Its trace in the first runs, if an earlier call had to stop there.
        runs: A digest of those runs; empty if there are none.
    """

    cause: int = 0
    trace: Trace = Trace()  # noqa: RUF009
    runs: str = ""

    @classmethod
    def of(cls, request: PageRequest) -> "HistoryPosition":
        """Returns the position in a cursor.

        Raises:
            InvalidArgument: It is not a cursor, or it is one of another query.
        """
        match request.position():
            case []:
                return cls()
            case [int(cause)] if cause >= 0:
                return cls(cause)
            case [int(cause), *numbers, str(runs)] if cause >= 0:
                return cls(cause, _trace(numbers), runs)
            case _:
                raise bad_cursor()

    def as_list(self) -> Position:
        """Returns the position for a cursor."""
        return [self.cause, *map(int, self.trace), self.runs] if self.runs else [self.cause]

    def require_same_runs(self, points: Sequence[RunPoint]) -> None:
        """Checks that the first runs are those of the earlier call.

        Raises:
            Conflict: They are not: one was deleted meanwhile.
        """
        if self.runs and digest_of(points, self.trace.runs) != self.runs:
            raise Conflict(
                "The runs before this one have changed since that cursor was given.",
                next_step="Call again without a cursor.",
            )


def _trace(numbers: Sequence[int | str]) -> Trace:
    """Returns the trace in a cursor.

    Raises:
        InvalidArgument: It is none.
    """
    match numbers:
        case [
            int(runs),
            int(seen),
            int(not_run),
            int(unread),
            int(since),
            int(last_good),
            0 | 1 as came_back,
            0 | 1 as doubtful,
        ] if (
            0 <= seen + not_run + unread <= runs <= MOST_RUNS
            and min(seen, not_run, unread) >= 0
            and 0 <= since <= runs
            and NO_RUN <= last_good <= runs
        ):
            return Trace(
                runs, seen, not_run, unread, since, last_good, bool(came_back), bool(doubtful)
            )
        case _:
            raise bad_cursor()


def digest_of(points: Sequence[RunPoint], runs: int) -> str:
    """Returns a digest of which the first runs are; the run asked about is the first point."""
    names = "\n".join(point.run for point in points[1 : runs + 1])
    return hashlib.sha256(names.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class HistoryAnswer:
    """What one call found of the history of a run's causes.

    Args:
        run: The run.
        causes: Causes in order, each with its trace. Only the last may be unfinished.
        first: The number of the first of these causes.
        total: How many causes there are.
        points: The run, and the runs before it that were to be looked at.
        has_older: Whether there are older ones still.
        runs_read: How many of them could be read.
        repository: The address of the repository, if it is known.
        searched: Which runs were looked at.
        coverage: How much could be read.
    """

    run: Run
    causes: Sequence[TracedCause]
    first: int
    total: int
    points: Sequence[RunPoint]
    has_older: bool
    runs_read: int
    repository: str
    searched: Searched
    coverage: HistoryCoverage

    def page(self, request: PageRequest) -> HistoryReport:
        """Returns the page with as many of these causes as fit."""
        return longest_page(
            len(self.causes), lambda shown: self._report(shown, request), request.budget
        )

    def _report(self, shown: int, request: PageRequest) -> HistoryReport:
        return HistoryReport(
            run=self.run,
            causes=tuple(map(self._cause, self.causes[:shown])),
            runs_read=self.runs_read,
            searched=self.searched,
            coverage=self.coverage,
            trim=self._trim(shown, request),
        )

    def _trim(self, shown: int, request: PageRequest) -> Trim:
        following = self._following(shown)
        cursor = request.cursor_after(following.as_list()) if following else ""
        reason = "older runs are still to be read" if following and following.runs else ""
        return trim_of(shown, self.total, cursor, reason=reason)

    def _following(self, shown: int) -> HistoryPosition | None:
        """Returns where the next call goes on; None at the end."""
        number = self.first + shown
        if shown == len(self.causes) and shown and self._is_unfinished(self.causes[-1]):
            trace = self.causes[-1].trace
            return HistoryPosition(number - 1, trace, digest_of(self.points, trace.runs))
        return HistoryPosition(number) if number < self.total else None

    def _is_unfinished(self, traced: TracedCause) -> bool:
        return traced.trace.runs < len(self.points) - 1

    def _cause(self, traced: TracedCause) -> CauseReport:
        trace = traced.trace
        since = self.points[trace.since]
        good = self.points[trace.last_good] if trace.last_good != NO_RUN else None
        return CauseReport(
            fingerprint=traced.cause.fingerprint,
            cause=traced.cause.cause,
            kind=traced.cause.kind,
            tests=traced.tests,
            pattern="unknown" if self._is_unclear(traced) else trace.pattern,
            since=since,
            last_good=good or UNSET,
            commits=(self._commits(good, since) if good else None) or UNSET,
            seen=Seen(runs=trace.seen, of=trace.read),
            not_run=trace.not_run,
            unread=trace.unread,
            also_on=traced.also_on,
            note=" ".join(self._notes(traced, good)),
        )

    def _is_unclear(self, traced: TracedCause) -> bool:
        """Returns whether runs that are still to be read may change what is said."""
        return self._is_unfinished(traced) and traced.trace.last_good == NO_RUN

    def _commits(self, good: RunPoint, since: RunPoint) -> CommitRange | None:
        if not good.commit or not since.commit or good.commit == since.commit:
            return None
        return CommitRange(
            range=f"{good.commit}...{since.commit}",
            url=compare_link(self.repository, good.commit, since.commit),
        )

    def _notes(self, traced: TracedCause, good: RunPoint | None) -> list[str]:
        trace, notes = traced.trace, []
        since = self.points[trace.since]
        if self._is_unfinished(traced):
            runs = f"{trace.runs} of {len(self.points) - 1} runs"
            notes.append(f"Only {runs} were looked at: next_cursor goes on.")
        if trace.runs and not trace.read:
            notes.append("None of the runs before could be read.")
        elif trace.doubtful:
            notes.append("It may have begun in a run that could not be read.")
        elif good is None and not self._is_unfinished(traced):
            notes.append(self._why_no_good_run(trace))
        if good and good.commit and good.commit == since.commit:
            notes.append("Both runs are of one commit: it did not come with a change of the code.")
        return notes

    def _why_no_good_run(self, trace: Trace) -> str:
        if len(self.points) == 1:
            return "There is no run before it."
        if not self.has_older:
            return "No earlier run ran its specs without it; there are no older ones."
        before = "It is older than the runs read" if trace.seen else "No run read ran its specs"
        further = "a larger max_runs" if len(self.points) <= MOST_RUNS else "an older run as run"
        return f"{before}: ask with {further} to look further back."
