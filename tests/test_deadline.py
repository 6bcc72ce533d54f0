import time

import anyio
import anyio.lowlevel
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


@pytest.mark.usefixtures("clock")
def test_some_time_can_be_kept_for_what_comes_afterwards() -> None:
    deadline = Deadline(30)
    with deadline.reserving(5):
        assert deadline.left_s() == 25
    assert deadline.left_s() == 30


@pytest.mark.usefixtures("clock")
def test_a_deadline_is_moved_up_and_never_back() -> None:
    deadline = Deadline(30)
    deadline.end_within(60)
    assert deadline.left_s() == 30
    with deadline.reserving(5):
        deadline.end_within(6)
        assert deadline.left_s() == 3
    assert deadline.left_s() == 6


async def test_what_waits_for_a_deadline_follows_when_it_is_moved_up() -> None:
    deadline = Deadline(600)

    async def wait() -> None:
        with pytest.raises(TimeoutError), deadline.fail_after():
            await anyio.sleep_forever()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            deadline.end_within(0.01)


async def test_what_is_in_time_is_not_ended() -> None:
    deadline = Deadline(600)
    with deadline.fail_after():
        await anyio.lowlevel.checkpoint()
    deadline.end_within(0)
    with pytest.raises(TimeoutError), deadline.fail_after():
        await anyio.sleep_forever()
