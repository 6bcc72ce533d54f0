"""How the API refuses: a status and a message."""

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from runs_mcp.sandbox.json_answers import json_answer


class ApiError(Exception):
    """A refusal, with the status and the message that the caller gets."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found() -> ApiError:
    """What the API says of everything that it does not have, or does not show."""
    return ApiError(404, "Not Found")


def error_response(error: ApiError, headers: Headers) -> Response:
    """The answer that says so."""
    return json_answer(msgspec.json.encode({"message": error.message}), headers, error.status)
