"""The server over HTTP: many callers, each with their own keys, in both protocol eras."""

import re
from collections.abc import Mapping
from typing import Any, Final

import anyio
import pytest
from hosts import ERAS, Era, environment, structured_of, text_of
from mcp_types import PromptReference, TextResourceContents
from over_http import serve
from providers.currents_runs import FAILED, RUNNING, writes
from report_stub import Route, Stub
from server.confirmation_pages import PageVisitor
from server.destructive_calls import FakePerson, typing

from runs_mcp.sandbox import READ_ONLY_KEY, READ_WRITE_KEY, Sandbox
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT

KEYS: Final = {"Currents-Api-Key": READ_WRITE_KEY, "Buildkite-Api-Token": READ_WRITE_KEY}
CANCEL: Final = ("currents_cancel_run", {"run_id": RUNNING})
PING: Final = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
JSON_ONLY: Final = {"Accept": "application/json, text/event-stream"}
every_era = pytest.mark.parametrize("era", ERAS)


def apis_of(sandbox: Sandbox) -> dict[str, str]:
    """Returns where the APIs of the sandbox are, without a key."""
    return {
        name: value
        for name, value in environment(sandbox).items()
        if name not in ("CURRENTS_API_KEY", "BUILDKITE_API_TOKEN")
    }


@every_era
async def test_a_caller_lists_and_calls_with_their_own_keys(story: Sandbox, era: Era) -> None:
    async with serve(apis_of(story)) as server, server.connect(KEYS, era) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"currents_get_run", "buildkite_get_run", "triage_run"} <= names
        projects = structured_of(await client.call_tool("currents_list_projects", {}))
        suites = structured_of(await client.call_tool("buildkite_list_suites", {}))
        resources = await client.list_resource_templates()
        prompts = await client.list_prompts()
    assert BOOKING_PROJECT in [project["project_id"] for project in projects["projects"]]
    assert suites["suites"]
    assert resources.resource_templates
    assert prompts.prompts


@pytest.mark.parametrize(
    ("headers", "settings", "says"),
    [
        ({}, {}, "no API key"),
        ({"Authorization": "Bearer " + READ_WRITE_KEY}, {}, "no API key"),
        ({"Currents-Api-Key": ""}, {}, "no API key"),
        ({"Currents-Api-Key": "a b"}, {}, "must be the key alone"),
        ({"Currents-Api-Key": "<your-api-key>"}, {}, "must be the key alone"),
        ({"Authorization": "Basic eHg6eXk="}, {"RUNS_MCP_PROVIDERS": "currents"}, "no API key"),
        ({"Buildkite-Api-Token": "x" * 40}, {"RUNS_MCP_PROVIDERS": "currents"}, "no API key"),
    ],
)
async def test_a_request_without_a_key_gets_401_that_says_what_to_send(
    story: Sandbox, headers: Mapping[str, str], settings: Mapping[str, str], says: str
) -> None:
    # The server's own keys are in its environment, and are never used.
    async with serve(environment(story), settings=settings) as server:
        answer = await server.send(json=PING, headers={**JSON_ONLY, **headers})
    assert answer.status_code == 401
    assert says in answer.text
    assert "Currents-Api-Key" in answer.headers["WWW-Authenticate"]
    assert "set-cookie" not in answer.headers
    for value in headers.values():
        assert not value or value not in answer.text + str(answer.headers)


@every_era
async def test_a_bearer_token_is_the_key_of_the_only_provider(story: Sandbox, era: Era) -> None:
    only = {"RUNS_MCP_PROVIDERS": "currents"}
    bearer = {"Authorization": f"Bearer {READ_WRITE_KEY}"}
    async with (
        serve(apis_of(story), settings=only) as server,
        server.connect(bearer, era) as client,
    ):
        assert structured_of(await client.call_tool("currents_list_projects", {}))["projects"]


@every_era
async def test_a_call_to_a_provider_without_a_key_is_unauthorized(story: Sandbox, era: Era) -> None:
    keys = {"Currents-Api-Key": READ_WRITE_KEY}
    async with serve(environment(story)) as server, server.connect(keys, era) as client:
        text = text_of(await client.call_tool("buildkite_list_suites", {}))
    assert "kind=unauthorized" in text
    assert "Buildkite-Api-Token" in text


@every_era
async def test_everything_that_reads_uses_the_keys_of_the_caller(story: Sandbox, era: Era) -> None:
    keys = {"Currents-Api-Key": READ_WRITE_KEY}
    failed, uri = f"currents:{FAILED}", f"currents://runs/{FAILED}"
    async with serve(environment(story)) as server, server.connect(keys, era) as client:
        for tool, arguments in (
            ("triage_run", {"run": failed}),
            ("compare_runs", {"base": failed, "head": failed}),
            ("wait_for_run", {"run": failed}),
        ):
            structured_of(await client.call_tool(tool, arguments))
        (content,) = (await client.read_resource(uri)).contents
        offered = await client.complete(
            PromptReference(name="triage_failed_run"), {"name": "run", "value": ""}
        )
    assert isinstance(content, TextResourceContents)
    assert FAILED in content.text
    assert offered.completion.values
    assert all(value.startswith("currents:") for value in offered.completion.values)


async def test_each_request_upstream_has_the_key_of_its_own_caller(stub: Stub) -> None:
    stub.serve([Route(path="/projects/", body={"status": "OK", "data": [], "has_more": False})])
    callers = [f"key-of-caller-{name}-0123456789" for name in ("one", "two")]

    async with serve(stub.environment, settings={"RUNS_MCP_PROVIDERS": "currents"}) as server:

        async def call_often(number: int, key: str) -> None:
            async with server.connect({"Currents-Api-Key": key}) as client:
                for call in range(50):
                    result = await client.call_tool(
                        "currents_list_runs", {"project_id": f"of-{number}-{call}"}
                    )
                    assert not result.is_error, text_of(result)

        async with anyio.create_task_group() as tasks:
            for number, key in enumerate(callers):
                tasks.start_soon(call_often, number, key)

    assert len(stub.keys) == 100
    for path, key in stub.keys:
        caller = re.search(r"/projects/of-(\d)-", path)
        assert caller
        assert key == f"Bearer {callers[int(caller[1])]}"


@every_era
async def test_the_key_of_a_caller_is_in_no_answer_and_no_log(
    stub: Stub, era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    key = "key-of-the-caller-0123456789"
    projects = [{"projectId": "p", "name": f"printed {key} by a test"}]
    stub.serve([Route(path="/projects", body={"status": "OK", "data": projects})])
    caplog.set_level("DEBUG")
    sent = {"Currents-Api-Key": key}
    async with serve(stub.environment) as server, server.connect(sent, era) as client:
        answered = await client.call_tool("currents_list_projects", {})
        stub.serve([Route(path="/projects", status=401, body={"message": f"no such key: {key}"})])
        refused = await client.call_tool("currents_list_projects", {})
    assert "printed … by a test" in text_of(answered)
    assert "kind=unauthorized" in text_of(refused)
    assert key not in f"{answered} {refused}"
    ours = [record for record in caplog.records if not record.name.startswith("httpcore2")]
    assert not [record for record in ours if key in record.getMessage()]


async def test_a_host_that_can_ask_confirms_by_its_form(sandbox: Sandbox) -> None:
    person = FakePerson(typing(RUNNING[-6:]))
    async with serve(apis_of(sandbox)) as server, server.connect(KEYS, "auto", person) as client:
        report = structured_of(await client.call_tool(*CANCEL))
    assert report["outcome"] == "done"
    assert writes(sandbox) == ["PUT"]


async def test_a_host_that_cannot_be_asked_confirms_on_the_page(sandbox: Sandbox) -> None:
    person = FakePerson(typing(RUNNING[-6:]))
    async with serve(apis_of(sandbox)) as server, server.connect(KEYS, "legacy", person) as client:
        asked = structured_of(await client.call_tool(*CANCEL))
        assert asked["outcome"] == "confirmation_required"
        assert asked["confirmation_url"].startswith(f"{server.url}/confirm/")
        visitor = PageVisitor(asked["confirmation_url"])
        other_place = await visitor.send({"decision": "confirm"}, Origin="http://evil.example")
        assert other_place.status_code == 403
        assert writes(sandbox) == []
        assert (await visitor.confirm(RUNNING[-6:])).status_code == 200

        # What one caller confirmed is no confirmation of another's call.
        other = {"Currents-Api-Key": READ_ONLY_KEY}
        async with server.connect(other, "legacy") as client_of_other:
            theirs = structured_of(await client_of_other.call_tool(*CANCEL))
            assert theirs["outcome"] == "confirmation_required"

        assert structured_of(await client.call_tool(*CANCEL))["outcome"] == "done"
        assert structured_of(await client.call_tool(*CANCEL))["outcome"] == "already_done"
    assert person.questions == []
    assert writes(sandbox) == ["PUT"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param({"headers": {"Host": "runs.evil.example"}}, 421, id="foreign host"),
        pytest.param({"headers": {"Origin": "https://evil.example"}}, 403, id="foreign origin"),
        pytest.param({"headers": {"Host": "localhost:80.evil.example"}}, 421, id="no port"),
        pytest.param({"headers": {"Host": "localhost:80@evil.example"}}, 421, id="user"),
        pytest.param({"headers": {"Host": ""}}, 421, id="no host"),
        pytest.param(
            {"headers": {"Origin": "http://localhost:8.evil.example"}},
            403,
            id="origin without a port",
        ),
        pytest.param({"headers": {"Origin": "null"}}, 403, id="origin null"),
        pytest.param({"content": b"[" + b"[]," * 1_000_000 + b"[]]"}, 413, id="many values"),
        pytest.param({"content": b"x" * (5 * 1024 * 1024)}, 413, id="large body"),
        pytest.param({"content": b"{"}, 400, id="no JSON"),
        pytest.param({"content": b""}, 400, id="no body"),
        pytest.param({"method": "GET"}, 405, id="GET"),
        pytest.param({"method": "DELETE"}, 405, id="DELETE"),
        pytest.param({"path": "//"}, 404, id="two slashes"),
        pytest.param({"path": "/mcp/x"}, 404, id="longer path"),
        pytest.param({"path": "/confirm/x"}, 410, id="no such page"),
        pytest.param({"headers": {"Content-Type": "text/plain"}}, 400, id="other type"),
    ],
)
@pytest.mark.parametrize("version", [{}, {"MCP-Protocol-Version": "2026-07-28"}])
async def test_an_odd_request_is_refused_and_the_next_one_served(
    story: Sandbox, request_: dict[str, Any], status: int, version: dict[str, str]
) -> None:
    sent = {"json": PING, **request_} if "content" not in request_ else dict(request_)
    sent["headers"] = {
        "Content-Type": "application/json",
        **JSON_ONLY,
        **KEYS,
        **version,
        **request_.get("headers", {}),
    }
    async with serve(apis_of(story)) as server:
        assert (await server.send(**sent)).status_code == status
        async with server.connect(KEYS) as client:
            assert (await client.list_tools()).tools


async def test_a_second_origin_and_a_redirect_by_host_are_not_followed(story: Sandbox) -> None:
    origins = [("Origin", "http://localhost"), ("Origin", "https://evil.example")]
    async with serve(apis_of(story)) as server:
        answer = await server.send(json=PING, headers=[*JSON_ONLY.items(), *KEYS.items(), *origins])
        assert answer.status_code == 403
        moved = await server.send("GET", "/confirm/x/", headers={"Host": "evil.example"})
    assert moved.status_code == 404
    assert "location" not in moved.headers


async def test_the_path_may_end_with_a_slash(story: Sandbox) -> None:
    async with serve(apis_of(story)) as server:
        answer = await server.send(path="/mcp/", json=PING, headers={**JSON_ONLY, **KEYS})
    assert answer.status_code == 200


async def test_readiness_names_what_cannot_be_reached(story: Sandbox) -> None:
    down = {**apis_of(story), "BUILDKITE_BASE_URL": "http://127.0.0.1:9"}
    async with serve(down) as server:
        alive = await server.send("GET", "/healthz")
        ready = await server.send("GET", "/readyz")
    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json() == {"status": "unavailable", "currents": "ok", "buildkite": "unreachable"}
