"""Faults and recorded requests over HTTP, for clients in other processes."""

from dataclasses import fields

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runs_mcp.sandbox.faults import Fault, FaultList
from runs_mcp.sandbox.recorded_request import RecordedRequest


def control_routes(faults: FaultList, requests: list[RecordedRequest]) -> list[Route]:
    """Returns POST and DELETE /sandbox/faults, and GET /sandbox/requests."""

    async def add_fault(request: Request) -> Response:
        try:
            faults.add(_fault(await request.body()))
        except (msgspec.MsgspecError, ValueError) as error:
            return Response(f"not a valid fault: {error}", 400, media_type="text/plain")
        return Response(status_code=204)

    async def clear_faults(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def recorded_requests(_: Request) -> Response:
        return Response(msgspec.json.encode(list(requests)), media_type="application/json")

    return [
        Route("/sandbox/faults", add_fault, methods=["POST"]),
        Route("/sandbox/faults", clear_faults, methods=["DELETE"]),
        Route("/sandbox/requests", recorded_requests, methods=["GET"]),
    ]


def _fault(body: bytes) -> Fault:
    given = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    unknown = set(given) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no field {min(unknown)}")
    return msgspec.json.decode(body, type=Fault)
