import pytest
from confirmation.guard_setup import Clock
from itsdangerous import TimestampSigner


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(clock.now))
    return clock
