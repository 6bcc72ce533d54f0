"""The tool that says since when a cause is there."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final

from mcp_types import CallToolResult
from msgspec.structs import replace
from pydantic import Field

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.history_pages import MOST_RUNS, HistoryPosition
from runs_mcp.errors import InvalidArgument, NotFound, RunsError, UpstreamError
from runs_mcp.model import FailedTest
from runs_mcp.providers.cause_history import AskedCause
from runs_mcp.providers.tool_arguments import Cursor
from runs_mcp.server.context_functions import Ctx
from runs_mcp.server.tools.history_reading import HistoryQuestion, read_history
from runs_mcp.server.tools.progress import ReadingProgress
from runs_mcp.server.tools.run_references import RunReference, open_run
from runs_mcp.server.tools.served_tool import answer
from runs_mcp.server.tools.triage_run import Fingerprint
from runs_mcp.text import quoted
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.grouping import tests_by_cause

TestTitle = Annotated[
    str, Field(description="One failed or flaky test of the run, by its title.", max_length=1000)
]
MaxRuns = Annotated[
    int, Field(description="Earlier runs to look at, 1 to 50; 10 by default.", ge=1, le=MOST_RUNS)
]
_ROW_BYTES: Final = 700
_REQUESTS_PER_RUN: Final = 6
_NAMES_SHOWN: Final = 5


async def failure_history(
    ctx: Ctx,
    run: RunReference,
    fingerprint: Fingerprint = "",
    test: TestTitle = "",
    max_runs: MaxRuns = 10,
    cursor: Cursor = "",
) -> CallToolResult:
    """Say since when a run's failures are there: the first bad run, the last good one, the commits.

    For "since when does it fail", "which commit broke it". For all causes of the run, for one (a
    fingerprint of triage_run) or for one test, it reads the earlier runs of the same branch, and
    says on which other branches the cause is.
    """
    services = ctx.request_context.lifespan_context
    deadline = services.deadline()
    progress = ReadingProgress(ctx)
    opened = await open_run(run, services, deadline)
    # Half of the time is for the other runs.
    with deadline.reserving(deadline.seconds / 2):
        findings = await opened.reader.findings(progress.part(), causes_only=True)
    if findings.unread and len(findings.unread) == findings.failing_specs:
        raise _nothing_read(findings.unread)
    causes = await services.compute(lambda: asked_causes(findings, fingerprint, test), deadline)
    query = ("failure_history", opened.reader.reference, fingerprint, test, max_runs)
    request = PageRequest(query, cursor, services.settings.result_bytes)
    question = HistoryQuestion(
        causes,
        max_runs,
        request.budget // _ROW_BYTES,
        _REQUESTS_PER_RUN,
        HistoryPosition.of(request),
    )
    history = await read_history(
        services, opened.reader, findings, question, deadline, progress.part()
    )
    page = await services.compute(lambda: history.page(request), deadline)
    return answer(replace(page, found=opened.found))


def _nothing_read(errors: Sequence[str]) -> RunsError:
    """Returns the error for a run of which no failing spec could be read, of the usual kind."""
    kinds = {error.kind: error for error in RunsError.__subclasses__()}
    (most, *_) = Counter(errors).most_common(1)
    return kinds.get(most[0], UpstreamError)(
        f"No failing spec of the run could be read ({', '.join(counted(errors))})."
    )


def asked_causes(findings: Findings, fingerprint: str, test: str) -> list[AskedCause]:
    """Returns the causes of a run, those with the most tests first; takes long for many.

    Args:
        findings: What went wrong in the run.
        fingerprint: The only cause that is asked about; empty for all.
        test: The title of the only test, or part of it; empty for all.

    Raises:
        NotFound: The run has no such cause, or no such test that failed.
        InvalidArgument: Several tests have that title.
    """
    tests = _named(findings, test) if test else findings.failures
    causes = [
        AskedCause(cause, tuple(members), of_tests_alone=bool(test))
        for cause, members in tests_by_cause(tests)
        if fingerprint in ("", cause.fingerprint)
    ]
    if fingerprint and not causes:
        of = f" of the test {quoted(test, 120)}" if test else ""
        raise NotFound(
            f"No cause of this run{of} has the fingerprint {quoted(fingerprint, 64)}.",
            next_step="Call failure_history without fingerprint: each of its causes has one.",
        )
    return causes


def _named(findings: Findings, title: str) -> Sequence[FailedTest]:
    """Returns the tests with a title that failed, were flaky, or failed in quarantine."""
    tests = [*findings.failures, *findings.flaky, *findings.quarantined]
    words = title.strip().casefold()
    exact = [test for test in tests if test.failure.test.casefold() == words]
    matching = exact or [test for test in tests if words in test.failure.test.casefold()]
    names = list(dict.fromkeys((test.failure.test, test.failure.spec) for test in matching))
    if not names:
        raise NotFound(
            f"No test of this run with the title {quoted(title, 120)} failed or was flaky.",
            next_step="Call triage_run with the run: it names the tests.",
        )
    if len(names) > 1:
        shown = "; ".join(quoted(f"{test} ({spec})", 160) for test, spec in names[:_NAMES_SHOWN])
        raise InvalidArgument(
            f"{len(names)} tests that failed have this in their title: {shown}.",
            next_step="Pass the whole title of one of them, or a fingerprint.",
        )
    return matching
