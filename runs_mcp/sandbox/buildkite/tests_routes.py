"""The tests of a build with their metrics."""

from operator import is_

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.buildkite.error_responses import not_found
from runs_mcp.sandbox.buildkite.measured_tests import MeasuredTest
from runs_mcp.sandbox.buildkite.paging import PageOptions, page_answer
from runs_mcp.sandbox.buildkite.store import Store, StoredRun
from runs_mcp.sandbox.buildkite.suite_routes import check_organization
from runs_mcp.sandbox.buildkite.tests_query import TestQuery
from runs_mcp.sandbox.path_values import path_value

_Parameters = frozenset[tuple[str, str]]
_TESTS = "/analytics/organizations/{organization}/builds/{build_id}/tests"


def tests_routes(store: Store, options: PageOptions) -> list[Route]:
    """Returns the route of the tests of a build, the only one with passed executions."""
    last_answer = _LastAnswer()

    async def tests_of_build(request: Request) -> Response:
        check_organization(request)
        query = TestQuery(request.query_params)
        runs = store.runs_of_build(path_value(request, "build_id").lower())
        if not runs:
            raise not_found()
        parameters = frozenset(
            (name, value)
            for name, value in request.query_params.items()
            if name not in ("page", "per_page")
        )
        return page_answer(
            request, options, await run_in_threadpool(last_answer.found, parameters, query, runs)
        )

    return [Route(_TESTS, tests_of_build, methods=["GET"])]


class _LastAnswer:
    """A cache of the last answer, for its other pages."""

    def __init__(self) -> None:
        self._last: tuple[_Parameters, list[StoredRun], list[MeasuredTest]] = (frozenset(), [], [])

    def found(
        self, parameters: _Parameters, query: TestQuery, runs: list[StoredRun]
    ) -> list[MeasuredTest]:
        """Returns the tests that the query finds in the runs."""
        last_parameters, last_runs, found = self._last
        is_same = len(last_runs) == len(runs) and all(map(is_, last_runs, runs))
        if parameters == last_parameters and is_same:
            return found
        found = query.of(one for stored in runs for one in stored.executions())
        self._last = (parameters, runs, found)
        return found
