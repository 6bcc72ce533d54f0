"""The tools for Currents, in its own terms."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from msgspec.structs import replace
from pydantic import Field

from runs_mcp.errors import Conflict, InvalidArgument
from runs_mcp.paging import Query, bad_cursor, list_page, upstream_cursor
from runs_mcp.providers.currents import MAX_LIMIT, CurrentsClient, FindQuery, RunFilters
from runs_mcp.providers.currents.references import (
    currents_instance_id,
    currents_project_id,
    currents_run_id,
)
from runs_mcp.providers.field_values import timestamp, when
from runs_mcp.results import ProjectList, RunList, odd_records
from runs_mcp.services import Services
from runs_mcp.tools.arguments import Cursor, OneOrMore, OneOrMoreValues
from runs_mcp.tools.registry import answer
from runs_mcp.trim import instance_page, run_page

Ctx = Context[Services]

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
DetailLevel = Annotated[
    Literal["auto", "failures", "full"],
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
RunStatus = Literal["passed", "failed", "running", "failing"]
Completion = Literal["complete", "in_progress", "canceled", "timeout"]


async def currents_list_projects(
    ctx: Ctx, limit: Limit = 20, cursor: Cursor = ""
) -> CallToolResult:
    """List the Currents projects that the API key can see.

    Start here when no project ID is known.
    """
    services = ctx.request_context.lifespan_context
    query: Query = ("currents_list_projects",)
    after = upstream_cursor(cursor, query)
    listed = await _client(services).list_projects(limit=limit, after=after)
    return answer(
        list_page(
            listed.items,
            lambda projects, next_cursor: ProjectList(
                projects=projects, next_cursor=next_cursor, **odd_records(listed.unreadable)
            ),
            has_more=listed.has_more,
            query=query,
            budget=services.settings.result_bytes,
        )
    )


async def currents_list_runs(
    ctx: Ctx,
    project_id: ProjectId,
    limit: Limit = 20,
    cursor: Cursor = "",
    branches: Annotated[Names, Field(description="Any of these branches, exactly.")] = (),
    tags: Annotated[Names, Field(description="Run tags.")] = (),
    tag_operator: Annotated[
        Literal["AND", "OR"], Field(description="All of the tags, or any.")
    ] = "AND",
    authors: Annotated[Names, Field(description="Any of these commit authors.")] = (),
    status: Annotated[
        tuple[RunStatus, ...],
        Field(description="Any of these. failing: still running, with failures.", max_length=4),
        OneOrMoreValues,
    ] = (),
    completion: Annotated[
        tuple[Completion, ...], Field(description="Any of these.", max_length=4), OneOrMoreValues
    ] = (),
    search: Annotated[
        str, Field(description="In CI build ID or commit message.", max_length=200)
    ] = "",
    pr_id: Annotated[
        str,
        Field(description="Pull request number.", max_length=64, coerce_numbers_to_str=True),
    ] = "",
    date_start: Annotated[
        str, Field(description="Created at or after: ISO 8601.", max_length=40)
    ] = "",
    date_end: Annotated[str, Field(description="Created before: ISO 8601.", max_length=40)] = "",
) -> CallToolResult:
    """List a project's runs, newest first, with their failed and flaky test counts.

    To find which runs there are, or which failed lately. For the latest completed run of a
    branch or CI build use currents_find_run; for what failed in a run, currents_get_run.
    """
    services = ctx.request_context.lifespan_context
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
    project = currents_project_id(project_id)
    query: Query = ("currents_list_runs", project, *map("=".join, filters.params()))
    after = upstream_cursor(cursor, query)
    listed = await _client(services).list_runs(project, filters, limit=limit, after=after)
    return answer(
        list_page(
            listed.items,
            lambda runs, next_cursor: RunList(
                runs=runs, next_cursor=next_cursor, **odd_records(listed.unreadable)
            ),
            has_more=listed.has_more,
            query=query,
            budget=services.settings.result_bytes,
        )
    )


async def currents_get_run(
    ctx: Ctx, run_id: RunId, detail: DetailLevel = "auto", cursor: Cursor = ""
) -> CallToolResult:
    """Read one run: status, totals, groups, and its spec files, worst first.

    Of a large run only the specs that failed, were flaky or never reported are listed; all
    counts stay exact. For error messages pass a spec's instance_id to currents_get_instance.
    """
    services = ctx.request_context.lifespan_context
    run = currents_run_id(run_id)
    full = await _client(services).get_run(run)
    return answer(
        run_page(
            full,
            detail=detail,
            cursor=cursor,
            query=("currents_get_run", run),
            budget=services.settings.result_bytes,
            trim_above_bytes=services.settings.trim_above_bytes,
        )
    )


async def currents_find_run(
    ctx: Ctx,
    project_id: ProjectId,
    ci_build_id: Annotated[
        str, Field(description="Exact CI build ID; wins over branch.", max_length=1000)
    ] = "",
    branch: Annotated[
        str,
        Field(
            description="Exact branch, or a prefix ending in *.",
            max_length=250,
            pattern=r"^([!-)+-~]+\*?)?$",
        ),
    ] = "",
    tags: Annotated[Names, Field(description="Run tags.")] = (),
    pw_last_run: Annotated[
        bool, Field(description="Add which Playwright tests failed last.")
    ] = False,
    detail: DetailLevel = "auto",
    cursor: Cursor = "",
) -> CallToolResult:
    """Find the most recent completed run of a project that matches, and read it.

    For "the last run of this branch" or "the run of this CI build". It answers as
    currents_get_run does. Runs in progress are not found: use currents_list_runs.
    """
    services = ctx.request_context.lifespan_context
    client = _client(services)
    project = currents_project_id(project_id)
    search = FindQuery(ci_build_id, branch, tags, pw_last_run)
    # The cursor names the run: the next page is of the same one, whatever has completed since.
    run_id, _, page_cursor = cursor.partition(".")
    if cursor and not page_cursor:
        raise bad_cursor()
    if cursor and not pw_last_run:
        full = await client.get_run(run_id)
    else:
        full = await client.find_run(project, search)
    if cursor and full.run.id != run_id:
        raise Conflict(
            "Another run has completed since that cursor was given.",
            next_step="Call again without a cursor.",
        )
    prefix = f"{full.run.id}."
    page = run_page(
        full,
        detail=detail,
        cursor=page_cursor,
        query=("currents_find_run", project, *map("=".join, search.params()), full.run.id),
        budget=services.settings.result_bytes - len(prefix),
        trim_above_bytes=services.settings.trim_above_bytes,
    )
    if page.trim.next_cursor:
        page = replace(page, trim=replace(page.trim, next_cursor=prefix + page.trim.next_cursor))
    return answer(page)


async def currents_get_instance(
    ctx: Ctx,
    instance_id: InstanceId,
    include_passed: Annotated[bool, Field(description="Also list the tests that passed.")] = False,
    include_asset_urls: Annotated[
        bool,
        Field(
            description="Also list screenshots, videos, traces and attachments with signed URLs, "
            "which are secrets for as long as they live."
        ),
    ] = False,
    cursor: Cursor = "",
) -> CallToolResult:
    """Read one spec file's execution: each failed and flaky test with error, code and stack.

    instance_id comes from the specs of currents_get_run or currents_find_run.
    """
    services = ctx.request_context.lifespan_context
    instance = currents_instance_id(instance_id)
    return answer(
        instance_page(
            await _client(services).get_instance(instance),
            include_passed=include_passed,
            include_assets=include_asset_urls,
            cursor=cursor,
            query=("currents_get_instance", instance, include_passed, include_asset_urls),
            budget=services.settings.result_bytes,
        )
    )


def _client(services: Services) -> CurrentsClient:
    return CurrentsClient(services.api("currents"))


def _as_dates(start: str, end: str) -> tuple[str, str]:
    """Returns both dates in UTC; the API reads what has no zone as UTC.

    Raises:
        InvalidArgument: One is not a date, or the range holds nothing.
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
