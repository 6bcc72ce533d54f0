"""Response bodies: downloaded up to a size, then decoded as typed JSON."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final, TypeVar

import anyio
import anyio.lowlevel
import httpx
import msgspec

from runs_mcp import errors
from runs_mcp.api.answer_size import AnswerSize
from runs_mcp.api.gunzip import GZIP_ERRORS, Gunzip
from runs_mcp.api.json_texts import with_valid_texts
from runs_mcp.api.lenient_decoding import decode_leniently
from runs_mcp.api.memory_budget import HeldMemory
from runs_mcp.text import body_without_key

T = TypeVar("T")

_PARTS_AT_ONCE: Final = 50
_one_at_a_time: Final = threading.Lock()


async def read_body(
    response: httpx.Response, max_bytes: int, api: str, held: HeldMemory
) -> bytearray:
    """Returns the body, decompressed.

    Args:
        response: The response.
        max_bytes: The most bytes that it may have.
        api: The name of the API, for messages.
        held: The memory that the body takes.

    Raises:
        TooLarge: It has more than `max_bytes`, whatever `Content-Length` says.
        MalformedResponse: It cannot be decompressed.
        Unreachable: It came too slowly while others waited for the memory that it held.
    """
    body = bytearray()
    with forgotten_on_error(body), held.downloading() as download:
        async for part in _decoded_parts(response, api):
            body += part
            if len(body) > max_bytes:
                raise errors.TooLarge(
                    f"The {api} API's answer is larger than {max_bytes:,} bytes; "
                    "the download was stopped.",
                    status=response.status_code,
                )
            await held.grow_to(len(body))
    if download.cancelled_caught:
        body.clear()
        raise errors.Unreachable(
            f"The {api} API sent a large answer so slowly that others could not be read meanwhile; "
            "the download was stopped."
        )
    return body


@contextmanager
def forgotten_on_error(body: bytearray) -> Iterator[None]:
    """Empties a body if the block fails: the error's traceback would keep it in memory."""
    try:
        yield
    except BaseException:
        body.clear()
        raise


async def read_head(response: httpx.Response, max_bytes: int, seconds: float) -> bytes:
    """Returns the first bytes of an error's body, or none if they cannot be read.

    The status is enough: a body that does not end in time must not take its place.
    """
    head = bytearray()
    try:
        with anyio.move_on_after(seconds):
            async for part in _decoded_parts(response, ""):
                head += part
                if len(head) >= max_bytes:
                    break
    except (httpx.TransportError, errors.MalformedResponse):
        return b""
    return bytes(head[:max_bytes])


async def _decoded_parts(response: httpx.Response, api: str) -> AsyncIterator[bytes]:
    """Yields the decompressed body in parts of bounded size, so that its size can be checked."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for raw in _raw_parts(response):
            yield raw
        return
    if encoding not in ("gzip", "x-gzip"):
        raise errors.MalformedResponse(
            f"The {api} API's answer is encoded in a way that was not asked for.",
            status=response.status_code,
        )
    gunzip = Gunzip()
    try:
        async for raw in _raw_parts(response):
            for part in gunzip.parts(raw):
                yield part
                await anyio.lowlevel.checkpoint()
    except GZIP_ERRORS as error:
        raise _not_json(api) from error
    if not gunzip.is_complete:
        raise _not_json(api)


async def _raw_parts(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yields the parts as sent; thousands can come at once, and other calls go on meanwhile."""
    count = 0
    async for raw in response.aiter_raw():
        yield raw
        count += 1
        if count % _PARTS_AT_ONCE == 0:
            await anyio.lowlevel.checkpoint()


def decode(
    body: bytearray,
    answer_type: type[T],
    api: str,
    *,
    key: str = "",
    size: AnswerSize | None = None,
) -> tuple[T, tuple[str, ...]]:
    """Decodes JSON: unknown fields are ignored, and numbers may be strings. Empties the body.

    Returns what could be read, and for each record that could not, where it stood and why.

    Args:
        body: The JSON.
        answer_type: What it is decoded to.
        api: The name of the API, for messages.
        key: The caller's key, which is taken out.
        size: That of the body, if it is known already.

    Raises:
        TooLarge: It holds more objects or items than there is memory for.
        MalformedResponse: It is not JSON, or not of the documented shape as a whole.
    """
    try:
        fitted = (size or AnswerSize.of(body)).fit(body, api)
        data, unreadable = _decode_valid(fitted, answer_type)
        return _without_key(data, answer_type, key), unreadable
    except msgspec.ValidationError as error:
        raise errors.MalformedResponse(
            f"The {api} API's answer is not of the documented shape: {error}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(api) from error
    finally:
        body.clear()  # An error's traceback would keep it in memory.


def _without_key(data: T, answer_type: type[T], key: str) -> T:
    """Returns what was read without the key, before anything cuts or masks a text in it.

    It is searched as JSON, which has a fraction of the bytes that were sent.
    """
    kept = bytearray(msgspec.json.encode(data))
    cleaned = body_without_key(kept, key)
    return data if cleaned is kept else _decode(cleaned, answer_type)[0]


def _decode_valid(body: bytearray, answer_type: type[T]) -> tuple[T, tuple[str, ...]]:
    """Does the same with texts that are not valid."""
    try:
        return _decode(body, answer_type)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        valid = with_valid_texts(body)
    with forgotten_on_error(valid):
        return _decode(valid, answer_type)


def _decode(body: bytes | bytearray, answer_type: type[T]) -> tuple[T, tuple[str, ...]]:
    try:
        return _decoder(answer_type).decode(body), ()
    except msgspec.ValidationError:
        return decode_leniently(body, answer_type)


def _decoder(answer_type: type[T]) -> msgspec.json.Decoder[T]:
    """Returns the decoder of a type. Two threads that prepare one at once crash msgspec 0.22."""
    with _one_at_a_time:
        return _new_decoder(answer_type)  # type: ignore[arg-type]  # a type is hashable


@cache
def _new_decoder(answer_type: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(answer_type, strict=False)


def _not_json(api: str) -> errors.MalformedResponse:
    return errors.MalformedResponse(f"The {api} API answered with something that is not JSON.")
