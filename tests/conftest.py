from collections.abc import Iterator

import pytest
from hypothesis import settings
from report_stub import Stub
from story_time import STORY_END

from runs_mcp.sandbox import Sandbox

# The time of an example says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=STORY_END) as running:
        yield running


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    """A stub of both APIs; each test serves its own routes."""
    with Stub() as running:
        yield running
