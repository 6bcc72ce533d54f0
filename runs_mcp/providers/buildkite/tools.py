"""The tools for Buildkite Test Engine, in its own terms."""

import re
from typing import Annotated, Final, NamedTuple, TypeAlias, TypeVar

from pydantic import Field

from runs_mcp.answers.cursors import PageRequest, bad_cursor
from runs_mcp.answers.reports import FailureList, RunList, RunStatus, SuiteList, odd_records
from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.trim import trim_of
from runs_mcp.errors import RunsError
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import (
    FIRST_POSITION,
    MAX_LIMIT,
    BuildkitePage,
    ListPosition,
)
from runs_mcp.providers.buildkite.mapping.failed_executions import FailedExecution
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
    buildkite_build,
    buildkite_organization,
    buildkite_run,
    buildkite_suite,
)
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.tool_arguments import Cursor

_POSITION: Final = re.compile(r"(?:100|[1-9][0-9]?)\.[1-9][0-9]{0,8}\.[0-9]{1,3}")
_TOTAL: Final = re.compile(r"[0-9]{1,9}")
_TOTAL_UNKNOWN: Final = "How many failed executions there are in all is not known: {}."
_NOTHING_LISTED: Final = (
    "The run has failed, but the API lists no failed execution of it; "
    "triage_run names interrupted tests."
)

_NOTHING_READ: Final[BuildkitePage[FailedExecution]] = BuildkitePage((), (), (), FIRST_POSITION, 0)

T = TypeVar("T")
BuildkiteCall: TypeAlias = Call[BuildkiteSettings]

Organization = Annotated[
    str, Field(description="Organization slug; the configured one by default.", max_length=128)
]
SuiteName = Annotated[
    str,
    Field(
        description="Suite slug, or a dashboard URL in it; the configured one by default.",
        max_length=2048,
    ),
]
RunId = Annotated[
    str, Field(description="Run UUID, or the run's dashboard URL as pasted.", max_length=2048)
]
BuildId = Annotated[
    str, Field(description="Only runs of this Buildkite build: its UUID.", max_length=64)
]
Limit = Annotated[int, Field(description="At most this many.", ge=1, le=MAX_LIMIT)]
IncludeExpanded = Annotated[
    bool, Field(description="Add to each the whole message, its frame and stack.")
]


async def buildkite_list_suites(
    call: BuildkiteCall, organization: Organization = "", limit: Limit = 20, cursor: Cursor = ""
) -> SuiteList:
    """List the test suites of a Buildkite organization.

    Start here when no suite is known.
    """
    slug = buildkite_organization(organization, call.own.organization)
    page = call.page(cursor, ("buildkite_list_suites", slug))
    listed = await _client(call).list_suites(slug, _start(page, limit))
    return await call.list_page(
        _with_cursors(listed, limit),
        lambda suites, next_cursor: SuiteList(
            suites=suites, next_cursor=next_cursor, **odd_records(listed.unreadable)
        ),
        page,
        has_more=listed.next is not None or len(listed.items) > limit,
    )


async def buildkite_list_runs(
    call: BuildkiteCall,
    organization: Organization = "",
    suite: SuiteName = "",
    build_id: BuildId = "",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> RunList:
    """List the runs of a Buildkite test suite, newest first.

    A run that passed is final only when its completion is complete: its note says so.
    """
    where = buildkite_suite(organization, suite, call.own.default_suite)
    build = buildkite_build(build_id)
    page = call.page(cursor, ("buildkite_list_runs", *where, build))
    listed = await _client(call).list_runs(where, _start(page, limit), build_id=build)
    return await call.list_page(
        _with_cursors(listed, limit),
        lambda runs, next_cursor: RunList(
            runs=runs, next_cursor=next_cursor, **odd_records(listed.unreadable)
        ),
        page,
        has_more=listed.next is not None or len(listed.items) > limit,
    )


async def buildkite_get_run(
    call: BuildkiteCall, run_id: RunId, organization: Organization = "", suite: SuiteName = ""
) -> RunStatus:
    """Read the state of one Buildkite run: how it went so far, and whether that is final.

    For what failed in it use buildkite_get_failed_executions.
    """
    run = buildkite_run(run_id, organization, suite, call.own.default_suite)
    status = RunStatus(run=await _client(call).get_run(run))
    return shortened_to(call.settings.result_bytes, status)


async def buildkite_get_failed_executions(
    call: BuildkiteCall,
    run_id: RunId,
    organization: Organization = "",
    suite: SuiteName = "",
    include_expanded: IncludeExpanded = False,
    cursor: Cursor = "",
) -> FailureList:
    """List the failed executions of a Buildkite run, with their reasons.

    They are executions, not verdicts: what a retry mended is among them; triage_run tells it
    apart. Pass include_expanded for what a reason alone does not tell.
    """
    run = buildkite_run(run_id, organization, suite, call.own.default_suite)
    page = call.page(cursor, ("buildkite_get_failed_executions", *run, include_expanded))
    read = await _read_failures(_client(call), run, page, expanded=include_expanded)

    def make(executions: tuple[FailedExecution, ...], next_cursor: str) -> FailureList:
        return FailureList(
            failures=tuple(execution.failure for execution in executions),
            note=read.note,
            **odd_records(read.listed.unreadable),
            trim=trim_of(
                len(executions),
                read.total,
                next_cursor,
                trimmed=bool(cursor or next_cursor),
                upstream_bytes=read.listed.upstream_bytes,
            ),
        )

    total = "" if read.total is None else read.total
    items = [(item, f"{position}/{total}") for item, position in _with_cursors(read.listed)]
    return await call.list_page(items, make, page, has_more=read.listed.next is not None)


class _ReadFailures(NamedTuple):
    """A page of the failed executions of a run.

    Args:
        listed: The executions.
        total: How many the run has; None if that is not known.
        note: Why the total is not known, or that a failed run has no failed executions.
    """

    listed: BuildkitePage[FailedExecution]
    total: int | None
    note: str


async def _read_failures(
    client: BuildkiteClient, run: BuildkiteRunRef, page: PageRequest, *, expanded: bool
) -> _ReadFailures:
    # The API has no total: the first call counts, and each cursor holds the number.
    position, _, known_total = page.upstream_cursor().rpartition("/")
    start = _position(position, MAX_LIMIT)
    listed = await client.get_failed_executions(run, start, expanded=expanded)
    is_known = _TOTAL.fullmatch(known_total)
    counted = listed if start == FIRST_POSITION else _NOTHING_READ
    total, note = (int(known_total), "") if is_known else await _total(client, run, counted)
    lists_nothing = not listed.items and not listed.unreadable
    if not lists_nothing or (await client.get_run(run)).status != "failed":
        return _ReadFailures(listed, total, note)
    return _ReadFailures(listed, total, _NOTHING_LISTED)


async def _total(
    client: BuildkiteClient, run: BuildkiteRunRef, read: BuildkitePage[FailedExecution]
) -> tuple[int | None, str]:
    """Returns how many failed executions a run has; or None, and a note that says why.

    Those at the beginning of the list that were read already are not read again.
    """
    executions = read.items
    if read.next is not None:
        try:
            rest = await client.all_failed_executions(run, expanded=False, start=read.next)
        except RunsError as error:
            return None, _TOTAL_UNKNOWN.format(error.kind)
        if rest.error:
            return None, _TOTAL_UNKNOWN.format(rest.error)
        executions += rest.items
    return len({item.failure.execution_id or nth for nth, item in enumerate(executions)}), ""


def _client(call: BuildkiteCall) -> BuildkiteClient:
    return BuildkiteClient(call.api)


def _start(page: PageRequest, limit: int) -> ListPosition:
    """Returns the position in the cursor of a request, or the first."""
    return _position(page.upstream_cursor(), limit)


def _position(text: str, limit: int) -> ListPosition:
    if not text:
        return ListPosition(limit)
    if not _POSITION.fullmatch(text):
        raise bad_cursor()
    return ListPosition(*map(int, text.split(".")))


def _with_cursors(page: BuildkitePage[T], limit: int | None = None) -> list[tuple[T, str]]:
    """Returns the first items, or all, each with the cursor of what comes after it.

    The API has no cursors.
    """
    return [
        (item, ".".join(map(str, position)))
        for item, position in zip(page.items[:limit], page.positions[:limit], strict=True)
    ]
