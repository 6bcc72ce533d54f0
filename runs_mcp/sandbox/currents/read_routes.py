"""The operations that read."""

from msgspec import UNSET
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.currents.answers import ApiError, One, encode
from runs_mcp.sandbox.currents.find_run import find_run_body
from runs_mcp.sandbox.currents.parameters import PAGING, Parameters
from runs_mcp.sandbox.currents.records import Project
from runs_mcp.sandbox.currents.run_bodies import RunBodies
from runs_mcp.sandbox.currents.run_filters import FIND_PARAMETERS, LIST_PARAMETERS, ListFilter
from runs_mcp.sandbox.currents.store import Store
from runs_mcp.sandbox.json_answers import encoded_answer, json_answer, wants_gzip
from runs_mcp.sandbox.path_values import path_value


def read_routes(store: Store) -> list[Route]:
    """Returns the routes of projects, runs and instances."""
    return [*_project_routes(store), *_run_routes(store)]


def _project_routes(store: Store) -> list[Route]:
    async def list_projects(request: Request) -> Response:
        projects = store.projects()
        page = Parameters(request.query_params, *PAGING).page_of(projects, projects)
        return json_answer(encode(page), request.headers)

    async def get_project(request: Request) -> Response:
        project = _project(store, path_value(request, "project_id"))
        known = One(data=replace(project, cursor=UNSET))
        return json_answer(encode(known), request.headers)

    async def list_runs(request: Request) -> Response:
        project = _project(store, path_value(request, "project_id"))
        parameters = Parameters(request.query_params, *LIST_PARAMETERS)
        filters = ListFilter.of(parameters)
        # In a thread: the first list makes the runs of the story, which takes a while.
        runs = await run_in_threadpool(store.runs, project.project_id)
        page = parameters.page_of(runs, [run for run in runs if filters.matches(run)])
        return json_answer(encode(page), request.headers)

    return [
        Route("/projects", list_projects, methods=["GET"]),
        Route("/projects/{project_id}", get_project, methods=["GET"]),
        Route("/projects/{project_id}/runs", list_runs, methods=["GET"]),
    ]


def _run_routes(store: Store) -> list[Route]:
    bodies = RunBodies(store)

    async def find_run(request: Request) -> Response:
        parameters = Parameters(request.query_params, *FIND_PARAMETERS)
        body = await run_in_threadpool(find_run_body, store, parameters)
        return json_answer(body, request.headers)

    async def get_run(request: Request) -> Response:
        stored = store.run(path_value(request, "run_id"))
        if stored is None:
            raise ApiError(404, "Run not found")
        gzipped = wants_gzip(request.headers)
        content = await run_in_threadpool(bodies.gzipped if gzipped else bodies.body, stored)
        return encoded_answer(content, gzipped=gzipped)

    async def get_instance(request: Request) -> Response:
        instance = store.instance(path_value(request, "instance_id"))
        if instance is None:
            raise ApiError(404, "Instance not found")
        return json_answer(encode(One(data=instance)), request.headers)

    return [
        Route("/runs/find", find_run, methods=["GET"]),
        Route("/runs/{run_id}", get_run, methods=["GET"]),
        Route("/instances/{instance_id}", get_instance, methods=["GET"]),
    ]


def _project(store: Store, project_id: str) -> Project:
    project = store.project(project_id)
    if project is None:
        raise ApiError(404, "Project not found")
    return project
