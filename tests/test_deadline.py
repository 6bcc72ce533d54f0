import time

import pytest

from runs_mcp.deadline import Deadline


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_time_passes_until_nothing_is_left(clock: Clock) -> None:
    deadline = Deadline(30)
    clock.now += 10
    assert deadline.left_s() == 20
    clock.now += 100
    assert deadline.left_s() == 0


def test_a_paused_deadline_waits(clock: Clock) -> None:
    deadline = Deadline(30)
    clock.now += 10
    with deadline.paused():
        clock.now += 1000
    assert deadline.left_s() == 20


def test_a_restarted_deadline_has_all_of_its_time(clock: Clock) -> None:
    deadline = Deadline(30)
    clock.now += 100
    deadline.restart()
    assert deadline.left_s() == 30
