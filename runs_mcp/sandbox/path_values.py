"""Values in the path of a request."""

from urllib.parse import unquote

from starlette.requests import Request


def path_value(request: Request, name: str) -> str:
    """One segment of the path; paths are routed raw, so it is decoded only here."""
    return unquote(request.path_params[name])
