"""The client of an API: retries, deadlines, and what a failed write means."""

import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from runs_mcp.api.client import ApiClient
from runs_mcp.api.connections import Pool
from runs_mcp.deadline import Deadline
from runs_mcp.errors import (
    AnswerLost,
    Conflict,
    DeadlineExceeded,
    InvalidArgument,
    NotConnected,
    NotFound,
    RateLimited,
    RunsError,
    TooLarge,
    UpstreamError,
)

URL = "https://api.example/v1"
KEY = "k3y-of-the-caller"


class Api:
    """An API that answers its requests one after the other, the last answer again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

    def client(self, *, seconds: float = 30, max_bytes: int = 1000) -> ApiClient:
        connections = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return ApiClient(
            Pool(connections, connections),
            api="Example",
            base_url=URL,
            key=KEY,
            key_setting="EXAMPLE_KEY",
            url_setting="EXAMPLE_URL",
            deadline=Deadline(seconds),
            max_bytes=max_bytes,
        )


def answering(status: int, body: bytes = b"{}") -> httpx.Response:
    return httpx.Response(status, content=body)


async def cancel(client: ApiClient) -> object:
    return await client.write("PUT", dict[str, Any], "/runs/{run_id}/cancel", run_id="r")


async def read(client: ApiClient) -> object:
    return (await client.get(dict[str, Any], "/runs/{run_id}", run_id="r")).data


async def test_a_request_has_the_key_and_the_encoded_path() -> None:
    api = Api(answering(200))
    await api.client().get(dict[str, Any], "/runs/{run_id}", [("a", "1"), ("a", "2")], run_id="r/s")
    (request,) = api.requests
    assert str(request.url) == f"{URL}/runs/r%2Fs?a=1&a=2"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert "Content-Type" not in request.headers


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(Api().client())


async def test_the_key_is_in_no_record_that_is_read() -> None:
    sent = f'{{"commit":{{"message":"printed env: API_KEY={KEY}"}}}}'
    api = Api(answering(200, sent.encode()))
    assert await read(api.client()) == {"commit": {"message": "printed env: API_KEY=…"}}


async def test_what_takes_too_long_ends_at_the_deadline_while_other_calls_go_on() -> None:
    client, held, goes_on = Api().client(seconds=0.3), threading.Event(), anyio.Event()

    async def another_call() -> None:
        await anyio.lowlevel.checkpoint()
        goes_on.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(another_call)
        with pytest.raises(DeadlineExceeded):
            await client.work_on(lambda: held.wait(30), 10**6)
    held.set()
    assert goes_on.is_set()
    assert await client.work_on(lambda: "small", 10) == "small"


async def test_arguments_too_long_for_a_url_are_refused() -> None:
    api = Api(answering(200))
    with pytest.raises(InvalidArgument, match="nothing was requested"):
        await api.client().get(dict[str, Any], "/runs/{run_id}", run_id="r" * 100_000)
    assert api.requests == []


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(
    "failure", [httpx.ReadError("reset"), httpx.ConnectError("refused"), answering(503)]
)
async def test_a_read_is_retried(failure: httpx.Response | Exception) -> None:
    api = Api(failure, failure, answering(200, b'{"a":1}'))
    assert await read(api.client()) == {"a": 1}
    assert len(api.requests) == 3


async def test_there_is_a_pause_before_another_attempt_whatever_the_api_says() -> None:
    api = Api(httpx.Response(429, headers={"Retry-After": "0"}))
    with pytest.raises(RateLimited):
        await read(api.client(seconds=0.5))
    assert len(api.requests) <= 3


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("call", [read, cancel])
async def test_there_are_five_attempts(call: Callable[[ApiClient], Any]) -> None:
    api = Api(httpx.ConnectError("refused"))
    with pytest.raises(NotConnected):
        await call(api.client())
    assert len(api.requests) == 5


@pytest.mark.usefixtures("no_pauses")
async def test_a_write_is_retried_only_where_no_connection_was_made() -> None:
    api = Api(httpx.ConnectError("refused"), httpx.ConnectTimeout(""), answering(200, b'{"a":1}'))
    assert await cancel(api.client()) == {"a": 1}
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("failure", "error_type"),
    [
        (answering(302), UpstreamError),
        (answering(402), UpstreamError),
        (answering(409), Conflict),
        (answering(413), TooLarge),
        (answering(422), Conflict),
        (answering(429), RateLimited),
    ],
)
async def test_a_refused_write_was_not_carried_out(
    failure: httpx.Response, error_type: type[RunsError]
) -> None:
    api = Api(failure)
    with pytest.raises(error_type) as refused:
        await cancel(api.client())
    assert type(refused.value) is error_type
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (httpx.ReadError("reset"), None),
        (httpx.WriteError("reset"), None),
        (httpx.RemoteProtocolError("no response"), None),
        (answering(500), 500),
        (answering(503), 503),
        (answering(200, b"<html>"), None),
        (answering(200, b"x" * 2000), 200),
    ],
)
async def test_a_write_without_a_clear_answer_may_have_been_carried_out(
    failure: httpx.Response | Exception, status: int | None
) -> None:
    api = Api(failure)
    with pytest.raises(AnswerLost, match="what it did is not known") as lost:
        await cancel(api.client())
    assert lost.value.status == status
    assert len(api.requests) == 1


class Endless(httpx.AsyncByteStream):
    """A body that begins, and never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"error":"'
        await anyio.sleep_forever()


async def test_the_status_of_an_error_counts_though_its_body_has_no_end() -> None:
    with pytest.raises(NotFound, match="answered 404"):
        await read(Api(httpx.Response(404, stream=Endless())).client(seconds=0.3))
    with pytest.raises(Conflict, match="answered 409"):
        await cancel(Api(httpx.Response(409, stream=Endless())).client(seconds=0.3))


async def test_a_write_that_is_cut_off_by_the_deadline_may_have_been_carried_out() -> None:
    class Silent(Api):
        async def answer(self, request: httpx.Request) -> httpx.Response:
            await anyio.sleep_forever()
            raise AssertionError(request)

    with pytest.raises(AnswerLost, match="did not answer in time"):
        await cancel(Silent().client(seconds=0.05))
    with pytest.raises(DeadlineExceeded, match=r"within 0\.05 s"):
        await read(Silent().client(seconds=0.05))


async def test_a_write_whose_deadline_passes_in_a_pause_was_not_carried_out() -> None:
    # The first pause takes at least 0.2 s.
    with pytest.raises(DeadlineExceeded, match="Before that: No connection to the Example API"):
        await cancel(Api(httpx.ConnectError("refused")).client(seconds=0.15))
