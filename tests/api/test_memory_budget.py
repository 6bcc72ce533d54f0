"""The memory that all answers take together: who waits for whom, and that nobody waits for ever."""

from typing import Final

import anyio
import anyio.lowlevel
import pytest
from anyio import wait_all_tasks_blocked

from runs_mcp.api.memory_budget import MemoryBudget

MB: Final = 1_000_000


class Reading:
    """An answer that grows as a test says, until the test lets it end."""

    def __init__(self, budget: MemoryBudget, *sizes: int) -> None:
        self._budget, self._sizes = budget, sizes
        self._end = anyio.Event()
        self.reached = 0

    async def run(self) -> None:
        with self._budget.answer() as held:
            for size in self._sizes:
                await held.grow_to(size)
                self.reached = size
                await anyio.lowlevel.checkpoint()
            await self._end.wait()

    def end(self) -> None:
        self._end.set()


async def reached(*readings: Reading) -> list[int]:
    await wait_all_tasks_blocked()
    return [reading.reached // MB for reading in readings]


async def test_an_answer_that_does_not_fit_waits_for_the_others() -> None:
    budget = MemoryBudget(10 * MB)
    first, beyond, late = (Reading(budget, size * MB) for size in (8, 9, 9))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            assert await reached(first) == [8]
            tasks.start_soon(beyond.run)
            # One answer may go beyond, or those that wait for each other would for ever.
            assert await reached(first, beyond) == [8, 9]
            tasks.start_soon(late.run)
            assert await reached(late) == [0]
            first.end()
            assert await reached(late) == [0]
            beyond.end()
            assert await reached(late) == [9]
            late.end()


async def test_answers_that_wait_for_each_other_come_to_an_end_one_after_the_other() -> None:
    budget = MemoryBudget(10 * MB)
    readings = [Reading(budget, *(size * MB for size in range(1, 9))) for _ in range(5)]
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for reading in readings:
                tasks.start_soon(reading.run)
            for _ in readings:
                sizes = await reached(*readings)
                assert sum(sizes) <= 10 + 8
                done = [reading for reading in readings if reading.reached == 8 * MB]
                assert done
                for reading in done:
                    reading.end()
                    reading.reached = 0


async def test_a_small_answer_never_waits() -> None:
    budget = MemoryBudget(2 * MB)
    large, waiting, small = Reading(budget, 50 * MB), Reading(budget, 2 * MB), Reading(budget, MB)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for reading in (large, waiting, small):
                tasks.start_soon(reading.run)
            assert await reached(large, waiting, small) == [50, 0, 1]
            for reading in (large, waiting, small):
                reading.end()


@pytest.mark.parametrize("given_up", [0, 1])
async def test_one_that_is_given_up_makes_room(given_up: int) -> None:
    budget = MemoryBudget(2 * MB)
    others = [Reading(budget, 50 * MB), Reading(budget, 40 * MB)]
    last = Reading(budget, 30 * MB)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            scopes = [anyio.CancelScope() for _ in others]

            async def run(nth: int) -> None:
                with scopes[nth]:
                    await others[nth].run()

            for nth in range(2):
                tasks.start_soon(run, nth)
                await wait_all_tasks_blocked()
            tasks.start_soon(last.run)
            assert await reached(*others, last) == [50, 0, 0]
            scopes[given_up].cancel()
            others[1 - given_up].end()
            assert await reached(last) == [30]
            last.end()


async def test_a_download_that_stalls_ends_if_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs_mcp.api.memory_budget._SLOW_SECONDS", 0.01)
    budget = MemoryBudget(10 * MB)
    ended: list[bool] = []

    async def stall(size: int) -> None:
        with budget.answer() as held:
            with held.downloading() as download:
                await held.grow_to(size)
                await anyio.sleep_forever()
            ended.append(download.cancelled_caught)

    last = Reading(budget, 9 * MB)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for size in (500_000, 9 * MB, 9 * MB):
                tasks.start_soon(stall, size)
                await wait_all_tasks_blocked()
            # The second one goes beyond; the small one is in nobody's way.
            assert ended == []
            tasks.start_soon(last.run)
            while last.reached == 0:
                await anyio.lowlevel.checkpoint()
            last.end()
            assert ended == [True, True]
            tasks.cancel_scope.cancel()


async def test_a_download_that_goes_on_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs_mcp.api.memory_budget._SLOW_SECONDS", 0.2)
    budget = MemoryBudget(10 * MB)
    first, last = Reading(budget, 9 * MB), Reading(budget, 9 * MB)
    size = 5 * MB
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run)
            assert await reached(first) == [9]
            with budget.answer() as held, held.downloading() as download:
                await held.grow_to(size)  # It goes beyond the budget.
                tasks.start_soon(last.run)
                for _ in range(10):
                    with anyio.move_on_after(0.05):
                        await anyio.sleep_forever()
                    size += 150_000
                    await held.grow_to(size)
            assert not download.cancelled_caught
            first.end()
            assert await reached(last) == [9]
            last.end()
