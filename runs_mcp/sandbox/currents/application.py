"""The Currents API as an ASGI application, to be mounted under /v1."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from runs_mcp.sandbox.currents.access import KeyRequired
from runs_mcp.sandbox.currents.answers import ApiError, failure
from runs_mcp.sandbox.currents.read_routes import read_routes
from runs_mcp.sandbox.currents.store import Store
from runs_mcp.sandbox.currents.write_routes import write_routes


def currents_application(store: Store) -> ASGIApp:
    """Returns the application, with all operations and authorization."""
    api = Starlette(
        routes=[*read_routes(store), *write_routes(store)],
        exception_handlers={ApiError: _refused, HTTPException: _unknown},
    )
    api.router.redirect_slashes = False
    return KeyRequired(api)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return failure(error, request.headers)


async def _unknown(request: Request, _: Exception) -> Response:
    # The API answers a wrong method as an unknown path.
    return failure(ApiError(404, f"Cannot {request.method} this path"), request.headers)
