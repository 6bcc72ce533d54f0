"""Values in the path of a request."""

from urllib.parse import unquote

from starlette.requests import Request


def path_value(request: Request, name: str) -> str:
    """Returns a decoded segment of the path; requests are routed by the raw path."""
    return unquote(request.path_params[name])
