"""What is remembered of confirmations in Redis or Valkey, which processes on all machines share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import anyio.abc
import anyio.lowlevel
import pytest
from redis_server import redis_server

from runs_mcp.confirmation.redis_store import RedisStore
from runs_mcp.errors import Unreachable


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
async def store(url: str) -> AsyncIterator[RedisStore]:
    opened = RedisStore(url)
    yield opened
    await opened.aclose()


async def test_a_key_is_added_once_and_put_as_often_as_wanted(store: RedisStore) -> None:
    await store.check()
    assert await store.get("key") is None
    assert await store.add("key", "one", 60)
    assert not await store.add("key", "two", 60)
    assert await store.get("key") == "one"
    await store.put("key", "three", 60)
    assert await store.get("key") == "three"
    assert await store.get("KEY") is None


async def test_what_has_expired_is_gone_and_can_be_added_again(store: RedisStore) -> None:
    assert await store.add("short", "one", 0.001)
    with anyio.fail_after(10):
        while await store.get("short") is not None:
            await anyio.lowlevel.checkpoint()
    assert await store.add("short", "two", 60)


async def test_of_many_processes_at_once_one_adds(url: str) -> None:
    added: list[bool] = []
    stores = [RedisStore(url) for _ in range(8)]

    async def add(store: RedisStore) -> None:
        added.append(await store.add("contested", "x", 60))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for store in stores * 5:
                tasks.start_soon(add, store)
    for store in stores:
        await store.aclose()
    assert sorted(added) == [False] * 39 + [True]


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
