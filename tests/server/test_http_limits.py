"""How many requests over HTTP are served at once, and how long one may take to arrive."""

from collections.abc import Awaitable, Callable

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from in_process import configured
from starlette.types import Message, Receive, Scope, Send

from runs_mcp.server.http.callers import KeysRequired
from runs_mcp.server.http.limits import BoundedBody, BoundedConcurrency

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Answer:
    """What an application answers to one request."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(message["headers"])
        else:
            self.body += message["body"]


async def asked(app: Application, receive: Receive, caller: str = "", size: int = 0) -> Answer:
    answer = Answer()
    headers = [(b"content-length", str(size).encode())] if size else []
    scope = {"type": "http", "headers": headers, "state": {"caller": caller}}
    await app(scope, receive, answer.send)
    return answer


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def never() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


async def never_answered(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive, send
    await anyio.sleep_forever()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    del scope
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def test_past_the_limits_a_request_is_told_to_come_again() -> None:
    end = anyio.Event()

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await end.wait()
        await echo(scope, receive, send)

    app = BoundedConcurrency(wait, most=3, most_of_caller=2)
    statuses: list[int] = []

    async def ask(caller: str) -> None:
        statuses.append((await asked(app, nothing, caller)).status)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for caller in ("a", "a", "b"):
                tasks.start_soon(ask, caller)
            await wait_all_tasks_blocked()
            busy = await asked(app, nothing, "c")
            end.set()
        assert statuses == [200, 200, 200]
        assert (busy.status, busy.headers[b"retry-after"]) == (503, b"1")

        end = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(ask, "a")
            await wait_all_tasks_blocked()
            too_many = await asked(app, nothing, "a")
            tasks.start_soon(ask, "b")
            end.set()
        assert (too_many.status, too_many.headers[b"retry-after"]) == (429, b"1")
        assert statuses == [200] * 6


async def test_callers_without_keys_of_their_own_are_told_apart_by_their_addresses() -> None:
    app = BoundedConcurrency(never_answered, most_of_caller=1)
    statuses: list[int] = []

    async def ask(address: str) -> None:
        answer = Answer()
        scope = {"type": "http", "headers": [], "client": (address, 1)}
        await app(scope, nothing, answer.send)
        statuses.append(answer.status)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "192.0.2.1")
            tasks.start_soon(ask, "192.0.2.2")
            await wait_all_tasks_blocked()
            await ask("192.0.2.1")
            assert statuses == [429]
            tasks.cancel_scope.cancel()


async def test_a_request_that_does_not_arrive_ends_in_time() -> None:
    app = BoundedBody(echo, seconds=0.05)
    with anyio.fail_after(10):
        assert (await asked(app, never)).status == 408


async def test_all_bodies_together_are_bounded_and_large_ones_are_worked_on_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runs_mcp.server.http.limits.LARGE_BODY_BYTES", 10)
    at_once: list[int] = []
    working = 0
    go_on = anyio.Event()

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal working
        working += 1
        at_once.append(working)
        await go_on.wait()
        await echo(scope, receive, send)
        working -= 1

    app = BoundedBody(work, most_held=100)
    statuses: list[int] = []

    def sending(size: int) -> Receive:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        return receive

    async def ask(size: int) -> None:
        statuses.append((await asked(app, sending(size))).status)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for size in (40, 40, 5, 5):
                tasks.start_soon(ask, size)
            await wait_all_tasks_blocked()
            busy = await asked(app, sending(40))
            go_on.set()
        assert (busy.status, busy.headers[b"retry-after"]) == (503, b"1")
        assert statuses == [200] * 4
        assert max(at_once) == 3  # one of the large ones, and the small ones
        assert (await asked(app, sending(90))).status == 200


@pytest.mark.parametrize("declared", [0, 100])
async def test_a_body_is_passed_on_whole_up_to_the_limit(declared: int) -> None:
    app = BoundedBody(echo, most_bytes=100)

    def in_parts(size: int) -> Receive:
        parts = [b"x" * (size - 10), b"y" * 10]

        async def receive() -> Message:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        return receive

    whole = await asked(app, in_parts(100), size=declared)
    assert (whole.status, whole.body) == (200, b"x" * 90 + b"y" * 10)
    assert (await asked(app, in_parts(101), size=declared)).status == 413
    assert (await asked(app, in_parts(10), size=101)).status == 413


async def test_callers_are_told_apart_by_their_keys_without_them() -> None:
    seen: list[str] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["state"]["caller"])
        await echo(scope, receive, send)

    app = KeysRequired(note, configured({}).for_http("caller"))
    keys = ["key-of-one-0123456789", "key-of-two-0123456789", "key-of-one-0123456789"]
    for key in keys:
        headers = [(b"currents-api-key", key.encode())]
        await app({"type": "http", "headers": headers, "path": "/"}, nothing, Answer().send)
    assert seen[0] == seen[2] != seen[1]
    assert not any(key in caller for key in keys for caller in seen)
