"""The tools that read from Currents, in its own terms."""

from typing import Annotated, Literal, TypeAlias

from msgspec.structs import replace
from pydantic import Field

from runs_mcp.answers.cursors import PageRequest, bad_cursor
from runs_mcp.answers.instance_pages import instance_page
from runs_mcp.answers.reports import InstanceReport, ProjectList, RunList, RunReport, odd_records
from runs_mcp.answers.run_pages import Detail, run_page
from runs_mcp.errors import Conflict, InvalidArgument
from runs_mcp.model import FullRun
from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.providers.currents.queries import FindQuery, RunFilters
from runs_mcp.providers.currents.references import (
    CurrentsProjectId,
    currents_instance_id,
    currents_project_id,
    currents_run_id,
)
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.field_values import timestamp, when
from runs_mcp.providers.tool_arguments import Cursor, OneOrMore, OneOrMoreValues

CurrentsCall: TypeAlias = Call[CurrentsSettings]

ProjectId = Annotated[
    str, Field(description="Project ID, from currents_list_projects.", max_length=128)
]
RunId = Annotated[
    str, Field(description="Run ID, or the run's dashboard URL as pasted.", max_length=2048)
]
InstanceId = Annotated[
    str, Field(description="Instance ID, or its dashboard URL as pasted.", max_length=2048)
]
Limit = Annotated[int, Field(description="At most this many.", ge=1, le=MAX_LIMIT)]
RunDetail = Annotated[
    Detail,
    Field(
        description="auto: every spec where the run is small, else failures. failures: specs "
        "that failed, were flaky or never reported. full: every spec, page by page."
    ),
]
Names = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=250)], ...],
    Field(max_length=50),
    OneOrMore,
]
Branches = Annotated[Names, Field(description="Any of these branches, exactly.")]
Tags = Annotated[Names, Field(description="Run tags.")]
TagOperator = Annotated[Literal["AND", "OR"], Field(description="All of the tags, or any.")]
Authors = Annotated[Names, Field(description="Any of these commit authors.")]
Statuses = Annotated[
    tuple[Literal["passed", "failed", "running", "failing"], ...],
    Field(description="Any of these. failing: still running, with failures.", max_length=4),
    OneOrMoreValues,
]
CompletionStates = Annotated[
    tuple[Literal["complete", "in_progress", "canceled", "timeout"], ...],
    Field(description="Any of these.", max_length=4),
    OneOrMoreValues,
]
Search = Annotated[str, Field(description="In CI build ID or commit message.", max_length=200)]
PullRequestId = Annotated[
    str, Field(description="Pull request number.", max_length=64, coerce_numbers_to_str=True)
]
DateStart = Annotated[str, Field(description="Created at or after: ISO 8601.", max_length=40)]
DateEnd = Annotated[str, Field(description="Created before: ISO 8601.", max_length=40)]
CiBuildId = Annotated[
    str, Field(description="Exact CI build ID; wins over branch.", max_length=1000)
]
BranchOrPrefix = Annotated[
    str,
    Field(
        description="Exact branch, or a prefix ending in *.",
        max_length=250,
        pattern=r"^([!-)+-~]+\*?)?$",
    ),
]
PlaywrightLastRun = Annotated[bool, Field(description="Add which Playwright tests failed last.")]
IncludePassed = Annotated[bool, Field(description="Also list the tests that passed.")]
IncludeAssetUrls = Annotated[
    bool,
    Field(
        description="Also list screenshots, videos, traces and attachments with signed URLs, "
        "which are secrets for as long as they live."
    ),
]


async def currents_list_projects(
    call: CurrentsCall, limit: Limit = 20, cursor: Cursor = ""
) -> ProjectList:
    """List the Currents projects that the API key can see.

    Start here when no project ID is known.
    """
    page = call.page(cursor, ("currents_list_projects",))
    listed = await _client(call).list_projects(limit=limit, after=page.upstream_cursor())
    return await call.list_page(
        listed.items,
        lambda projects, next_cursor: ProjectList(
            projects=projects, next_cursor=next_cursor, **odd_records(listed.unreadable)
        ),
        page,
        has_more=listed.has_more,
    )


async def currents_list_runs(
    call: CurrentsCall,
    project_id: ProjectId,
    limit: Limit = 20,
    cursor: Cursor = "",
    branches: Branches = (),
    tags: Tags = (),
    tag_operator: TagOperator = "AND",
    authors: Authors = (),
    status: Statuses = (),
    completion: CompletionStates = (),
    search: Search = "",
    pr_id: PullRequestId = "",
    date_start: DateStart = "",
    date_end: DateEnd = "",
) -> RunList:
    """List a project's runs, newest first, with their failed and flaky test counts.

    To find which runs there are, or which failed lately. For the latest completed run of a
    branch or CI build use currents_find_run; for what failed in a run, currents_get_run.
    """
    created_from, created_before = _as_dates(date_start, date_end)
    filters = RunFilters(
        branches=branches,
        tags=tags,
        tag_operator=tag_operator if tags else "",
        authors=authors,
        status=status,
        completion=completion,
        search=search,
        pr_id=pr_id,
        date_start=created_from,
        date_end=created_before,
    )
    return await _list_runs(call, currents_project_id(project_id), filters, limit, cursor)


async def _list_runs(
    call: CurrentsCall, project: CurrentsProjectId, filters: RunFilters, limit: int, cursor: str
) -> RunList:
    page = call.page(cursor, ("currents_list_runs", project, *map("=".join, filters.params())))
    after = page.upstream_cursor()
    listed = await _client(call).list_runs(project, filters, limit=limit, after=after)
    return await call.list_page(
        listed.items,
        lambda runs, next_cursor: RunList(
            runs=runs, next_cursor=next_cursor, **odd_records(listed.unreadable)
        ),
        page,
        has_more=listed.has_more,
    )


async def currents_get_run(
    call: CurrentsCall, run_id: RunId, detail: RunDetail = "auto", cursor: Cursor = ""
) -> RunReport:
    """Read one run: status, totals, groups, and its spec files, worst first.

    Of a large run only the specs that failed, were flaky or never reported are listed; all
    counts stay exact. For error messages pass a spec's instance_id to currents_get_instance.
    """
    run = currents_run_id(run_id)
    # Who asks for a run again wants it as it is now; only its next pages are of what was read.
    full = await _client(call).get_run(run, anew=not cursor)
    return await _run_page(call, full, call.page(cursor, ("currents_get_run", run)), detail)


async def currents_find_run(
    call: CurrentsCall,
    project_id: ProjectId,
    ci_build_id: CiBuildId = "",
    branch: BranchOrPrefix = "",
    tags: Tags = (),
    pw_last_run: PlaywrightLastRun = False,
    detail: RunDetail = "auto",
    cursor: Cursor = "",
) -> RunReport:
    """Find the most recent completed run of a project that matches, and read it.

    For "the last run of this branch" or "the run of this CI build". It answers as
    currents_get_run does. Runs in progress are not found: use currents_list_runs.
    """
    project = currents_project_id(project_id)
    search = FindQuery(ci_build_id, branch, tags, pw_last_run)
    run_id, page_cursor = _run_in_cursor(cursor)
    full = await _found_run(call, project, search, run_id)
    prefix = f"{full.run.id}."
    query = ("currents_find_run", project, *map("=".join, search.params()), full.run.id)
    request = PageRequest(query, page_cursor, call.settings.result_bytes - len(prefix))
    page = await _run_page(call, full, request, detail)
    if page.trim.next_cursor:
        page = replace(page, trim=replace(page.trim, next_cursor=prefix + page.trim.next_cursor))
    return page


async def _run_page(
    call: CurrentsCall, full: FullRun, request: PageRequest, detail: Detail
) -> RunReport:
    return await call.api.work_on(
        lambda: run_page(
            full, request, detail=detail, trim_above_bytes=call.settings.trim_above_bytes
        ),
        full.upstream_bytes,
    )


def _run_in_cursor(cursor: str) -> tuple[str, str]:
    """Returns the run ID and the page cursor of a cursor.

    So the next page is of the same run, even if another one has completed since.
    """
    run_id, _, page_cursor = cursor.partition(".")
    if cursor and not page_cursor:
        raise bad_cursor()
    return run_id, page_cursor


async def _found_run(
    call: CurrentsCall, project: CurrentsProjectId, search: FindQuery, run_id: str
) -> FullRun:
    """Searches the run, or reads it by the ID that a cursor has."""
    client = _client(call)
    # Only the search returns the tests that failed last.
    if run_id and not search.pw_last_run:
        full = await client.get_run(currents_run_id(run_id))
    else:
        full = await client.find_run(project, search)
    if run_id and full.run.id != run_id:
        raise Conflict(
            "Another run has completed since that cursor was given.",
            next_step="Call again without a cursor.",
        )
    return full


async def currents_get_instance(
    call: CurrentsCall,
    instance_id: InstanceId,
    include_passed: IncludePassed = False,
    include_asset_urls: IncludeAssetUrls = False,
    cursor: Cursor = "",
) -> InstanceReport:
    """Read one spec file's execution: each failed and flaky test with error, code and stack.

    instance_id comes from the specs of currents_get_run or currents_find_run.
    """
    instance = currents_instance_id(instance_id)
    query = ("currents_get_instance", instance, include_passed, include_asset_urls)
    full = await _client(call).get_instance(instance, anew=not cursor)
    page = call.page(cursor, query)
    return await call.api.work_on(
        lambda: instance_page(
            full, page, include_passed=include_passed, include_assets=include_asset_urls
        ),
        full.upstream_bytes,
    )


def _client(call: CurrentsCall) -> CurrentsClient:
    return CurrentsClient(call.api)


def _as_dates(start: str, end: str) -> tuple[str, str]:
    """Returns both dates as timestamps in UTC; one without a zone is in UTC.

    Raises:
        InvalidArgument: One is not a date, or the range is empty.
    """
    moments = []
    for name, value in (("date_start", start), ("date_end", end)):
        moment = when(value)
        if value and moment is None:
            raise InvalidArgument(
                f"{name} is not an ISO 8601 date; nothing was requested.",
                next_step="Write it like 2026-08-31 or 2026-08-31T08:00:00Z.",
            )
        moments.append(moment)
    first, last = moments
    if first and last and first > last:
        raise InvalidArgument(
            "date_start is later than date_end; nothing was requested.",
            next_step="Swap them.",
        )
    return timestamp(start), timestamp(end)
