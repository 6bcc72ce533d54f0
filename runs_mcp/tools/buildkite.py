"""The tools for Buildkite Test Engine, in its own terms."""

import re
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from msgspec import UNSET
from pydantic import Field

from runs_mcp.errors import RunsError
from runs_mcp.paging import Query, bad_cursor, list_page, shortened_to, upstream_cursor
from runs_mcp.providers.buildkite import MAX_LIMIT, BuildkiteClient, Listed, Position
from runs_mcp.providers.buildkite.mapping import FailedExecution
from runs_mcp.providers.buildkite.references import (
    BuildkiteRun,
    buildkite_build,
    buildkite_organization,
    buildkite_run,
    buildkite_suite,
    configured_suite,
)
from runs_mcp.results import FailureList, RunList, RunStatus, SuiteList, Trim, odd_records
from runs_mcp.services import Services
from runs_mcp.tools.arguments import Cursor
from runs_mcp.tools.registry import answer

_PLACE = re.compile(r"(?:100|[1-9][0-9]?)\.[1-9][0-9]{0,8}\.[0-9]{1,3}")
_COUNT = re.compile(r"[0-9]{1,9}")

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
    listed = await _client(services).list_suites(slug, _start(cursor, query, limit))
    return answer(
        list_page(
            _with_cursors(listed)[:limit],
            lambda suites, next_cursor: SuiteList(
                suites=suites, next_cursor=next_cursor, **odd_records(listed.unreadable)
            ),
            has_more=listed.next is not None or len(listed.items) > limit,
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
    start = _start(cursor, query, limit)
    listed = await _client(services).list_runs(where, start, build_id=build)
    return answer(
        list_page(
            _with_cursors(listed)[:limit],
            lambda runs, next_cursor: RunList(
                runs=runs, next_cursor=next_cursor, **odd_records(listed.unreadable)
            ),
            has_more=listed.next is not None or len(listed.items) > limit,
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
    status = RunStatus(run=await _client(services).get_run(run))
    return answer(shortened_to(services.settings.result_bytes, status))


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
    """List the failed executions of a Buildkite run, with their reasons.

    They are executions, not verdicts: what a retry mended is among them; triage_run tells it
    apart. Pass include_expanded for what a reason alone does not tell.
    """
    services = ctx.request_context.lifespan_context
    client = _client(services)
    run = buildkite_run(run_id, organization, suite, configured_suite(services.settings))
    query: Query = ("buildkite_get_failed_executions", *run, include_expanded)
    # The API gives no total: the first call counts, and cursors carry the number on.
    place, _, counted = upstream_cursor(cursor, query).rpartition("/")
    start = _position(place, MAX_LIMIT)
    listed = await client.get_failed_executions(run, start, expanded=include_expanded)
    total = int(counted) if _COUNT.fullmatch(counted) else await _number_of(run, client)
    note = ""
    if (
        not listed.items
        and not listed.unreadable
        and (await client.get_run(run)).status == "failed"
    ):
        note = (
            "The run has failed, but the API lists no failed execution of it; triage_run tells of "
            "interrupted tests."
        )

    def make(executions: tuple[FailedExecution, ...], next_cursor: str) -> FailureList:
        return FailureList(
            failures=tuple(execution.failure for execution in executions),
            note=note,
            **odd_records(listed.unreadable),
            trim=Trim(
                trimmed=bool(cursor or next_cursor),
                upstream_bytes=listed.upstream_bytes,
                shown=len(executions),
                total=UNSET if total is None else total,
                reason="next_cursor gives the rest" if next_cursor else "",
                next_cursor=next_cursor,
            ),
        )

    return answer(
        list_page(
            [
                (item, f"{place}/{'' if total is None else total}")
                for item, place in _with_cursors(listed)
            ],
            make,
            has_more=listed.next is not None,
            query=query,
            budget=services.settings.result_bytes,
        )
    )


async def _number_of(run: BuildkiteRun, client: BuildkiteClient) -> int | None:
    """Returns how many failed executions there are; None where that cannot be told."""
    try:
        collected = await client.all_failed_executions(run, expanded=False)
    except RunsError:
        return None
    return None if collected.error else len(collected.items)


def _client(services: Services) -> BuildkiteClient:
    return BuildkiteClient(services.api("buildkite"))


def _start(cursor: str, query: Query, limit: int) -> Position:
    """Returns where a list goes on: as a cursor says, else at its beginning."""
    return _position(upstream_cursor(cursor, query), limit)


def _position(place: str, limit: int) -> Position:
    if not place:
        return Position(limit)
    if not _PLACE.fullmatch(place):
        raise bad_cursor()
    return Position(*map(int, place.split(".")))


def _with_cursors(listed: Listed[T]) -> list[tuple[T, str]]:
    """Returns each item with the cursor behind it: the API has pages, and no cursors."""
    return [(item, ".".join(map(str, place))) for item, place in listed.items]
