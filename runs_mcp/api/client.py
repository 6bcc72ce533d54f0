"""The one door to the network: every request of every provider is built and read here.

A path is a template plus values, each encoded as one segment. One deadline covers the whole
call, retries and waits included. Bodies are streamed and counted as they are decoded. What goes
wrong becomes a `RunsError`. No key, no query string and no body is ever logged.
"""

import logging
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import anyio
import httpx
import msgspec
import stamina

from runs_mcp import __version__, errors
from runs_mcp.api.error_responses import refusal
from runs_mcp.api.response_body import decode, read_body
from runs_mcp.deadline import Deadline
from runs_mcp.text import clip, one_line

logger = logging.getLogger(__name__)

T = TypeVar("T")
Pool: TypeAlias = httpx.AsyncClient
Params: TypeAlias = Sequence[tuple[str, str]]

_RETRIED_STATUS: Final = frozenset({429, 502, 503, 504})
_ATTEMPTS: Final = 5
_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\""
_LINK: Final = re.compile(rf"<(?P<address>[^<>]*)>(?P<parameters>(?:{_QUOTED}|[^\",])*)")
_PARAMETER: Final = re.compile(rf";\s*(?P<name>[^\s=;]+)\s*=\s*(?P<value>{_QUOTED}|[^\s\";]+)")
_CONNECT_SHARE: Final = 1 / 3  # of the deadline, so that a lost SYN leaves time for another try


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A decoded answer.

    Args:
        data: What was sent, as far as it could be read.
        bytes: The size of what it was decoded from.
        has_next: Whether its `Link` header names a next page.
        next_page: The number of that page, where its address has one.
        unreadable: For each record that could not be read, where it stood and why.
    """

    data: T
    bytes: int
    has_next: bool = False
    next_page: int | None = None
    unreadable: tuple[str, ...] = ()


@asynccontextmanager
async def connection_pool(base_url: str) -> AsyncIterator[Pool]:
    """Opens the pool of connections to one API, for as long as the server lives."""
    # A proxy of the environment is for the world outside, not for this machine.
    async with httpx.AsyncClient(
        trust_env=not _is_loopback(base_url),
        follow_redirects=False,
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"runs-mcp/{__version__}",
        },
    ) as pool:
        yield pool


class _Received(NamedTuple):
    body: bytearray
    has_next: bool
    next_page: int | None


class ApiClient:
    """Requests to one API with one caller's key, within one deadline.

    Args:
        pool: The connections to use.
        api: The name of the API, for messages.
        base_url: What every path is appended to.
        key: The caller's key; sent as a Bearer token, never shown.
        key_setting: The setting that holds the key, for messages.
        deadline: The time in which all requests of the call together must be answered.
        max_bytes: The decoded size at which a download is stopped.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        api: str,
        base_url: str,
        key: str,
        key_setting: str,
        deadline: Deadline,
        max_bytes: int,
    ) -> None:
        self._pool = pool
        self._api = api
        self._base_url = base_url
        self._key = key
        self._key_setting = key_setting
        self._time = deadline
        self._max_bytes = max_bytes

    def __repr__(self) -> str:
        return f"<ApiClient {self._api}>"

    async def get(
        self, answer_type: type[T], path: str, params: Params = (), **values: str
    ) -> Answer[T]:
        """Reads `path`, with `{name}` in it replaced by the encoded `values`.

        Raises:
            RunsError: Whatever went wrong; tried again first where that is safe and may help.
        """
        url = self._base_url + _fill(path, values)
        failure: errors.RunsError | None = None
        try:
            with anyio.fail_after(self._time.left_s()):
                async for attempt in _attempts(self._pause_before_retry):
                    with attempt:
                        try:
                            received = await self._send("GET", url, path, params)
                        except errors.RunsError as error:
                            failure = error
                            raise
        except TimeoutError:
            raise self._deadline_exceeded(failure) from failure
        data, unreadable = decode(received.body, answer_type, self._api)
        return Answer(data, len(received.body), received.has_next, received.next_page, unreadable)

    async def write(
        self,
        method: Literal["PUT", "DELETE"],
        answer_type: type[T],
        path: str,
        body: msgspec.Struct | None = None,
        **values: str,
    ) -> T:
        """Sends a request that changes something: once, and again only if it never left.

        Raises:
            AnswerLost: It may have been carried out, or not.
            RunsError: It was not carried out.
        """
        url = self._base_url + _fill(path, values)
        content = None if body is None else msgspec.json.encode(body)
        unsent: errors.NotConnected | None = None
        try:
            with anyio.fail_after(self._time.left_s()):
                async for attempt in _attempts(errors.NotConnected):
                    with attempt:
                        unsent = None
                        try:
                            answer = await self._send(method, url, path, (), content)
                        except errors.NotConnected as error:
                            unsent = error
                            raise
            return decode(answer.body, answer_type, self._api)[0]
        except errors.NotConnected:
            raise
        except TimeoutError as error:
            # In a pause between attempts to connect nothing is under way.
            raise (
                self._deadline_exceeded(unsent) if unsent else self._answer_lost(error)
            ) from error
        except (errors.Unreachable, errors.MalformedResponse) as error:
            raise self._answer_lost(error) from error
        except (errors.UpstreamError, errors.TooLarge) as error:
            if error.status is not None and 300 <= error.status < 500:
                raise  # It was refused.
            raise self._answer_lost(error) from error

    def _answer_lost(self, error: Exception) -> errors.AnswerLost:
        why = error.what if isinstance(error, errors.RunsError) else "It did not answer in time."
        return errors.AnswerLost(
            f"The {self._api} API got the request, and what it did is not known. {why}",
            status=getattr(error, "status", None),
        )

    async def _send(
        self, method: str, url: str, path: str, params: Params, content: bytes | None = None
    ) -> _Received:
        """Sends one request. Logs the template of its path, never what was filled in."""
        started = time.monotonic()
        outcome = "failed"
        try:
            async with self._pool.stream(
                method,
                url,
                params=list(params) or None,
                content=content,
                headers={
                    "Authorization": f"Bearer {self._key}",
                    **({"Content-Type": "application/json"} if content is not None else {}),
                },
                timeout=httpx.Timeout(None, connect=self._time.seconds * _CONNECT_SHARE),
            ) as response:
                outcome = str(response.status_code)
                if not response.is_success:
                    raise await refusal(
                        response, api=self._api, key=self._key, key_setting=self._key_setting
                    )
                # Of a Link (RFC 8288) only the page's number is read: its URL can hold a token.
                link = _next_link(response.headers.get("Link", ""))
                next_page = None if link is None else _page_number(link)
                body = await read_body(response, self._max_bytes, self._api)
                return _Received(body, link is not None, next_page)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise errors.NotConnected(
                f"No connection to the {self._api} API at {_origin(self._base_url)} could be made: "
                f"{clip(one_line(str(error)), 200) or 'it took too long'}.",
                next_step="Check that the API's URL is right and that this machine may reach it; "
                "`runs-mcp check` tests it.",
            ) from error
        except httpx.TransportError as error:
            raise errors.Unreachable(
                f"The connection to the {self._api} API broke off before the answer was complete."
            ) from error
        finally:
            logger.info(
                "%s %s %s %s in %d ms",
                self._api,
                method,
                path,
                outcome,
                (time.monotonic() - started) * 1000,
            )

    def _pause_before_retry(self, error: Exception) -> bool | float:
        """Says whether to try again: no, after the usual pause, or after so many seconds."""
        if isinstance(error, errors.Unreachable):
            return True
        if not isinstance(error, errors.RunsError) or error.status not in _RETRIED_STATUS:
            return False
        if error.retry_after_s is None:
            return True
        return error.retry_after_s if error.retry_after_s < self._time.left_s() else False

    def _deadline_exceeded(self, failure: errors.RunsError | None) -> errors.DeadlineExceeded:
        before = f" Before that: {failure.what}" if failure else ""
        return errors.DeadlineExceeded(
            f"The {self._api} API gave no answer within {self._time.seconds:g} s, "
            f"the deadline of one call.{before}",
            retry_after_s=failure.retry_after_s if failure else None,
        )


def _attempts(
    again: type[errors.RunsError] | Callable[[Exception], bool | float],
) -> AsyncIterable[stamina.Attempt]:
    """Returns the attempts at a request, with growing pauses; the call's time is their end."""
    return stamina.retry_context(
        on=again,
        attempts=_ATTEMPTS,
        timeout=None,
        wait_initial=0.2,
        wait_max=5,
        wait_jitter=0.3,
    )


def _fill(path: str, values: Mapping[str, str]) -> str:
    """Returns the path with each value as exactly one segment.

    Raises:
        InvalidArgument: A value is empty or would climb in the path.
    """
    for name, value in values.items():
        if value in ("", ".", ".."):
            raise errors.InvalidArgument(f"{name} is empty or no name; nothing was requested.")
    return path.format_map({name: quote(value, safe="") for name, value in values.items()})


def _next_link(header: str) -> str | None:
    """Returns the address of the next page in a `Link` header (RFC 8288), if it names one."""
    for link in _LINK.finditer(header):
        for parameter in _PARAMETER.finditer(link["parameters"]):
            relations = parameter["value"].strip('"').lower().split()
            if parameter["name"].lower() == "rel" and "next" in relations:
                return link["address"]
    return None


def _page_number(url: str) -> int | None:
    number = parse_qs(urlsplit(url).query).get("page", [""])[-1]
    return int(number) if re.fullmatch(r"[0-9]{1,9}", number) else None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
