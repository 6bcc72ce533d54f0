"""The tests of a build, with what their executions in it come to."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.buildkite.paging import PageForm, page_answer
from runs_mcp.sandbox.buildkite.refusals import not_found
from runs_mcp.sandbox.buildkite.routes import check_organization
from runs_mcp.sandbox.buildkite.store import Store, StoredRun
from runs_mcp.sandbox.buildkite.test_metrics import MeasuredTest
from runs_mcp.sandbox.buildkite.test_query import TestQuery
from runs_mcp.sandbox.path_values import path_value

_TESTS = "/analytics/organizations/{organization}/builds/{build_id}/tests"


def test_routes(store: Store, form: PageForm) -> list[Route]:
    """The one operation that tells of passed executions, too."""

    async def tests_of_build(request: Request) -> Response:
        check_organization(request)
        query = TestQuery(request.query_params)
        runs = store.runs_of_build(path_value(request, "build_id").lower())
        if not runs:
            raise not_found()
        return page_answer(request, form, await run_in_threadpool(_found, query, runs))

    return [Route(_TESTS, tests_of_build, methods=["GET"])]


def _found(query: TestQuery, runs: list[StoredRun]) -> list[MeasuredTest]:
    return query.of(one for stored in runs for one in stored.executions())
