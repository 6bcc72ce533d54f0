"""The errors of the API: a status and a message."""

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from runs_mcp.sandbox.json_answers import json_answer


class ApiError(Exception):
    """An error, with the status and the message of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found() -> ApiError:
    """Returns the error for whatever does not exist or is not shown."""
    return ApiError(404, "Not Found")


def error_response(error: ApiError, headers: Headers) -> Response:
    """Returns the answer for an error."""
    return json_answer(msgspec.json.encode({"message": error.message}), headers, error.status)
