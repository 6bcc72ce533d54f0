"""The API's envelopes, and how an answer is put on the wire."""

import gzip
import re
import time
from typing import Generic, Literal, TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from runs_mcp.sandbox.assets import sign_assets
from runs_mcp.sandbox.currents.records import Record

_GZIP_LEVEL = 1
_GZIP_WANTED = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?\s*(?:,|$))|,|$)")
DataT = TypeVar("DataT", bound=Record)


class ApiError(Exception):
    """A refusal, with the status and the text that the caller gets."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


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
    """The body of an answer, with its asset URLs signed as of now."""
    return sign_assets(msgspec.json.encode(envelope), time.time())


def compress(body: bytes) -> bytes:
    """The body as gzip, quickly rather than tightly."""
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def wants_gzip(headers: Headers) -> bool:
    """Whether the request's Accept-Encoding allows gzip."""
    return _GZIP_WANTED.search(headers.get("accept-encoding", "").lower()) is not None


def json_answer(body: bytes, headers: Headers, status: int = 200) -> Response:
    """The answer, as gzip where the request allows it."""
    if wants_gzip(headers):
        return encoded_answer(compress(body), gzipped=True, status=status)
    return encoded_answer(body, gzipped=False, status=status)


def encoded_answer(content: bytes, *, gzipped: bool, status: int = 200) -> Response:
    """The answer whose content is compressed already, or is not to be."""
    answer = Response(content, status, media_type="application/json")
    answer.headers["vary"] = "Accept-Encoding"
    if gzipped:
        answer.headers["content-encoding"] = "gzip"
    return answer


def failure(error: ApiError, headers: Headers) -> Response:
    """The envelope of a refusal."""
    return json_answer(encode(_Failure(error=error.text)), headers, error.status)
