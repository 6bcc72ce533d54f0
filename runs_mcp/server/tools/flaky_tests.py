"""The tool that says which tests are flaky."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from mcp_types import CallToolResult
from pydantic import Field

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.flaky_reports import FlakyAnswer, FlakySearched
from runs_mcp.errors import RunsError
from runs_mcp.providers.flaky_reading import FlakyReading, read_flaky_tests
from runs_mcp.providers.project_reader import FlakyStatistics, ProjectReader, RecentRuns, Window
from runs_mcp.providers.request_allowance import Allowance
from runs_mcp.providers.tool_arguments import Cursor
from runs_mcp.server.context_functions import Ctx
from runs_mcp.server.tools.progress import ReadingProgress
from runs_mcp.server.tools.project_references import ProjectReference, open_project
from runs_mcp.server.tools.served_tool import answer
from runs_mcp.triage.findings import counted
from runs_mcp.triage.flakiness import flakiness_of

_DAYS: Final = 14
_RUNS: Final = 20
_REQUESTS: Final = 6
"""For each run to read."""

Branch = Annotated[
    str, Field(description="By default the project's default branch.", max_length=250)
]
Days = Annotated[int, Field(description="Days back, 14 by default, at most 90.", ge=1, le=90)]
MaxRuns = Annotated[
    int,
    Field(
        description="Read so many of the latest runs, 1 to 50, not the provider's statistics.",
        ge=0,
        le=50,
    ),
]
Limit = Annotated[int, Field(description="Tests a page, 10 by default.", ge=1, le=50)]


async def flaky_tests(
    ctx: Ctx,
    project: ProjectReference,
    branch: Branch = "",
    days: Days = _DAYS,
    max_runs: MaxRuns = 0,
    limit: Limit = 10,
    cursor: Cursor = "",
) -> CallToolResult:
    """List the flaky tests of a branch: which passed only on a retry, how often, the last error.

    Those flaky most often come first, for each browser or other group apart. Counts are the
    provider's own statistics where it has them, else those of the latest runs; the answer says
    which.
    """
    services = ctx.request_context.lifespan_context
    deadline = services.deadline()
    reader = open_project(project, services, deadline)
    query = ("flaky_tests", reader.reference, branch, days, max_runs, limit)
    request = PageRequest(query, cursor, services.settings.result_bytes)
    first = request.rows_before()
    now = datetime.now(UTC)
    window = Window(branch, _as_text(now - timedelta(days=days)), _as_text(now))
    found = None if max_runs else await _statistics(reader, window, first, limit)
    if found is None:
        progress = ReadingProgress(ctx).part()
        recent = await reader.recent_runs(window, max_runs or _RUNS)
        allowance = Allowance(_REQUESTS * (max_runs or _RUNS), lambda: reader.requests)
        read = await read_flaky_tests(recent.runs, allowance, progress)
        found = await services.compute(lambda: _from_runs(reader.reference, recent, read), deadline)
    result = found
    return answer(await services.compute(lambda: result.page(request, limit), deadline))


async def _statistics(
    reader: ProjectReader, window: Window, first: int, limit: int
) -> FlakyAnswer | None:
    """Returns what the provider's own statistics say; None if there are none for this key."""
    try:
        found = await reader.flaky_statistics(window)
    except RunsError as error:
        # Not every plan, and not every key, has them; an API in trouble is another matter.
        if error.retryable:
            raise
        return None
    if found is None:
        return None
    return await _with_last_errors(reader, window, found, slice(first, first + limit))


async def _with_last_errors(
    reader: ProjectReader, window: Window, found: FlakyStatistics, shown: slice
) -> FlakyAnswer:
    tests = list(found.tests)
    tests[shown] = await reader.with_last_errors(window, found.branch, tests[shown])
    searched = FlakySearched(
        source="statistics",
        project=reader.reference,
        branch=found.branch,
        from_=window.since,
        to=window.until,
        remarks=found.remarks,
    )
    return FlakyAnswer(tests, None, searched)


def _from_runs(project: str, recent: RecentRuns, read: FlakyReading) -> FlakyAnswer:
    """Returns what the latest runs themselves say."""
    remarks = [*recent.remarks]
    if read.unread:
        remarks.append(f"could not be read: {', '.join(counted(read.unread))}")
    times = [run.created_at for run in read.outcomes]
    searched = FlakySearched(
        source="runs",
        project=project,
        branch=recent.branch,
        from_=min(times, default=""),
        to=max(times, default=""),
        remarks=tuple(remarks),
    )
    not_read = read.left_out + len(read.unread)
    left_out = f"{not_read} runs or specs were not read" if not_read else ""
    return FlakyAnswer(flakiness_of(read.outcomes), len(read.outcomes), searched, left_out)


def _as_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
