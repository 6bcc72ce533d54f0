"""Whatever callers, people, hosts and upstream do, no write happens unconfirmed."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from confirmation.guard_player import Player
from confirmation.guard_scripts import STEPS, Step, asked_step, page_step, token_step
from confirmation.guard_setup import ANSWER_S, TOKEN_S
from hypothesis import example, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def _no_logs() -> Iterator[None]:
    """The guard logs every audit log that breaks."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@given(script=st.lists(STEPS, min_size=1, max_size=10))
@example(script=[Step(policy="token"), token_step()])
@example(
    script=[
        Step("token", name="reset"),
        token_step(name="reset", changes=("nothing", "fails again")),
    ]
)
@example(
    script=[Step("token"), token_step(result="lost without"), token_step(result="lost with effect")]
)
@example(
    script=[Step("token", name="delete"), token_step(name="delete"), token_step(name="delete")]
)
@example(script=[asked_step(), asked_step(earlier=0), asked_step(earlier=0)])
@example(script=[asked_step(), asked_step(earlier=0, seconds_before=ANSWER_S + 1)])
@example(script=[asked_step(), asked_step(earlier=0, changes=("nothing", "is over"))])
@example(script=[page_step(), page_step(on_page="confirm"), page_step()])
@example(script=[page_step(), page_step(on_page="leave"), page_step()])
@example(script=[page_step(), page_step(on_page="confirm", seconds_before=TOKEN_S)])
@example(script=[page_step(), page_step(name="reset", on_page="confirm"), page_step()])
@example(
    script=[page_step(name="delete"), page_step(on_page="confirm", changes=("more completes",))]
)
@example(script=[page_step(policy="auto", browser="host opens"), page_step(on_page="confirm")])
@settings(max_examples=250)
def test_no_script_leads_past_the_guard(script: list[Step], runner: asyncio.Runner) -> None:
    player = Player()

    async def play() -> None:
        async with asyncio.timeout(10):
            for step in script:
                await player.play(step)

    with player.clock.running():
        runner.run(play())
