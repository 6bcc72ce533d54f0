"""The tools for Buildkite Test Engine, in its own terms."""

import re
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from msgspec import UNSET
from pydantic import Field

from runs_mcp.model import Failure
from runs_mcp.paging import Query, bad_cursor, list_page, upstream_cursor
from runs_mcp.providers.buildkite import MAX_LIMIT, BuildkiteClient, Listed
from runs_mcp.providers.buildkite.references import (
    buildkite_build,
    buildkite_organization,
    buildkite_run,
    buildkite_suite,
    configured_suite,
)
from runs_mcp.results import FailureList, RunList, RunStatus, SuiteList, Trim
from runs_mcp.services import Services
from runs_mcp.tools.arguments import Cursor
from runs_mcp.tools.registry import answer

T = TypeVar("T")
Ctx = Context[Services]

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
Limit = Annotated[int, Field(description="At most this many.", ge=1, le=MAX_LIMIT)]


async def buildkite_list_suites(
    ctx: Ctx, organization: Organization = "", limit: Limit = 20, cursor: Cursor = ""
) -> CallToolResult:
    """List the test suites of a Buildkite organization.

    Start here when no suite is known.
    """
    services = ctx.request_context.lifespan_context
    slug = buildkite_organization(organization, services.settings.buildkite_organization)
    query: Query = ("buildkite_list_suites", slug)
    start = _start(cursor, query)
    listed = await _client(services).list_suites(slug, limit=limit, start=start)
    return answer(
        list_page(
            _with_positions(listed, start),
            lambda suites, next_cursor: SuiteList(suites=suites, next_cursor=next_cursor),
            has_more=listed.has_more,
            query=query,
            budget=services.settings.result_bytes,
        )
    )


async def buildkite_list_runs(
    ctx: Ctx,
    organization: Organization = "",
    suite: SuiteName = "",
    build_id: Annotated[
        str, Field(description="Only runs of this Buildkite build: its UUID.", max_length=64)
    ] = "",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> CallToolResult:
    """List the runs of a Buildkite test suite, newest first.

    A run that passed is final only when its completion is complete: its note says so.
    """
    services = ctx.request_context.lifespan_context
    where = buildkite_suite(organization, suite, configured_suite(services.settings))
    build = buildkite_build(build_id)
    query: Query = ("buildkite_list_runs", *where, build)
    start = _start(cursor, query)
    listed = await _client(services).list_runs(where, build_id=build, limit=limit, start=start)
    return answer(
        list_page(
            _with_positions(listed, start),
            lambda runs, next_cursor: RunList(runs=runs, next_cursor=next_cursor),
            has_more=listed.has_more,
            query=query,
            budget=services.settings.result_bytes,
        )
    )


async def buildkite_get_run(
    ctx: Ctx, run_id: RunId, organization: Organization = "", suite: SuiteName = ""
) -> CallToolResult:
    """Read the state of one Buildkite run: how it went so far, and whether that is final.

    For what failed in it use buildkite_get_failed_executions.
    """
    services = ctx.request_context.lifespan_context
    run = buildkite_run(run_id, organization, suite, configured_suite(services.settings))
    return answer(RunStatus(run=await _client(services).get_run(run)))


async def buildkite_get_failed_executions(
    ctx: Ctx,
    run_id: RunId,
    organization: Organization = "",
    suite: SuiteName = "",
    include_expanded: Annotated[
        bool, Field(description="Add to each the whole message, its frame and stack.")
    ] = False,
    cursor: Cursor = "",
) -> CallToolResult:
    """List the tests that failed in a Buildkite run, with their reasons.

    Pass include_expanded for what a reason alone does not tell.
    """
    services = ctx.request_context.lifespan_context
    run = buildkite_run(run_id, organization, suite, configured_suite(services.settings))
    query: Query = ("buildkite_get_failed_executions", *run, include_expanded)
    start = _start(cursor, query)
    listed = await _client(services).get_failed_executions(
        run, expanded=include_expanded, start=start
    )

    def make(failures: tuple[Failure, ...], next_cursor: str) -> FailureList:
        known = UNSET if listed.has_more else start + len(listed.items)
        return FailureList(
            failures=failures,
            trim=Trim(
                trimmed=bool(start or next_cursor),
                upstream_bytes=listed.upstream_bytes,
                shown=len(failures),
                total=known,
                reason="next_cursor gives the rest" if next_cursor else "",
                next_cursor=next_cursor,
            ),
        )

    return answer(
        list_page(
            _with_positions(listed, start),
            make,
            has_more=listed.has_more,
            query=query,
            budget=services.settings.result_bytes,
        )
    )


def _client(services: Services) -> BuildkiteClient:
    return BuildkiteClient(services.api("buildkite"))


def _start(cursor: str, query: Query) -> int:
    """Returns the position in a list that a cursor goes on at."""
    position = upstream_cursor(cursor, query) or "0"
    if not re.fullmatch(r"[0-9]{1,9}", position):
        raise bad_cursor()
    return int(position)


def _with_positions(listed: Listed[T], start: int) -> list[tuple[T, str]]:
    """Returns each item with the position behind it: the API has pages, and no cursors."""
    return [(item, str(position)) for position, item in enumerate(listed.items, start + 1)]
