"""What is remembered of confirmations: in memory, in a file that processes share, or in Redis."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import anyio
import pytest
from confirmation.guard_setup import Clock

from runs_mcp.confirmation.redis_store import RedisStore
from runs_mcp.confirmation.store import SqliteStore, Store
from runs_mcp.errors import InternalError

ADDER: Final = """
import sys
from pathlib import Path
import anyio
from runs_mcp.confirmation.store import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    sys.stdin.read()
    print(sum([await store.add(f"key {number}", "x", 60) for number in range(50)]))

anyio.run(main)
"""


@pytest.fixture(params=["memory", "file"])
def sqlite_store(request: pytest.FixtureRequest, tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "new" / "folder" / "f" if request.param == "file" else None)


@pytest.fixture(params=["memory", "file", "redis"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "redis":
        opened = RedisStore(request.getfixturevalue("redis_url"))
        yield opened
        await opened.aclose()
    else:
        yield SqliteStore(tmp_path / "new" / "folder" / "f" if request.param == "file" else None)


async def test_a_key_is_added_once_and_put_as_often_as_wanted(store: Store) -> None:
    await store.check()
    assert await store.get("key") is None
    assert await store.add("key", "one", 60)
    assert not await store.add("key", "two", 60)
    assert await store.get("key") == "one"
    await store.put("key", "three", 60)
    assert await store.get("key") == "three"
    assert await store.get("KEY") is None


async def test_what_has_expired_is_gone_and_can_be_added_again(
    sqlite_store: SqliteStore, clock: Clock
) -> None:
    await sqlite_store.add("key", "one", 60)
    clock.now += 59.9
    assert await sqlite_store.get("key") == "one"
    clock.now += 0.1
    assert await sqlite_store.get("key") is None
    assert await sqlite_store.add("key", "two", 60)


async def test_of_many_calls_at_once_one_adds(store: Store) -> None:
    added: list[bool] = []

    async def add() -> None:
        added.append(await store.add("wanted", "x", 60))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(add)
    assert sorted(added) == [False] * 49 + [True]


def test_of_several_processes_one_adds_each_key(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", ADDER, str(tmp_path / "shared")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()  # They start together, as far as they can.
        process.stdin = None
    added = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(added) == 50


async def test_two_stores_of_one_file_share_it(tmp_path: Path) -> None:
    one, other = SqliteStore(tmp_path / "f"), SqliteStore(tmp_path / "f")
    assert await one.add("key", "x", 60)
    assert await other.get("key") == "x"
    assert await SqliteStore(tmp_path / "g").get("key") is None


async def test_nobody_else_can_read_the_file_or_its_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await SqliteStore(tmp_path / "folder" / "f").add("key", "x", 60)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "folder" / "f").stat().st_mode) == 0o600


@pytest.mark.parametrize("obstacle", ["a file as folder", "a folder as file", "another file"])
async def test_a_file_that_cannot_be_used_is_a_clear_error_without_its_path(
    obstacle: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"this is no database" * 100)
    path = {
        "a file as folder": tmp_path / "file" / "secret-name",
        "a folder as file": tmp_path,
        "another file": tmp_path / "file",
    }[obstacle]
    for work in (
        SqliteStore(path).check(),
        SqliteStore(path).add("key", "x", 60),
        SqliteStore(path).get("key"),
    ):
        with pytest.raises(InternalError, match="Used confirmations cannot be remembered") as error:
            await work
        assert "XDG_STATE_HOME" in str(error.value)
        assert str(tmp_path) not in str(error.value)


async def test_a_file_that_is_deleted_meanwhile_is_made_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "f")
    assert await store.add("key", "x", 60)
    (tmp_path / "f").unlink()
    assert await store.add("key", "x", 60)


async def test_a_file_that_another_process_keeps_locked_is_an_error_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs_mcp.confirmation.store.LOCKED_SECONDS", 0.05)
    store = SqliteStore(tmp_path / "f")
    await store.check()
    other = sqlite3.connect(tmp_path / "f", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with anyio.fail_after(30), pytest.raises(InternalError):
            await store.add("key", "x", 60)
    finally:
        other.close()
    assert await store.add("key", "x", 60)
