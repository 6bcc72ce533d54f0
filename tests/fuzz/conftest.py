from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture
def no_pauses() -> Iterator[None]:
    # A cap leaves the number of attempts as it is.
    with stamina.set_testing(True, attempts=100, cap=True):
        yield
