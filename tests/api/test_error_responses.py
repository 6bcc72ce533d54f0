"""Errors made of responses other than 2xx."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.error_responses import refusal
from runs_mcp.errors import RunsError


async def refused(
    body: object | bytes, status: int = 403, headers: dict[str, str] | None = None
) -> RunsError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = httpx.Request("GET", "https://api.example/x")

    async def parts() -> AsyncIterator[bytes]:
        yield content

    response = httpx.Response(status, content=parts(), headers=headers, request=request)
    return await refusal(response, Endpoint("Example", "https://api.example", "k3y", "KEY", "URL"))


@pytest.mark.parametrize(
    "body",
    [
        {"message": "no such scope"},
        {"error": "no such scope"},
        {"error": {"code": 7, "message": "no such scope"}, "message": 5},
        {"error": None, "message": ["no such scope", "and more"]},
        {"errors": [{"message": "no such scope"}]},
        ["no such scope"],
        "no such scope",
    ],
)
async def test_the_message_is_found_in_every_form(body: object) -> None:
    assert (await refused(body)).what == 'The Example API answered 403: "no such scope".'


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", "answered 403 with nothing."),
        (b"<html>", "answered 403 with something that is not JSON."),
        (b'{"x":' + b"[" * 30_000, "answered 403 with something that is not JSON."),
        (b'{"error":' * 20 + b'"deep"' + b"}" * 20, "answered 403."),
        (b"{}", "answered 403."),
        (b'{"message": "too much", "limit": 1e400}', "too much"),
        (b'{"message": "cut \xed\xa0\x80 text"}', "cut"),
    ],
)
async def test_without_a_message_the_error_gives_the_status(body: bytes, shown: str) -> None:
    assert shown in (await refused(body)).what


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "soon", ""]
)
async def test_an_invalid_date_is_no_time_to_wait(date: str) -> None:
    error = await refused({}, 429, {"Retry-After": date, "RateLimit-Reset": "x"})
    assert error.retry_after_s in (None, 0.0)


async def test_no_signed_address_is_in_the_words_of_a_proxy() -> None:
    endpoint = Endpoint("Example", "https://api.example", "k3y", "KEY", "URL")
    words = b"log in at https://login.example/?sig=abcdef0123456789&x=1"
    response = httpx.Response(407, extensions={"reason_phrase": words})
    error = await refusal(response, endpoint)
    assert "log in at https://login.example/" in error.what
    assert "abcdef0123456789" not in error.what
