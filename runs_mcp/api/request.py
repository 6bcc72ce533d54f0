"""One request to an API, sent once, and its response.

No key, no query string and no body is ever logged.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import httpx

from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.error_responses import refusal
from runs_mcp.api.link_header import NextPage, next_page
from runs_mcp.api.memory_budget import HeldMemory
from runs_mcp.api.response_body import read_body
from runs_mcp.api.transport_errors import MEANINGS, error_of
from runs_mcp.errors import MalformedResponse
from runs_mcp.telemetry import api_request

Params: TypeAlias = Sequence[tuple[str, str]]

logger = logging.getLogger(__name__)


class Request(NamedTuple):
    """A request to an endpoint.

    Args:
        method: The HTTP method.
        template: The template of its path, for the log.
        path: The path, its values filled in.
        params: The parameters of the query.
        content: The JSON to send.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    template: str
    path: str
    params: Params = ()
    content: bytes | None = None


class Received(NamedTuple):
    """A successful response: its decoded body, and what its `Link` header names."""

    body: bytearray
    next_page: NextPage


async def send(
    connections: httpx.AsyncClient,
    endpoint: Endpoint,
    request: Request,
    held: HeldMemory,
    *,
    resends: int,
    step_s: float,
    max_bytes: int,
) -> Received:
    """Sends a request once.

    Args:
        connections: The connections to use.
        endpoint: Where to send it.
        request: What to send.
        held: The memory that the response takes.
        resends: How often it was sent before.
        step_s: The seconds in which a connection must be made, and an error's body be read.
        max_bytes: The decoded size at which a download is stopped.

    Raises:
        RunsError: There was no response, or not a successful one.
    """
    with (
        _logged(endpoint, request) as log,
        api_request(
            endpoint.api, request.method, request.template, endpoint.host, resends
        ) as traced,
        _transport_errors_mapped(endpoint),
    ):
        async with connections.stream(
            request.method,
            endpoint.base_url + request.path,
            params=list(request.params) or None,
            content=request.content,
            headers=_headers(endpoint.key, request.content),
            timeout=httpx.Timeout(None, connect=step_s),
        ) as response:
            log.outcome = str(response.status_code)
            traced.answered(response.status_code)
            if not response.is_success:
                raise await refusal(response, endpoint, step_s)
            link = next_page(response.headers.get("Link", ""))
            body = await read_body(response, max_bytes, endpoint.api, held)
            traced.downloaded(len(body))
            return Received(body, link)


@dataclass
class _LogLine:
    outcome: str = "failed"


@contextmanager
def _logged(endpoint: Endpoint, request: Request) -> Iterator[_LogLine]:
    """Logs a request when it has ended, with the outcome that is set meanwhile."""
    started = time.monotonic()
    line = _LogLine()
    try:
        yield line
    finally:
        elapsed_ms = (time.monotonic() - started) * 1000
        logger.info(
            "%s %s %s %s in %d ms",
            endpoint.api,
            request.method,
            request.template,
            line.outcome,
            elapsed_ms,
        )


@contextmanager
def _transport_errors_mapped(endpoint: Endpoint) -> Iterator[None]:
    try:
        yield
    except tuple(MEANINGS) as error:
        raise error_of(error, endpoint) from error
    except UnicodeError as error:  # of httpx, about the `Location` of a redirect
        raise MalformedResponse(
            f"The {endpoint.api} API answered with a redirect to a host that cannot exist."
        ) from error


def _headers(key: str, content: bytes | None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {key}"}
    if content is not None:
        headers["Content-Type"] = "application/json"
    return headers
