"""JSON answers, as gzip where the request accepts it."""

import gzip
import re

from starlette.datastructures import Headers
from starlette.responses import Response

_GZIP_LEVEL = 1
_GZIP_WANTED = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?\s*(?:,|$))|,|$)")


def compress(body: bytes) -> bytes:
    """Returns the body as gzip, for speed rather than size."""
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def wants_gzip(headers: Headers) -> bool:
    """Whether the request's Accept-Encoding accepts gzip."""
    return _GZIP_WANTED.search(headers.get("accept-encoding", "").lower()) is not None


def json_answer(body: bytes, headers: Headers, status: int = 200) -> Response:
    """Returns the answer, as gzip where the request accepts it."""
    if wants_gzip(headers):
        return encoded_answer(compress(body), gzipped=True, status=status)
    return encoded_answer(body, gzipped=False, status=status)


def encoded_answer(content: bytes, *, gzipped: bool, status: int = 200) -> Response:
    """Returns the answer with this content, which is compressed already if gzipped."""
    answer = Response(content, status, media_type="application/json")
    answer.headers["vary"] = "Accept-Encoding"
    if gzipped:
        answer.headers["content-encoding"] = "gzip"
    return answer
