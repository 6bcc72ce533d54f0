"""What a host offers while a person types an argument: from the APIs, quickly, or nothing."""

import time
from typing import Final

import pytest
import stamina
from hosts import ERAS, Era
from in_process import configured, connect
from mcp import Client
from mcp_types import Completion, PromptReference, ResourceTemplateReference
from report_stub import Route, Stub
from third_provider import NIMBUS

from runs_mcp.providers import PROVIDERS
from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, BUILDKITE_SUITE, Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import FREIGHT_SUITE, NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, CONSOLE_PROJECT, NotableRun
from runs_mcp.server import completion
from runs_mcp.server.build import build_server
from runs_mcp.server.completion import BRANCH_ARGUMENTS, PROJECT_ARGUMENT, RUN_ARGUMENTS
from runs_mcp.server.tools.catalog import tool_providers
from runs_mcp.server.workflows import load_workflows, prompt_directory

CURRENTS: Final = "currents://runs/{run_id}"
BUILDKITE: Final = "buildkite://{organization}/{suite}/runs/{run_id}"
ONLY_CURRENTS: Final = {"RUNS_MCP_PROVIDERS": "currents"}
NOT_COMPLETED: Final = {"runs", "older_than_hours"}


async def offered(
    client: Client, of: str, argument: str, typed: str = "", **chosen: str
) -> Completion:
    """Returns what is offered for an argument of a prompt, or for a part of an address."""
    ref = ResourceTemplateReference(uri=of) if "://" in of else PromptReference(name=of)
    result = await client.complete(ref, {"name": argument, "value": typed}, chosen or None)
    return result.completion


@pytest.mark.parametrize("era", ERAS)
async def test_projects_branches_and_runs_are_offered_in_either_era(
    sandbox: Sandbox, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "_SECONDS", 30)  # All of it comes, on a slow machine too.
    async with connect(sandbox, era=era) as client:
        assert client.server_capabilities.completions is not None
        projects = await offered(client, "flaky_report", "project_id")
        branches = await offered(client, "did_my_change_break_it", "branch", "feat/")
        runs = await offered(client, "triage_failed_run", "run")

    assert projects.values == [BOOKING_PROJECT, CONSOLE_PROJECT]
    assert {"feat/fare-engine-v2", "feat/berth-drag", "feat/fare-ledger"} <= set(branches.values)
    assert all(branch.startswith("feat/") for branch in branches.values)
    assert len(set(branches.values)) == len(branches.values)
    many = NotableBuildkiteRun.MANY_FAILURES.value
    assert f"currents:{NotableRun.THREE_CAUSES.value}" in runs.values
    assert f"buildkite:{BUILDKITE_ORGANIZATION}/{BUILDKITE_SUITE}/{many}" in runs.values


async def test_only_what_begins_with_what_was_typed_is_offered(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        some = await offered(client, "triage_failed_run", "run", "buildkite:")
        none = await offered(client, "triage_failed_run", "run", "ranch")

    assert some.values
    assert all(value.startswith("buildkite:") for value in some.values)
    assert none.values == []


async def test_a_bare_id_is_offered_where_one_provider_is_served(sandbox: Sandbox) -> None:
    run = NotableRun.THREE_CAUSES.value
    async with connect(sandbox, settings=ONLY_CURRENTS) as client:
        bare = await offered(client, "triage_failed_run", "run")
        begun = await offered(client, "triage_failed_run", "baseline", run[:6])
        with_colon = await offered(client, "triage_failed_run", "run", f"currents:{run[:6]}")

    assert run in bare.values
    assert not any(":" in value for value in bare.values)
    assert begun.values == [run]
    assert with_colon.values == [f"currents:{run}"]


async def test_a_chosen_project_narrows_its_branches(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        of_console = await offered(client, "flaky_report", "branch", project_id=CONSOLE_PROJECT)
        of_nothing = await offered(client, "flaky_report", "branch", project_id="../webhooks")

    assert "feat/berth-drag" in of_console.values
    assert "feat/fare-engine-v2" not in of_console.values
    assert of_nothing.values == []
    assert not any("webhooks" in request.path for request in sandbox.requests)


async def test_parts_of_an_address_are_offered(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        run = await offered(client, CURRENTS, "run_id")
        organization = await offered(client, BUILDKITE, "organization")
        suite = await offered(client, BUILDKITE, "suite", "fre")
        run_of_suite = await offered(client, BUILDKITE, "run_id", suite=FREIGHT_SUITE)
        instance = await offered(client, "currents://instances/{instance_id}", "instance_id")

    assert NotableRun.MAIN.value in run.values
    assert organization.values == [BUILDKITE_ORGANIZATION]
    assert suite.values == [FREIGHT_SUITE]
    assert NotableBuildkiteRun.FREIGHT_FAILED.value in run_of_suite.values
    assert NotableBuildkiteRun.MAIN.value not in run_of_suite.values
    assert instance.values == []


async def test_the_latest_100_are_offered_and_it_says_that_there_are_more() -> None:
    runs = [
        {"id": f"r{number:03}", "created_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"}
        for number in range(120)
    ]
    with Stub() as stub:
        stub.serve([Route(path="/runs$", body=runs)])
        variables = {"NIMBUS_KEY": "a-key", "NIMBUS_URL": stub.environment["BUILDKITE_BASE_URL"]}
        async with Client(
            build_server(configured(variables, definitions=(*PROVIDERS, NIMBUS)))
        ) as client:
            completion = await offered(client, "triage_failed_run", "run")

    assert completion.values == [f"r{number:03}" for number in range(119, 19, -1)]
    assert (completion.total, completion.has_more) == (120, True)


async def test_what_has_no_suggestions_gets_none_and_no_error(sandbox: Sandbox) -> None:
    async with connect(sandbox, settings=ONLY_CURRENTS) as client:
        for of, argument in (
            ("flaky_report", "runs"),
            ("no_such_prompt", "no_such_argument"),
            ("nonsense://{run_id}", "run_id"),
            (BUILDKITE, "run_id"),
            (BUILDKITE, "suite"),
        ):
            assert (await offered(client, of, argument)).values == []

    assert sandbox.requests == []


@pytest.mark.parametrize(
    "fault",
    [Fault(status=401), Fault(status=429, headers={"Retry-After": "1"}), Fault(malformed=True)],
    ids=["401", "429", "malformed"],
)
async def test_an_api_that_fails_offers_nothing_and_is_no_error(
    sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.fail(fault)
    with stamina.set_testing(True, attempts=5):
        async with connect(sandbox) as client:
            for argument in ("run", "branch", "project_id"):
                assert (await offered(client, "any", argument)).values == []

    assert sandbox.requests


async def test_a_slow_provider_keeps_nobody_waiting_and_the_other_is_offered(
    sandbox: Sandbox,
) -> None:
    sandbox.fail(Fault(path="/v1", delay_s=60))
    async with connect(sandbox) as client:
        started = time.monotonic()
        runs = await offered(client, "triage_failed_run", "run")
        taken = time.monotonic() - started

    assert taken < 10
    assert runs.values
    assert all(value.startswith("buildkite:") for value in runs.values)


async def test_typing_on_asks_the_api_once(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        for typed in ("", "f", "fe", "feat"):
            assert (await offered(client, "flaky_report", "branch", typed)).values
        asked = [request.path for request in sandbox.requests]

    assert len(set(asked)) == len(asked) == 4  # the projects, the runs of two, those of a suite


def test_every_argument_of_a_prompt_is_completed_or_known_not_to_be() -> None:
    completed = RUN_ARGUMENTS | BRANCH_ARGUMENTS | {PROJECT_ARGUMENT} | NOT_COMPLETED
    for workflow in load_workflows(prompt_directory(), tool_providers(PROVIDERS).keys()):
        assert {argument.name for argument in workflow.head.arguments} <= completed
