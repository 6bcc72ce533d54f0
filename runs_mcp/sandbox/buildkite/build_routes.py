"""Builds with their jobs and runs: one by its number, and those of a commit.

The list is as the vendor's reference has it («List builds for an organization»: newest first,
filtered by `commit`, with `include_retried_jobs`).
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.buildkite.builds import (
    Build,
    BuildRun,
    Job,
    RunSuite,
    TestEngine,
    job_counts,
    pipeline_of,
)
from runs_mcp.sandbox.buildkite.error_responses import not_found
from runs_mcp.sandbox.buildkite.paging import PageOptions, page_answer
from runs_mcp.sandbox.buildkite.store import Store, StoredRun
from runs_mcp.sandbox.buildkite.suite_routes import check_organization
from runs_mcp.sandbox.json_answers import json_answer
from runs_mcp.sandbox.path_values import path_value

_NUMBER = re.compile(r"[0-9]{1,9}")
_BUILD = "/organizations/{organization}/pipelines/{pipeline}/builds/{number}"
_BUILDS = "/organizations/{organization}/builds"


def build_routes(store: Store, options: PageOptions) -> list[Route]:
    """Returns the routes of one build and of the list of builds."""

    async def get_build(request: Request) -> Response:
        check_organization(request)
        build, jobs = await run_in_threadpool(_build, store, request)
        if _asks(request, "include_test_engine"):
            build = replace(build, test_engine=_test_engine(store, build.id))
        if not _asks(request, "exclude_pipeline"):
            pipeline = path_value(request, "pipeline")
            build = replace(build, pipeline=pipeline_of(pipeline))
        if not _asks(request, "exclude_jobs"):
            build = _with_jobs(build, jobs, retried=_asks(request, "include_retried_jobs"))
        return json_answer(msgspec.json.encode(build), request.headers)

    async def list_builds(request: Request) -> Response:
        check_organization(request)
        retried = _asks(request, "include_retried_jobs")
        commit = request.query_params.get("commit")
        found = await run_in_threadpool(store.builds)
        shown = [
            _with_jobs(build, jobs, retried=retried)
            for build, jobs in found
            if commit in (None, build.commit)
        ]
        return page_answer(request, options, shown)

    return [
        Route(_BUILD, get_build, methods=["GET"]),
        Route(_BUILDS, list_builds, methods=["GET"]),
    ]


def _asks(request: Request, name: str) -> bool:
    return request.query_params.get(name) == "true"


def _build(store: Store, request: Request) -> tuple[Build, list[Job]]:
    number = path_value(request, "number")
    if _NUMBER.fullmatch(number):
        build_id = store.build_numbered(path_value(request, "pipeline"), int(number))
        found = store.build(build_id) if build_id is not None else None
        if found is not None:
            return found
    raise not_found()


def _test_engine(store: Store, build_id: str) -> TestEngine | UnsetType:
    runs = store.runs_of_build(build_id)
    return TestEngine(runs=tuple(_of(store, one) for one in runs)) if runs else UNSET


def _of(store: Store, stored: StoredRun) -> BuildRun:
    suite = store.suite(stored.suite)
    if suite is None:
        raise KeyError(stored.suite)
    return BuildRun(id=stored.run.id, suite=RunSuite(id=suite.id, slug=suite.slug))


def _with_jobs(build: Build, jobs: Sequence[Job], *, retried: bool) -> Build:
    shown = tuple(job for job in jobs if retried or not job.retried)
    return replace(build, jobs=shown, job_state_counts=job_counts(shown))
