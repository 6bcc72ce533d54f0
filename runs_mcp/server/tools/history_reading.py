"""Reads since when the causes of a run are there."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from runs_mcp.answers.history_pages import HistoryAnswer, HistoryPosition
from runs_mcp.answers.history_reports import HistoryCoverage, RunPoint, Searched
from runs_mcp.deadline import Deadline
from runs_mcp.errors import DeadlineExceeded, RunsError
from runs_mcp.model import Run
from runs_mcp.providers.cause_history import AskedCause, CauseHistory, Work
from runs_mcp.providers.past_runs import EarlierRuns, PastRun
from runs_mcp.providers.request_allowance import Allowance
from runs_mcp.providers.run_reader import Progress, RunReader, no_progress
from runs_mcp.services import Services
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.fingerprint.causes import Cause
from runs_mcp.triage.history import Trace, TracedCause

_OTHER_BRANCHES: Final = 5
_LEAST_REQUESTS: Final = 2
"""For each run to look at, however many the run asked about took."""


class HistoryQuestion(NamedTuple):
    """What is asked of the history of a run's causes.

    Args:
        causes: The causes, in order.
        max_runs: How many runs before the run to look at.
        max_causes: How many causes to look for in one call.
        requests_per_run: How many requests that may take for each run to look at, those for the
            run asked about among them.
        position: Where an earlier call stopped.
    """

    causes: Sequence[AskedCause]
    max_runs: int
    max_causes: int
    requests_per_run: int
    position: HistoryPosition = HistoryPosition()


async def read_history(
    services: Services,
    reader: RunReader,
    findings: Findings,
    question: HistoryQuestion,
    deadline: Deadline,
    progress: Progress,
) -> HistoryAnswer:
    """Reads the runs before a run, and returns what they tell of its causes.

    Args:
        services: What the call works with.
        reader: The reader of the run.
        findings: What went wrong in it.
        question: What is asked.
        deadline: The deadline of the call.
        progress: Whom to tell how far it is.

    Raises:
        RunsError: The runs before it cannot be listed, or could not be read in time.
        Conflict: They have changed since an earlier call.
    """
    position, run = question.position, findings.run
    wanted = question.causes[position.cause :]
    earlier = await reader.earlier_runs(question.max_runs) if wanted else EarlierRuns(())
    points = [_point(run, reader.reference, run.branch)]
    points += [_point(past.run, past.reference, run.branch) for past in earlier.runs]
    position.require_same_runs(points)

    async def work(make: Callable[[], list[Cause]]) -> list[Cause]:
        return await services.compute(make, deadline)

    reading = _Reading(reader, question, earlier, work)
    traced = await reading.trace(wanted, progress)
    if earlier.runs and traced and traced[0].trace.runs == position.trace.runs:
        raise DeadlineExceeded(
            f"The runs before it could not be read within {deadline.seconds:g} s, the deadline of "
            "one call.",
            next_step="Ask again with the fingerprint of one cause; the operator can raise "
            "RUNS_MCP_TIMEOUT_S.",
        )
    elsewhere = await reading.look_elsewhere(wanted[: len(traced)])
    errors = [*findings.unread, *reading.errors]
    return HistoryAnswer(
        run=run,
        causes=[
            cause._replace(also_on=tuple(elsewhere.get(cause.cause.fingerprint, ())))
            for cause in traced
        ],
        first=position.cause,
        total=len(question.causes),
        points=points,
        has_older=earlier.has_more,
        runs_read=position.trace.read + reading.runs_read,
        repository=await reader.repository(),
        searched=reading.searched(run.branch, points),
        coverage=HistoryCoverage(
            failing_specs=findings.failing_specs,
            inspected=findings.failing_specs - len(findings.unread),
            unread=len(reading.errors),
            why=counted(errors) or UNSET,
        ),
    )


def _point(run: Run, reference: str, branch: str) -> RunPoint:
    return RunPoint(
        run=reference,
        created_at=run.created_at,
        branch=run.branch if run.branch != branch else "",
        commit=run.commit,
        author=run.author,
    )


class _Reading:
    """One call's reading of other runs."""

    def __init__(
        self, reader: RunReader, question: HistoryQuestion, earlier: EarlierRuns, work: Work
    ) -> None:
        self._reader = reader
        self._question = question
        self._earlier = earlier
        self._work = work
        self._others: tuple[PastRun, ...] = ()
        self._remarks = [*earlier.remarks]
        self._looked_at = 0
        self.runs_read = 0
        self.errors: list[str] = []
        runs, made = question.max_runs, reader.requests
        first = question.causes[question.position.cause :][:1]
        specs = sum(len(cause.specs) for cause in first)
        self._allowance = Allowance(
            max(
                question.requests_per_run * runs,
                2 * made,  # A run of many specs has a history of many.
                made + _LEAST_REQUESTS * runs + specs,
            ),
            lambda: reader.requests,
        )

    async def trace(self, wanted: Sequence[AskedCause], progress: Progress) -> list[TracedCause]:
        """Returns the traces of causes, as far as requests and time allow: at least one.

        Only if it is the only one, a trace may end before the last run.
        """
        wanted = wanted[: self._question.max_causes]
        runs = self._earlier.runs
        if len(wanted) == 1 and wanted[0].of_tests_alone:
            runs = await self._reader.with_test_history(runs, wanted[0].tests)
        history = CauseHistory(runs, wanted, self._allowance, self._work, progress)
        traced: list[TracedCause] = []
        for number, cause in enumerate(wanted):
            start = Trace() if number else self._question.position.trace
            trace = await history.trace(cause, start)
            is_whole = trace.runs == len(runs)
            if is_whole or not traced:
                self._looked_at = max(self._looked_at, trace.runs)
                traced.append(TracedCause(cause.cause, len(cause.tests), trace))
            if not is_whole:
                break
        self.runs_read = len(history.runs_read())
        self.errors += history.errors()
        return traced

    async def look_elsewhere(self, causes: Sequence[AskedCause]) -> dict[str, list[str]]:
        """Returns for the fingerprint of each cause the other branches that have it."""
        found: dict[str, list[str]] = {}
        is_complete = not causes
        if causes and self._allowance.take():
            try:
                self._others = await self._reader.other_branches(_OTHER_BRANCHES)
            except RunsError as error:
                self.errors.append(error.kind)
            else:
                is_complete = True
        history = CauseHistory(self._others, causes, self._allowance, self._work, no_progress)
        for cause in causes:
            places, is_known = await history.places_of(cause)
            found[cause.cause.fingerprint] = [place.run.branch for place in places]
            is_complete = is_complete and is_known
        self._others = tuple(history.runs_read())
        self.errors += history.errors()
        if not is_complete:
            self._remarks.append("not all other branches could be looked at")
        return found

    def searched(self, branch: str, points: Sequence[RunPoint]) -> Searched:
        """Returns which runs were looked at."""
        looked_at = points[1 : self._looked_at + 1]
        return Searched(
            branch=branch,
            then=self._earlier.then,
            from_=looked_at[-1].created_at if looked_at else "",
            to=looked_at[0].created_at if looked_at else "",
            other_branches=tuple(other.run.branch for other in self._others),
            remarks=tuple(self._remarks),
        )
