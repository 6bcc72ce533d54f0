"""The envelopes of the API's answers, and its errors."""

import time
from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from runs_mcp.sandbox.assets import sign_assets
from runs_mcp.sandbox.currents.records import Record
from runs_mcp.sandbox.json_answers import json_answer

DataT = TypeVar("DataT", bound=Record)


class ApiError(Exception):
    """An error, with the status, the text and the headers of its answer."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers or {}


class One(Record, Generic[DataT], frozen=True, kw_only=True):
    """The envelope of a single record."""

    status: Literal["OK"] = "OK"
    data: DataT


class Many(Record, Generic[DataT], frozen=True, kw_only=True):
    """The envelope of a page of a list."""

    status: Literal["OK"] = "OK"
    data: tuple[DataT, ...]
    has_more: bool = msgspec.field(name="has_more")


class _Failure(Record, frozen=True, kw_only=True):
    status: Literal["FAILED"] = "FAILED"
    error: str


def encode(envelope: Record) -> bytes:
    """Returns the body of an answer, with its asset URLs signed."""
    return sign_assets(msgspec.json.encode(envelope), time.time())


def failure(error: ApiError, headers: Headers) -> Response:
    """Returns the answer for an error."""
    answer = json_answer(encode(_Failure(error=error.text)), headers, error.status)
    answer.headers.update(error.headers)
    return answer
