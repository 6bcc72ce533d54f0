from collections.abc import Iterator

import pytest
from confirmation.guard_setup import Clock


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with clock.running():
        yield clock
