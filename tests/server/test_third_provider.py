"""A provider that is plugged in by its definition alone has all that the others have."""

from collections.abc import Iterator
from typing import Final

import pytest
from hosts import ERAS, text_of
from in_process import configured
from mcp import Client
from mcp_types import PromptReference, TextResourceContents
from report_stub import Route, Stub
from shared_client import SharedClient, shared_client
from third_provider import HOST, NIMBUS

from runs_mcp.commands.check import check
from runs_mcp.configuration import Configuration
from runs_mcp.providers import PROVIDERS
from runs_mcp.server.build import build_server

TESTS: Final = [
    {"title": "pays", "file": "pay.py", "result": "failed", "message": "Error: no card 1"},
    {"title": "pays twice", "file": "pay.py", "result": "failed", "message": "Error: no card 2"},
    {"title": "signs in", "file": "in.py", "result": "passed"},
]
BEFORE: Final = [
    {"title": "pays", "file": "pay.py", "result": "passed"},
    {"title": "pays twice", "file": "pay.py", "result": "passed"},
    {"title": "signs in", "file": "in.py", "result": "failed", "message": "Error: no form"},
]
RUNS: Final[list[dict[str, object]]] = [
    {"id": "r1", "created_at": "2026-01-01T00:00:00Z", "tests": BEFORE},
    {"id": "r2", "created_at": "2026-01-02T00:00:00Z", "tests": TESTS},
    {"id": "r3", "created_at": "2026-01-03T00:00:00Z", "done": False, "branch": "x"},
]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        running.serve(
            [
                *(Route(path=f"/runs/{run['id']}$", body=run) for run in RUNS),
                Route(path="/runs$", body=RUNS),
            ]
        )
        yield running


@pytest.fixture(scope="module")
def configuration(stub: Stub) -> Configuration:
    variables = {"NIMBUS_KEY": "a-key", "NIMBUS_URL": stub.environment["BUILDKITE_BASE_URL"]}
    return configured(variables, definitions=(*PROVIDERS, NIMBUS))


@pytest.fixture(scope="module", params=ERAS)
def host(configuration: Configuration, request: pytest.FixtureRequest) -> Iterator[SharedClient]:
    with shared_client(configuration, request.param) as connected:
        yield connected


def test_its_tools_are_served_beside_those_for_every_provider(host: SharedClient) -> None:
    tools = {tool.name: tool for tool in host.run(host.client.list_tools).tools}
    assert list(tools) == [
        "nimbus_list_runs",
        "triage_run",
        "compare_runs",
        "wait_for_run",
        "failure_history",
    ]
    run = tools["triage_run"].input_schema["properties"]["run"]
    assert "or nimbus:<run ID>;" in run["description"]


def test_its_runs_are_listed(host: SharedClient) -> None:
    listed = host.answer("nimbus_list_runs")
    assert [(run["id"], run.get("failed", 0)) for run in listed["runs"]] == [
        ("r1", 1),
        ("r2", 2),
        ("r3", 0),
    ]
    narrowed = host.answer("nimbus_list_runs", branch="x")
    assert [run["id"] for run in narrowed["runs"]] == ["r3"]


@pytest.mark.parametrize("run", ["r2", "nimbus:r2", f"<https://{HOST}/runs/r2>"])
def test_its_runs_are_triaged_by_any_reference(host: SharedClient, run: str) -> None:
    triage = host.answer("triage_run", run=run)
    assert "2 tests failed for 1 cause (1 new)" in triage["verdict"]
    assert triage["baseline"] == {"run": "nimbus:r1", "chosen": "the run before it"}


def test_its_runs_are_compared(host: SharedClient) -> None:
    compared = host.answer("compare_runs", base="nimbus:r1", head="nimbus:r2")
    assert [test["test"] for test in compared["new_failures"]] == ["pays", "pays twice"]
    assert [test["test"] for test in compared["fixed"]] == ["signs in"]


@pytest.mark.parametrize(("run", "finished"), [("nimbus:r1", True), ("nimbus:r3", False)])
def test_its_runs_are_waited_for(host: SharedClient, run: str, finished: bool) -> None:
    assert host.answer("wait_for_run", run=run, timeout_s=0)["finished"] is finished


def test_its_refusals_have_the_form_of_all_others(host: SharedClient) -> None:
    refused = host.call("triage_run", {"run": "nimbus:a/b"})
    assert refused.is_error
    assert "[kind=invalid_argument retryable=no]" in text_of(refused)


def test_its_complete_records_are_resources(host: SharedClient) -> None:
    templates = host.run(host.client.list_resource_templates).resource_templates
    assert [template.uri_template for template in templates] == ["nimbus://runs/{run_id}"]
    (content,) = host.run(host.client.read_resource, "nimbus://runs/r2").contents
    assert isinstance(content, TextResourceContents)
    assert '"pays twice"' in content.text


def test_its_runs_are_completed_in_prompts(host: SharedClient) -> None:
    ref = PromptReference(name="triage_failed_run")
    found = host.run(host.client.complete, ref, {"name": "run", "value": "nimbus:"})
    assert found.completion.values == ["nimbus:r3", "nimbus:r2", "nimbus:r1"]


def test_its_configuration_is_checked(
    configuration: Configuration, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(configuration) == 0
    assert "nimbus: it has 3 runs" in capsys.readouterr().out


def test_without_its_key_it_is_not_served() -> None:
    assert configured({}, definitions=(*PROVIDERS, NIMBUS)).served == ()


async def test_beside_the_others_a_bare_id_is_no_reference(stub: Stub) -> None:
    url = stub.environment["BUILDKITE_BASE_URL"]
    variables = {**stub.environment, "NIMBUS_KEY": "a-key", "NIMBUS_URL": url}
    every = configured(variables, definitions=(*PROVIDERS, NIMBUS))
    async with Client(build_server(every)) as client:
        refused = text_of(await client.call_tool("triage_run", {"run": "r2"}))
        mixed = text_of(
            await client.call_tool("compare_runs", {"base": "nimbus:r1", "head": "currents:r1"})
        )
    assert "names no run of currents or buildkite or nimbus" in refused
    assert "two providers" in mixed
