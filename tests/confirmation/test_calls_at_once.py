"""Many calls at once, and callers that leave in the middle of one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
import anyio.lowlevel
import pytest
from confirmation.fake_action import ACTIONS, FakeAction, FakeRun, WriteResult
from confirmation.guard_setup import (
    API_KEY,
    NOBODY,
    MemoryAudit,
    Turns,
    channels,
    confirming,
    guard,
    report_of,
    token_of,
)
from in_process import configured

from runs_mcp.confirmation.action import Preview
from runs_mcp.confirmation.guard import Guard
from runs_mcp.errors import Conflict
from runs_mcp.model import Receipt
from runs_mcp.services import Services, open_services
from runs_mcp.settings import ActionName

MANY: Final = 100


class Gate:
    """A place to wait until a test opens it; the test learns when it is reached."""

    def __init__(self) -> None:
        self.reached = anyio.Event()
        self.opened = anyio.Event()

    async def wait(self) -> None:
        self.reached.set()
        # What is shielded is not ended by a limit around it.
        with anyio.fail_after(5):
            await self.opened.wait()


@dataclass
class GatedAction(FakeAction):
    """An action with a gate before its write, before verifying, and perhaps after a reading."""

    write_gate: Gate = field(default_factory=Gate)
    verify_gate: Gate = field(default_factory=Gate)
    second_read_gate: Gate | None = None

    async def inspect(self) -> Preview:
        preview = await super().inspect()
        if len(self.previews) > 1 and self.second_read_gate:
            await self.second_read_gate.wait()
        return preview

    async def execute(self) -> Receipt:
        await self.write_gate.wait()
        return await super().execute()

    async def verify(self, before: Preview) -> bool:
        await self.verify_gate.wait()
        return await super().verify(before)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [("done", "done"), ("lost with effect", "done"), ("lost without", "unknown")],
)
async def test_a_caller_that_leaves_during_the_write_leaves_it_settled_and_recorded(
    result: WriteResult, outcome: str
) -> None:
    audit, turns = MemoryAudit(), Turns()
    action = GatedAction(FakeRun(), result=result)
    the_guard = guard(preapproved=("cancel",), audit=audit, turn=turns)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as callers:
            callers.start_soon(the_guard.carry_out, action, channels(), "")
            await action.write_gate.reached.wait()
            callers.cancel_scope.cancel()
            with anyio.CancelScope(shield=True), anyio.fail_after(5):
                await anyio.lowlevel.checkpoint()
                assert audit.lines == [("started", "preapproved")]
                action.write_gate.opened.set()
                if result != "done":
                    await action.verify_gate.reached.wait()
                    action.verify_gate.opened.set()

    assert audit.lines == [("started", "preapproved"), (outcome, "preapproved")]
    assert len(action.writes) == 1
    assert turns.held == set()


async def test_a_refusal_is_recorded_though_the_caller_left() -> None:
    audit = MemoryAudit()
    action = GatedAction(FakeRun(), result="refused")
    the_guard = guard(preapproved=("cancel",), audit=audit)

    async def call() -> None:
        with pytest.raises(Conflict):
            await the_guard.carry_out(action, channels(), "")

    with anyio.fail_after(10):
        async with anyio.create_task_group() as callers:
            callers.start_soon(call)
            await action.write_gate.reached.wait()
            callers.cancel_scope.cancel()
            action.write_gate.opened.set()
    assert [outcome for outcome, _ in audit.lines] == ["started", "conflict"]


async def test_a_caller_that_leaves_before_the_write_prevents_it_and_frees_the_run() -> None:
    audit, turns, gate = MemoryAudit(), Turns(), Gate()
    action = GatedAction(FakeRun(), second_read_gate=gate)
    the_guard = guard(preapproved=("cancel",), audit=audit, turn=turns)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as callers:
            callers.start_soon(the_guard.carry_out, action, channels(), "")
            await gate.reached.wait()
            assert turns.held
            callers.cancel_scope.cancel()
    assert (action.writes, turns.held) == ([], set())
    assert audit.lines == [("abandoned", "preapproved")]


@asynccontextmanager
async def services(preapprove: str = "", confirm: str = "auto") -> AsyncIterator[Services]:
    """Yields the services of a server, whose guards share their turns and tokens."""
    variables = {"CURRENTS_API_URL": "http://127.0.0.1:9/v1", "CURRENTS_API_KEY": API_KEY}
    options = {"preapprove": preapprove, "confirm": confirm}
    async with open_services(configured(variables, options)) as opened:
        yield opened


def guard_of(opened: Services) -> Guard:
    """Returns the guard of a new call."""
    (provider,) = opened.configuration.served
    return opened.guard(provider, opened.deadline())


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("way", ["preapproved", "token", "elicitation"])
async def test_a_hundred_calls_on_one_run_lead_to_one_write(name: ActionName, way: str) -> None:
    run = FakeRun()
    actions = [FakeAction(run, name, slow=True) for _ in range(MANY)]
    outcomes: list[str] = []
    async with services(
        name if way == "preapproved" else "", "token" if way == "token" else "auto"
    ) as opened:
        token = await token_of(guard_of(opened), actions[0]) if way == "token" else ""
        person = confirming() if way == "elicitation" else NOBODY

        async def call(action: FakeAction) -> None:
            report = await report_of(guard_of(opened), action, person, token)
            outcomes.append(report.outcome)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as calls:
                for action in actions:
                    calls.start_soon(call, action)

    assert sum(len(action.writes) for action in actions) == 1
    assert sorted(outcomes) == ["already_done"] * (MANY - 1) + ["done"]


async def test_a_hundred_calls_with_one_token_that_names_no_run_lead_to_one_write() -> None:
    actions = [FakeAction(FakeRun(), names_no_run=True) for _ in range(MANY)]
    async with services(confirm="token") as opened:
        token = await token_of(guard_of(opened), actions[0])
        with anyio.fail_after(20):
            async with anyio.create_task_group() as calls:
                for action in actions:
                    calls.start_soon(guard_of(opened).carry_out, action, channels(), token)
    assert sum(len(action.writes) for action in actions) == 1


async def test_calls_on_different_runs_do_not_wait_for_each_other() -> None:
    slow = GatedAction(FakeRun())
    async with services(preapprove="cancel") as opened:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as calls:
                calls.start_soon(guard_of(opened).carry_out, slow, channels(), "")
                await slow.write_gate.reached.wait()
                other = FakeAction(FakeRun(), target="another-run")
                assert (await report_of(guard_of(opened), other)).outcome == "done"
                slow.write_gate.opened.set()
    assert len(slow.writes) == 1
