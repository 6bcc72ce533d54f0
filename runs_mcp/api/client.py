"""The client that every request of every provider goes through.

A path is a template plus values, each encoded as one segment. One deadline covers the whole
call, retries and pauses included. Bodies are streamed, and counted as they are decoded. Every
failure is a `RunsError`.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import httpx
import msgspec

from runs_mcp.api.answer_size import AnswerSize
from runs_mcp.api.attempts import Attempts, read_attempts, write_attempts
from runs_mcp.api.connections import Pool
from runs_mcp.api.endpoint import Endpoint
from runs_mcp.api.memory_budget import HeldMemory
from runs_mcp.api.path_templates import fill_path
from runs_mcp.api.record_cache import CallerRecords, RecordCache
from runs_mcp.api.request import Params, Received, Request, send
from runs_mcp.api.response_body import decode, forgotten_on_error
from runs_mcp.deadline import Deadline
from runs_mcp.errors import (
    AnswerLost,
    DeadlineExceeded,
    InternalError,
    MalformedResponse,
    NotConnected,
    RunsError,
    TooLarge,
    Unreachable,
    UpstreamError,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

_SMALL_BYTES: Final = (
    20_000  # of an answer that takes a few milliseconds to read, whatever is in it
)
_STEP_SHARE: Final = 1 / 3  # of the deadline: a lost SYN leaves time for another attempt


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A decoded answer.

    Args:
        data: What was sent, as far as it could be read.
        bytes: The size of what it was decoded from.
        has_next: Whether its `Link` header names a next page.
        next_page: The number of that page, where its URL has one.
        unreadable: For each record that could not be read, where it stood and why.
    """

    data: T
    bytes: int
    has_next: bool = False
    next_page: int | None = None
    unreadable: tuple[str, ...] = ()


class ApiClient:
    """Requests to one API with one caller's key, within one deadline.

    Args:
        pool: The connections to use.
        api: The name of the API, for messages.
        base_url: What every path is appended to.
        key: The caller's key; sent as a Bearer token, never shown.
        key_setting: The setting that holds the key, for messages.
        url_setting: The setting that holds the address, for messages.
        deadline: The deadline of all requests together.
        max_bytes: The decoded size at which a download is stopped.
        records: What the caller has read before; by default nothing is kept.

    Attributes:
        sent: How many requests were sent so far, those that were repeated included.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        api: str,
        base_url: str,
        key: str,
        key_setting: str,
        url_setting: str,
        deadline: Deadline,
        max_bytes: int,
        records: CallerRecords | None = None,
    ) -> None:
        self._pool = pool
        self._kept: HeldMemory | None = None
        self._api = api
        self._endpoint = Endpoint(api, base_url, key, key_setting, url_setting)
        self._deadline = deadline
        self.max_bytes = max_bytes
        self.records = records or RecordCache(0).of("")
        self.sent = 0

    def __repr__(self) -> str:
        return f"<ApiClient {self._api}>"

    @asynccontextmanager
    async def answer(
        self, answer_type: type[T], path: str, params: Params = (), **values: str
    ) -> AsyncIterator[Answer[T]]:
        """Reads `path`, with `{name}` in it replaced by the encoded `values`.

        What it takes up in memory counts until the end of the block, see `MemoryBudget`: make what
        is kept of it there.

        Raises:
            RunsError: The read failed, and was retried where that is safe and may help.
        """
        request = Request("GET", path, fill_path(path, values), params)
        async with self._read(request, answer_type) as answer:
            yield answer

    async def get(
        self, answer_type: type[T], path: str, params: Params = (), **values: str
    ) -> Answer[T]:
        """Reads what is small, or is kept as it is; see `answer`."""
        async with self.answer(answer_type, path, params, **values) as answer:
            return answer

    async def post_query(self, answer_type: type[T], path: str, body: msgspec.Struct) -> Answer[T]:
        """Sends a POST that changes nothing, and so may be repeated; else as `get`."""
        request = Request("POST", path, path, content=msgspec.json.encode(body))
        async with self._read(request, answer_type) as answer:
            return answer

    @asynccontextmanager
    async def _read(self, request: Request, answer_type: type[T]) -> AsyncIterator[Answer[T]]:
        attempts = read_attempts(self._deadline)
        with self._memory_of_answer() as held:
            try:
                with self._unforeseen_as_error():
                    received = await attempts.run(
                        lambda: self._send(self._pool.reads, request, held, attempts)
                    )
                    decoded = await self._decode(received, answer_type, held)
            except TimeoutError as error:
                raise self._deadline_exceeded(attempts.failure) from error
            yield decoded

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Counts the memory of all answers that are read until the end of the block.

        For records that are kept whole.
        """
        with self._pool.memory.answer() as self._kept:
            try:
                yield
            finally:
                self._kept = None

    async def work_on(self, work: Callable[[], T], size: int | None = None) -> T:
        """Returns what `work` makes of an answer of so many bytes, see `Deadline.run_in_thread`.

        What may take long is done in a thread, so that other calls go on; without a size, all is.

        Raises:
            DeadlineExceeded: It took too long.
            InternalError: It failed in a way that was not foreseen.
        """
        try:
            with self._unforeseen_as_error():
                return await self._work_on(work, size)
        except TimeoutError as error:
            raise self._deadline_exceeded(None) from error

    async def write(
        self,
        method: Literal["PUT", "DELETE"],
        answer_type: type[T],
        path: str,
        body: msgspec.Struct | None = None,
        **values: str,
    ) -> T:
        """Sends a request that changes something: once, or again if no connection was made.

        Raises:
            AnswerLost: It may have been carried out, or not.
            RunsError: It was not carried out.
        """
        content = None if body is None else msgspec.json.encode(body)
        request = Request(method, path, fill_path(path, values), content=content)
        attempts = write_attempts(self._deadline)
        try:
            with self._pool.memory.answer() as held:
                received = await attempts.run(
                    lambda: self._send(self._pool.writes, request, held, attempts)
                )
                return (await self._decode(received, answer_type, held)).data
        except TimeoutError as error:
            if attempts.is_sending:
                raise self._answer_lost("It did not answer in time.") from error
            raise self._deadline_exceeded(attempts.failure) from error
        except RunsError as error:
            if _may_have_been_carried_out(error):
                raise self._answer_lost(error.what, error.status) from error
            raise

    async def _decode(
        self, received: Received, answer_type: type[T], held: HeldMemory
    ) -> Answer[T]:
        key, api = self._endpoint.key, self._api
        body = received.body
        sent = len(body)
        size = await self._work_on(lambda: AnswerSize.of(body), sent)
        with self._deadline.fail_after(), forgotten_on_error(body):
            await held.grow_to(sent + size.needed)
        data, unreadable = await self._work_on(
            lambda: decode(body, answer_type, api, key=key, size=size), sent
        )
        link = received.next_page
        return Answer(data, sent, link.exists, link.number, unreadable)

    async def _work_on(self, work: Callable[[], T], size: int | None) -> T:
        if size is not None and size <= _SMALL_BYTES:
            return work()
        return await self._deadline.run_in_thread(work)

    @contextmanager
    def _memory_of_answer(self) -> Iterator[HeldMemory]:
        if self._kept is None:
            with self._pool.memory.answer() as held:
                yield held
        else:
            yield self._kept
            self._kept.keep()

    @contextmanager
    def _unforeseen_as_error(self) -> Iterator[None]:
        """Makes a `RunsError` of every other, so that one odd answer does not cost the others."""
        try:
            yield
        except (RunsError, TimeoutError):
            raise
        except Exception as error:
            logger.exception("reading an answer failed unexpectedly")
            raise InternalError(
                f"Reading an answer of the {self._api} API failed unexpectedly."
            ) from error

    async def _send(
        self,
        connections: httpx.AsyncClient,
        request: Request,
        held: HeldMemory,
        attempts: Attempts,
    ) -> Received:
        self.sent += 1
        return await send(
            connections,
            self._endpoint,
            request,
            held,
            resends=attempts.failures,
            step_s=self._deadline.seconds * _STEP_SHARE,
            max_bytes=self.max_bytes,
        )

    def _answer_lost(self, why: str, status: int | None = None) -> AnswerLost:
        return AnswerLost(
            f"The {self._api} API got the request, and what it did is not known. {why}",
            status=status,
        )

    def _deadline_exceeded(self, failure: RunsError | None) -> DeadlineExceeded:
        before = f" Before that: {failure.what}" if failure else ""
        return DeadlineExceeded(
            f"The {self._api} API gave no answer within {self._deadline.seconds:g} s, "
            f"the deadline of one call.{before}",
            retry_after_s=failure.retry_after_s if failure else None,
        )


def _may_have_been_carried_out(error: RunsError) -> bool:
    """Whether a write that failed like this may have been carried out: nothing refused it."""
    if isinstance(error, NotConnected) or (error.status and 300 <= error.status < 500):
        return False
    return isinstance(error, Unreachable | MalformedResponse | UpstreamError | TooLarge)
