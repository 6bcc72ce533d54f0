"""What Redis or Valkey adds to a store, besides what `test_store` asks of all."""

from pathlib import Path

import anyio
import anyio.abc
import anyio.lowlevel
import pytest
from redis.asyncio import Redis
from redis_server import redis_server

from runs_mcp.confirmation.redis_store import RedisStore
from runs_mcp.errors import Unreachable


async def test_what_has_expired_is_gone_and_can_be_added_again(redis_url: str) -> None:
    store = RedisStore(redis_url)
    assert await store.add("short", "one", 0.001)
    with anyio.fail_after(10):
        while await store.get("short") is not None:
            await anyio.lowlevel.checkpoint()
    assert await store.add("short", "two", 60)
    await store.aclose()


async def test_of_many_processes_at_once_one_adds(redis_url: str) -> None:
    added: list[bool] = []
    stores = [RedisStore(redis_url) for _ in range(8)]

    async def add(store: RedisStore) -> None:
        added.append(await store.add("contested", "x", 60))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for store in stores * 5:
                tasks.start_soon(add, store)
    for store in stores:
        await store.aclose()
    assert sorted(added) == [False] * 39 + [True]


async def test_many_commands_at_once_wait_for_a_connection(redis_url: str) -> None:
    store = RedisStore(redis_url)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for number in range(300):
                tasks.start_soon(store.put, f"of many {number}", "x", 60)
    assert await store.get("of many 299") == "x"
    await store.aclose()


async def test_what_is_no_text_is_read_as_something_else(redis_url: str) -> None:
    store = RedisStore(redis_url)
    async with Redis.from_url(redis_url) as redis:
        await redis.set("runs-mcp odd", b"\xff\xfe", ex=60)
    assert await store.get("odd") == "\ufffd\ufffd"
    await store.aclose()


async def test_a_store_that_is_down_is_a_clear_error_without_its_address(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        store = RedisStore(url.replace("://", "://:secret-word@"))
    for work in (store.check(), store.add("key", "x", 60), store.get("key")):
        with pytest.raises(Unreachable, match="store of confirmations does not answer") as error:
            await work
        assert "RUNS_MCP_STORE_URL" in str(error.value)
        assert "secret-word" not in str(error.value)
        assert "127.0.0.1" not in str(error.value)
    await store.aclose()


async def test_a_store_that_never_answers_is_an_error_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runs_mcp.confirmation.redis_store._SECONDS", 0.1)

    async def say_nothing(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await anyio.sleep_forever()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, say_nothing)
        store = RedisStore(f"redis://127.0.0.1:{port}")
        with anyio.fail_after(10):
            with pytest.raises(Unreachable):
                await store.get("key")
            await store.aclose()
        tasks.cancel_scope.cancel()
