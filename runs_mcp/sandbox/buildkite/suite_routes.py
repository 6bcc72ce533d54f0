"""Suites, their runs, failed executions and muted tests."""

import re
from collections.abc import Sequence

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.buildkite.addresses import BUILDKITE_ORGANIZATION
from runs_mcp.sandbox.buildkite.error_responses import ApiError, not_found
from runs_mcp.sandbox.buildkite.measured_tests import named
from runs_mcp.sandbox.buildkite.paging import PageOptions, page_answer
from runs_mcp.sandbox.buildkite.records import FailedExecution, Run, Suite
from runs_mcp.sandbox.buildkite.store import Store, StoredRun
from runs_mcp.sandbox.json_answers import json_answer
from runs_mcp.sandbox.path_values import path_value

_SUITES = "/analytics/organizations/{organization}/suites"
_RUNS = _SUITES + "/{suite}/runs"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def suite_routes(store: Store, options: PageOptions) -> list[Route]:
    """Returns the routes."""

    async def list_suites(request: Request) -> Response:
        check_organization(request)
        return page_answer(request, options, store.suites())

    async def get_suite(request: Request) -> Response:
        return json_answer(msgspec.json.encode(_suite(store, request)), request.headers)

    async def list_runs(request: Request) -> Response:
        runs = store.runs(_suite(store, request).slug)
        return page_answer(request, options, _of_build(runs, request.query_params.get("build_id")))

    async def get_run(request: Request) -> Response:
        body = msgspec.json.encode(_run(store, request).run)
        return json_answer(body, request.headers)

    async def failed_executions(request: Request) -> Response:
        failures = await run_in_threadpool(_run(store, request).failures)
        if request.query_params.get("include_failure_expanded") == "true":
            return page_answer(request, options, failures)
        return page_answer(request, options, failures, _without_expanded)

    async def muted_tests(request: Request) -> Response:
        suite = _suite(store, request).slug
        muted = await run_in_threadpool(store.tests_in_state, suite, "muted")
        return page_answer(request, options, [named(test) for test in muted])

    return [
        Route(_SUITES, list_suites, methods=["GET"]),
        Route(_SUITES + "/{suite}", get_suite, methods=["GET"]),
        Route(_SUITES + "/{suite}/tests/muted", muted_tests, methods=["GET"]),
        Route(_RUNS, list_runs, methods=["GET"]),
        Route(_RUNS + "/{run_id}", get_run, methods=["GET"]),
        Route(_RUNS + "/{run_id}/failed_executions", failed_executions, methods=["GET"]),
    ]


def check_organization(request: Request) -> None:
    """Raises ApiError for every organization but the only one."""
    if path_value(request, "organization") != BUILDKITE_ORGANIZATION:
        raise not_found()


def _suite(store: Store, request: Request) -> Suite:
    check_organization(request)
    suite = store.suite(path_value(request, "suite"))
    if suite is None:
        raise not_found()
    return suite


def _run(store: Store, request: Request) -> StoredRun:
    suite = _suite(store, request)
    stored = store.run(path_value(request, "run_id"), suite.slug)
    if stored is None:
        raise not_found()
    return stored


def _of_build(runs: list[Run], build_id: str | None) -> Sequence[Run]:
    if build_id is None:
        return runs
    if not _UUID.fullmatch(build_id):
        raise ApiError(422, "build_id must be a UUID")
    return [run for run in runs if run.build_id == build_id.lower()]


def _without_expanded(failure: FailedExecution) -> FailedExecution:
    return replace(failure, failure_expanded=UNSET)
