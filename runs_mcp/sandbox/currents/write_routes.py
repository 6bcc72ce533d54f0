"""The operations that write."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.currents.answers import ApiError, DataT, One, encode
from runs_mcp.sandbox.currents.records import Record
from runs_mcp.sandbox.currents.store import Store, StoredRun
from runs_mcp.sandbox.currents.writes import Canceled, cancel, in_progress_from_github, reset
from runs_mcp.sandbox.json_answers import json_answer
from runs_mcp.sandbox.path_values import path_value

MachineIds = Annotated[
    tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1, max_length=63)
]


class _GithubRun(Record, frozen=True, kw_only=True):
    github_run_id: Annotated[str, Meta(min_length=1)]
    github_run_attempt: Annotated[int, Meta(ge=1)]
    project_id: str | UnsetType = UNSET
    ci_build_id: str | UnsetType = UNSET


class _Reset(Record, frozen=True, kw_only=True):
    machine_id: MachineIds
    is_batched_or_8n: bool | UnsetType = msgspec.field(name="isBatchedOr8n", default=UNSET)


class _WasReset(Record, frozen=True, kw_only=True):
    run_id: str


class _Deleted(Record, frozen=True, kw_only=True):
    run_id: str
    actor: str


def write_routes(store: Store) -> list[Route]:
    """Returns the routes of cancel, cancel by GitHub CI, reset and delete."""

    async def cancel_run(request: Request) -> Response:
        with store.lock:
            answer = _cancel(store, _run_named(store, request))
        return _ok(answer, request)

    async def cancel_by_github_ci(request: Request) -> Response:
        body = _decoded(await request.body(), _GithubRun)
        with store.lock:
            stored = in_progress_from_github(
                store,
                run_id=body.github_run_id,
                attempt=body.github_run_attempt,
                project_id=None if body.project_id is UNSET else body.project_id,
                ci_build_id=None if body.ci_build_id is UNSET else body.ci_build_id,
            )
            answer = _cancel(store, stored)
        return _ok(answer, request)

    async def reset_run(request: Request) -> Response:
        body = _decoded(await request.body(), _Reset)
        with store.lock:
            stored = _run_named(store, request)
            reset(stored, body.machine_id)
        return _ok(_WasReset(run_id=stored.run.run_id), request)

    async def delete_run(request: Request) -> Response:
        with store.lock:
            run_id = _run_named(store, request).run.run_id
            store.delete_run(run_id)
        return _ok(_Deleted(run_id=run_id, actor="API Request"), request)

    return [
        Route("/runs/cancel-ci/github", cancel_by_github_ci, methods=["PUT"]),
        Route("/runs/{run_id}/cancel", cancel_run, methods=["PUT"]),
        Route("/runs/{run_id}/reset", reset_run, methods=["PUT"]),
        Route("/runs/{run_id}", delete_run, methods=["DELETE"]),
    ]


def _run_named(store: Store, request: Request) -> StoredRun:
    stored = store.run(path_value(request, "run_id"))
    if stored is None:
        raise ApiError(404, "Run not found")
    return stored


def _cancel(store: Store, stored: StoredRun) -> Canceled:
    return cancel(stored, as_open_api=store.cancels_as_open_api(stored.run.project_id))


def _decoded(body: bytes, shape: type[DataT]) -> DataT:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as error:
        raise ApiError(400, f"bad request body: {error}") from error


def _ok(data: Record, request: Request) -> Response:
    return json_answer(encode(One(data=data)), request.headers)
