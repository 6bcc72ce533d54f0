"""What went wrong for users of products like this one, as scenarios: `tests/reports/README.md`."""

from collections.abc import Iterator
from typing import Final
from zlib import crc32

import pytest
from hosts import ERAS, Era, connect
from report_claims import faults_of
from report_scenarios import TWIN, Player, Scenario, load_scenarios, play, playing
from report_stub import Stub

from runs_mcp.sandbox import Sandbox

OVER_STDIO: Final = ("048-run-gone", "057-same-name-two-packages", "064-many-groups" + TWIN)
SCENARIOS: Final = {scenario.name: scenario for scenario in load_scenarios()}


def file_of(scenario: Scenario) -> str:
    return scenario.name.removesuffix(TWIN)


def era_of(scenario: Scenario) -> Era:
    """One era for a scenario, whatever others there are, and the other one for its twin."""
    is_twin = scenario.name.endswith(TWIN)
    return "legacy" if (crc32(file_of(scenario).encode()) % 2 == 0) ^ is_twin else "auto"


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with playing() as ready:
        yield ready


def faults_of_playing(scenario: Scenario, player: Player) -> list[str]:
    answers, asked = player.play(scenario, era_of(scenario))
    return faults_of(scenario, answers, asked)


@pytest.mark.parametrize(
    "scenario", [pytest.param(each, id=name) for name, each in SCENARIOS.items()]
)
def test_what_went_wrong_for_users_goes_right(scenario: Scenario, player: Player) -> None:
    assert faults_of_playing(scenario, player) == []


async def test_the_command_over_stdio_answers_several_in_turn(sandbox: Sandbox) -> None:
    with Stub() as stub:
        async with connect(sandbox, settings=stub.environment) as client:
            for scenario in map(SCENARIOS.__getitem__, OVER_STDIO):
                stub.serve(scenario.routes)
                answers = await play(scenario, client)

                assert faults_of(scenario, answers, stub.asked) == [], scenario.name


def test_both_eras_of_the_protocol_are_played() -> None:
    eras = [era_of(scenario) for scenario in SCENARIOS.values()]

    assert min(eras.count(era) for era in ERAS) > len(eras) // 3
