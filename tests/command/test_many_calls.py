"""Many calls over one connection, and calls that are given up."""

from typing import Final

import anyio
import pytest
from hosts import connect, structured_of
from in_process import connect as connect_in_process
from providers.currents_runs import FAILED

from runs_mcp.sandbox import Fault, Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT

CALLS: Final = 200
WAIT_SECONDS: Final = 30.0


async def test_200_calls_at_once_are_answered_each_with_its_own_answer(story: Sandbox) -> None:
    answers: dict[int, int] = {}

    async with connect(story) as client:

        async def call(number: int) -> None:
            wanted = number % 3 + 1
            listed = await client.call_tool(
                "currents_list_runs", {"project_id": BOOKING_PROJECT, "limit": wanted}
            )
            answers[number] = len(structured_of(listed)["runs"]) - wanted

        with anyio.fail_after(WAIT_SECONDS):
            async with anyio.create_task_group() as tasks:
                for number in range(CALLS):
                    tasks.start_soon(call, number)

    assert answers == dict.fromkeys(range(CALLS), 0)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("currents_get_run", {"run_id": FAILED}),
        ("triage_run", {"run": f"currents:{FAILED}"}),
    ],
)
async def test_a_call_that_is_given_up_asks_the_api_nothing_more(
    tool: str, arguments: dict[str, str], sandbox: Sandbox
) -> None:
    async with connect_in_process(sandbox) as client:
        sandbox.fail(Fault(delay_s=0.2, status=503))
        with anyio.move_on_after(0.1):
            await client.call_tool(tool, arguments)
        sandbox.heal()
        # An answer to this one comes after the retry that there would have been.
        sandbox.fail(Fault(path="/v1/projects", delay_s=1.0))
        structured_of(await client.call_tool("currents_list_projects", {}))
    paths = [request.path for request in sandbox.requests]
    assert paths == [f"/v1/runs/{FAILED}", "/v1/projects"]
