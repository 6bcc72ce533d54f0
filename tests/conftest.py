import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import stamina
from hosts import environment
from hypothesis import settings
from in_process import configured
from redis_server import redis_server
from report_stub import Stub
from shared_client import SharedClient, shared_client
from story_time import STORY_END

from runs_mcp.sandbox import Sandbox

_LONGEST_FIRST: Final = ("command", "server", "text", "triage", "sandbox")

# The time of an example says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: many tests wait for processes, signals, and the browser."""
    return 2 * (os.cpu_count() or 1)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the benchmarks alone where they are not wanted: what they send is large."""
    unwanted = config.option.markexpr == "not benchmark"
    return True if unwanted and collection_path.name == "benchmarks" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests that take long first: the many short ones then fill up the time of workers."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)


@pytest.fixture(scope="session", autouse=True)
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a test confirms is remembered in the state folder of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Retries do not wait; a cap leaves their number as it is."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    """A stub of both APIs; each test serves its own routes."""
    with Stub() as running:
        yield running


@pytest.fixture(scope="module")
def story() -> Iterator[Sandbox]:
    """A sandbox that the tests of a file share."""
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.fixture(scope="module")
def client(story: Sandbox) -> Iterator[SharedClient]:
    """A client of a server that reads it."""
    with shared_client(configured(environment(story))) as connected:
        yield connected


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a store that several processes can share."""
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running
