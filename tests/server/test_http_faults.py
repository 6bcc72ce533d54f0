"""A sample of the fault matrix over HTTP: the same outcomes as in process."""

from dataclasses import replace
from typing import Final

import pytest
from api_faults import FAULTS, MAX_BYTES, Cell
from hosts import Era, structured_of
from over_http import serve
from server.test_fault_matrix import call_beside_another, calls, how_it_ended
from server.test_http import KEYS, apis_of, every_era

from runs_mcp.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("no_pauses")

SETTINGS: Final = {"RUNS_MCP_MAX_DOWNLOAD_BYTES": str(MAX_BYTES)}
SAMPLE: Final[dict[str, Cell]] = dict(
    [(name, cell) for name, cell in FAULTS.items() if not cell.takes_all_time][::3]
)
ONE_OF: Final = 5  # calls: the others go the same way


@every_era
async def test_faults_end_over_http_as_they_do_in_process(story: Sandbox, era: Era) -> None:
    sample = calls(story)[::ONE_OF]
    wrong = {}
    async with (
        serve(apis_of(story), settings=SETTINGS) as server,
        server.connect(KEYS, era) as client,
    ):
        usual = {
            str(call): structured_of(await client.call_tool(call.tool, call.arguments))
            for call in sample
        }
        for name, cell in SAMPLE.items():
            for call in sample:
                story.heal()
                story.fail(replace(cell.fault, path=call.path))
                (result,) = await call_beside_another(client, [call])
                if (ended := how_it_ended(result, usual[str(call)])) not in cell.ends_in:
                    wrong[f"{name}: {call.tool}"] = ended
        story.heal()
        structured_of(await client.call_tool("currents_list_projects", {}))
    assert not wrong


@every_era
async def test_a_call_over_http_ends_at_its_deadline(story: Sandbox, era: Era) -> None:
    call = calls(story)[1]
    async with (
        serve(apis_of(story), settings={"RUNS_MCP_TIMEOUT_S": "0.4"}) as server,
        server.connect(KEYS, era) as client,
    ):
        for name, cell in FAULTS.items():
            if cell.takes_all_time:
                story.heal()
                story.fail(replace(cell.fault, path=call.path))
                (result,) = await call_beside_another(client, [call])
                assert how_it_ended(result, {}) in cell.ends_in, name
        story.heal()
