"""Only IDs go into requests, and what a person pastes works wherever an ID does."""

from collections.abc import Iterator

import pytest
from hosts import text_of
from in_process import configured
from report_stub import Route, Stub
from shared_client import SharedClient, shared_client

from runs_mcp.sandbox import Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, NotableRun

NOT_IDS = (
    "../webhooks/abc",
    "",
    " ",
    "a/b",
    "a%2Fb",
    "a?x=",
    "a#b",
    "..",
    ".",
    "find",
    "cancel-ci",
    "a\n",
    "a\x00b",
    "ａｂｃ",
    "٣",
    "a" * 129,
    "a" * 10_000,
    "https://app.currents.dev/run/",
    "https://app.currents.dev/run/../x",
    "https://app.currents.dev.evil.example/run/abc",
    "https://evil.example/run/abc",
    "https://app.currents.dev/projects/abc",
)
ARGUMENTS = {
    "currents_list_runs": ("project_id", {}),
    "currents_get_run": ("run_id", {}),
    "currents_find_run": ("project_id", {"branch": "main"}),
    "currents_get_instance": ("instance_id", {}),
    "buildkite_list_suites": ("organization", {}),
    "buildkite_list_runs": ("suite", {}),
    "buildkite_get_run": ("run_id", {}),
    "buildkite_get_failed_executions": ("run_id", {}),
}
# For these arguments an empty text means the configured default, and any word is a valid slug.
SLUGS = ("organization", "suite")
VALID_SLUGS = ("", "find", "cancel-ci")


@pytest.fixture
def sandbox(story: Sandbox) -> Sandbox:
    """The sandbox, without the requests of other tests."""
    story.requests.clear()
    return story


@pytest.fixture(scope="module")
def stub_client(stub: Stub) -> Iterator[SharedClient]:
    with shared_client(configured(stub.environment, {"providers": "currents"})) as connected:
        yield connected


@pytest.mark.parametrize("tool", ARGUMENTS)
def test_what_is_not_an_id_is_refused_before_any_request(
    client: SharedClient, sandbox: Sandbox, tool: str
) -> None:
    name, others = ARGUMENTS[tool]
    for value in NOT_IDS:
        if name in SLUGS and value in VALID_SLUGS:
            continue
        result = client.call(tool, {name: value, **others})
        assert result.is_error, value
        assert "[kind=invalid_argument retryable=no]" in text_of(result), value
        assert len(text_of(result)) <= 2000

    assert sandbox.requests == []


RUN_OF_ODD_IDS = {
    "runId": "r",
    "projectId": "p",
    "status": "FAILED",
    "completionState": "COMPLETE",
    "createdAt": "2026-08-20T10:00:00.000Z",
    "specs": [
        {"spec": "a.ts", "instanceId": "../webhooks/abc", "completedAt": 1, "results": None},
        {"spec": "b.ts", "instanceId": "find", "completedAt": 1, "results": None},
        {"spec": "c.ts", "instanceId": "i", "completedAt": 1, "results": None},
    ],
}
INSTANCE = {
    "instanceId": "i",
    "runId": "a/b",
    "results": {"tests": [{"title": ["pays"], "state": "failed"}]},
}
NOT_A_RUN = '"a/b" is not the ID of a run'
EARLIER_RUN = {"runId": "a/b", "createdAt": "2026-08-19T10:00:00.000Z"}


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("triage_run", {"run": "r"}, "2 of 3 failing specs could not be loaded"),
        ("triage_run", {"run": "r"}, "The baseline could not be read: "),
        ("triage_run", {"run": "https://app.currents.dev/instance/i"}, NOT_A_RUN),
        ("currents_find_run", {"project_id": "p"}, NOT_A_RUN),
        ("currents_find_run", {"project_id": "p", "cursor": "a/b.rest"}, NOT_A_RUN),
    ],
)
def test_an_id_that_the_api_sent_is_checked_before_it_goes_into_a_request(
    stub_client: SharedClient, stub: Stub, tool: str, arguments: dict[str, str], answer: str
) -> None:
    stub.serve(
        [
            Route(path="/runs/r$", body={"data": RUN_OF_ODD_IDS}),
            Route(path="/runs/find", status=413),
            Route(path="/instances/i$", body={"data": INSTANCE}),
            Route(path="/projects/p/runs", body={"data": [EARLIER_RUN]}),
            Route(path="/projects/p$", body={"data": {"projectId": "p"}}),
        ]
    )

    assert answer in text_of(stub_client.call(tool, arguments))
    paths = {asked.split()[1].partition("?")[0] for asked in stub.asked}
    assert paths <= {
        *("/v1/runs/r", "/v1/runs/find", "/v1/instances/i"),
        *("/v1/projects/p", "/v1/projects/p/runs"),
    }


def test_an_instance_that_names_no_run_cannot_be_triaged(
    stub_client: SharedClient, stub: Stub
) -> None:
    stub.serve([Route(path="/instances/i$", body={"data": {"instanceId": "i"}})])
    result = stub_client.call("triage_run", {"run": "https://app.currents.dev/instance/i"})
    assert "answered with an instance that names no run" in text_of(result)
    assert "kind=malformed_response" in text_of(result)


def test_dashboard_urls_work_wherever_an_id_does(client: SharedClient, sandbox: Sandbox) -> None:
    run_id = NotableRun.THREE_CAUSES.value
    instance_id = next(spec.instance_id for spec in sandbox.currents.specs_of(run_id))
    run = client.answer("currents_get_run", run_id=run_id)
    instance = client.answer("currents_get_instance", instance_id=instance_id)
    for ending in ("", "/", "/overview?tab=specs", "?a=b", "#top"):
        url = f"https://app.currents.dev/run/{run_id}{ending}"
        assert client.answer("currents_get_run", run_id=url) == run
        url = f" <https://app.currents.dev/instance/{instance_id}{ending}> "
        assert client.answer("currents_get_instance", instance_id=url) == instance


def test_the_url_of_something_else_is_refused_with_what_to_do(
    client: SharedClient, sandbox: Sandbox
) -> None:
    url = "https://app.currents.dev/instance/abc"
    result = client.call("currents_get_run", {"run_id": url})
    assert "is not the URL of a run" in text_of(result)
    assert "Pass a run ID, or a dashboard URL such as" in text_of(result)
    assert sandbox.requests == []


def test_arguments_that_a_tool_does_not_have_are_refused(
    client: SharedClient, sandbox: Sandbox
) -> None:
    arguments = {"run_id": NotableRun.MAIN.value, "confirm": True}
    result = client.call("currents_get_run", arguments)
    assert 'has no argument "confirm"' in text_of(result)
    assert "It takes run_id, detail, cursor." in text_of(result)
    assert sandbox.requests == []


def test_null_and_the_empty_text_are_the_same_as_an_argument_left_out(
    client: SharedClient,
) -> None:
    plain = client.answer("currents_list_runs", project_id=BOOKING_PROJECT)
    padded = client.answer(
        "currents_list_runs", project_id=BOOKING_PROJECT, cursor="", search=None, branches=[]
    )
    assert padded == plain


@pytest.mark.parametrize(
    "arguments",
    [
        {"date_start": "yesterday"},
        {"date_start": "2026-08-02", "date_end": "2026-08-01"},
        {"limit": 0},
        {"limit": 51},
        {"status": ["BROKEN"]},
        {"search": "x" * 201},
        {"cursor": "garbage"},
    ],
    ids=str,
)
def test_arguments_out_of_bounds_are_refused_before_any_request(
    client: SharedClient, sandbox: Sandbox, arguments: dict[str, object]
) -> None:
    result = client.call("currents_list_runs", {"project_id": BOOKING_PROJECT, **arguments})
    assert result.is_error
    assert "kind=invalid_argument" in text_of(result)
    assert sandbox.requests == []
