"""Complete records as resources, read by a host over stdio from the sandbox over HTTP."""

import json
import re
from typing import Any, Final
from unittest.mock import patch

import httpx
import pytest
from hosts import ERAS, Era
from in_process import connect
from mcp import Client, MCPError
from mcp.server.mcpserver.exceptions import UnexpectedResourceError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, TextResourceContents

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION as ORGANIZATION
from runs_mcp.sandbox import BUILDKITE_SUITE, READ_WRITE_KEY, Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import NotableRun
from runs_mcp.server import resources
from runs_mcp.server.resources import remove_secrets, resource_error
from runs_mcp.text import plain

CURRENTS: Final = ["currents://runs/{run_id}", "currents://instances/{instance_id}"]
BUILDKITE: Final = ["buildkite://{organization}/{suite}/runs/{run_id}"]
RUN: Final = f"currents://runs/{NotableRun.THREE_CAUSES.value}"
MANY: Final = NotableBuildkiteRun.MANY_FAILURES.value

FAILURES: Final = [
    (Fault(status=401), "kind=unauthorized status=401"),
    (Fault(status=500), "kind=upstream_error status=500 retryable=yes"),
    (Fault(status=429, headers={"Retry-After": "300"}), "retry_after_s=300"),
    (Fault(malformed=True), "kind=malformed_response"),
    (Fault(status=200, body="[]"), "kind=malformed_response"),
    (Fault(oversized=200_000), "kind=too_large"),
]


def buildkite(run_id: str, organization: str = ORGANIZATION) -> str:
    return f"buildkite://{organization}/{BUILDKITE_SUITE}/runs/{run_id}"


NO_REFERENCES: Final = [
    "currents://runs/..%2Fwebhooks",
    "currents://runs/find",
    "currents://runs/a.b",
    "currents://runs/" + "a" * 129,
    "currents://runs/",
    "currents://instances/a%20b",
    "currents://instances/%00",
    buildkite("not-a-uuid"),
    buildkite(MANY, ""),
    buildkite(MANY, "a%2Fb"),
    "currents://projects/a",
    "file:///etc/passwd",
]


async def read(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    assert content.uri == uri
    return content.text


def upstream(url: str) -> dict[str, object]:
    answer = httpx.get(url, headers={"Authorization": f"Bearer {READ_WRITE_KEY}"}, timeout=30)
    assert answer.status_code == 200
    record: dict[str, object] = answer.json()
    return record


def without_queries(value: object) -> object:
    """Returns a record of the sandbox with its signed queries replaced, and nothing else."""
    if isinstance(value, dict):
        return {key: without_queries(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_queries(each) for each in value]
    if isinstance(value, str) and "Signature=" in value:
        return value.partition("?")[0] + "?…"
    return value


@pytest.mark.parametrize("era", ERAS)
async def test_a_run_and_an_execution_read_complete_but_for_their_signatures(
    sandbox: Sandbox, era: Era
) -> None:
    run = NotableRun.THREE_CAUSES.value
    instance = next(
        spec.instance_id for spec in sandbox.currents.specs_of(run) if spec.completed_at
    )
    paths = [f"runs/{run}", f"instances/{instance}"]
    async with connect(sandbox, era=era) as client:
        for path in paths:
            text = await read(client, f"currents://{path}")
            record = upstream(f"{sandbox.currents_url}/{path}")["data"]
            # A Playwright run lists no files of its specs, their executions do.
            assert ("Signature=" in json.dumps(record)) is path.startswith("instances/")
            assert "Signature=" not in text
            assert json.loads(text) == without_queries(record)


async def test_a_run_of_many_megabytes_reads_whole(sandbox: Sandbox) -> None:
    run = NotableRun.MATRIX.value
    async with connect(sandbox, settings={"RUNS_MCP_TIMEOUT_S": "120"}) as client:
        text = await read(client, f"currents://runs/{run}")

    assert len(text) > 5_000_000
    specs = json.loads(text)["specs"]
    assert [spec["instanceId"] for spec in specs] == [
        spec.instance_id for spec in sandbox.currents.specs_of(run)
    ]
    assert "Signature=" not in text


@pytest.mark.parametrize("era", ERAS)
async def test_a_buildkite_run_reads_with_all_its_failed_executions(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era) as client:
        record = json.loads(await read(client, buildkite(MANY)))

    failed = record.pop("failed_executions")
    where = f"/v2/analytics/organizations/{ORGANIZATION}/suites/{BUILDKITE_SUITE}"
    assert record == upstream(f"{sandbox.buildkite_url}{where}/runs/{MANY}")
    truth = sandbox.buildkite.failures_of(MANY)
    assert [each["execution_id"] for each in failed] == [each.execution_id for each in truth]
    assert all(each["failure_expanded"] for each in failed)
    assert failed[0]["test_url"] == truth[0].test_url


async def test_a_run_without_failures_has_an_empty_list_of_them(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        record = json.loads(await read(client, buildkite(NotableBuildkiteRun.PASSED.value)))

    assert record["result"] == "passed"
    assert record["failed_executions"] == []


@pytest.mark.parametrize(
    ("providers", "templates"),
    [
        ("currents", CURRENTS),
        ("buildkite", BUILDKITE),
        ("currents,buildkite", CURRENTS + BUILDKITE),
    ],
)
async def test_only_the_templates_of_served_providers_are_there(
    sandbox: Sandbox, providers: str, templates: list[str]
) -> None:
    async with connect(sandbox, settings={"RUNS_MCP_PROVIDERS": providers}) as client:
        served = (await client.list_resource_templates()).resource_templates
        unserved = {RUN, buildkite(MANY)} - {RUN if "currents" in providers else buildkite(MANY)}
        if len(templates) < 3:
            with pytest.raises(MCPError, match="kind=not_found"):
                await client.read_resource(unserved.pop())

    assert [template.uri_template for template in served] == templates
    for template in served:
        assert template.mime_type == "application/json"
        assert template.title
        assert template.description
    assert sandbox.requests == []


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_no_reference_is_refused_before_any_request(
    sandbox: Sandbox, era: Era
) -> None:
    async with connect(sandbox, era=era) as client:
        for uri in NO_REFERENCES:
            with pytest.raises(MCPError) as refused:
                await client.read_resource(uri)
            assert refused.value.code == INVALID_PARAMS, uri
            assert re.search(r"\[kind=(invalid_argument|not_found) ", refused.value.message), uri
            assert len(refused.value.message) <= 2000

    assert sandbox.requests == []


async def test_a_record_that_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    nobody = buildkite("0" * 8 + MANY[8:])
    async with connect(sandbox) as client:
        for uri in ("currents://runs/nope", "currents://instances/nope", nobody):
            with pytest.raises(MCPError, match="kind=not_found status=404") as refused:
                await client.read_resource(uri)
            assert refused.value.code == INVALID_PARAMS


@pytest.mark.parametrize("uri", [RUN, buildkite(MANY)], ids=["currents", "buildkite"])
async def test_a_failure_is_a_protocol_error_in_our_own_words(sandbox: Sandbox, uri: str) -> None:
    settings = {"RUNS_MCP_MAX_DOWNLOAD_BYTES": "100000"}
    async with connect(sandbox, settings=settings) as client:
        for fault, expected in FAILURES:
            sandbox.heal()
            sandbox.fail(fault)
            with pytest.raises(MCPError, match=expected) as refused:
                await client.read_resource(uri)
            assert refused.value.code == INTERNAL_ERROR
            assert READ_WRITE_KEY not in refused.value.message


async def test_a_record_that_is_too_large_to_send_is_a_clear_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_MOST_BYTES", 1000)
    async with connect(sandbox) as client:
        with pytest.raises(MCPError, match=r"more than 1,000 is not sent\. \[kind=too_large"):
            await client.read_resource(RUN)


async def test_the_cap_on_downloads_holds_for_all_pages_together(sandbox: Sandbox) -> None:
    # Each page has some 280 kB, all of them 1.2 MB.
    async with connect(sandbox, settings={"RUNS_MCP_MAX_DOWNLOAD_BYTES": "600000"}) as client:
        with pytest.raises(MCPError, match="kind=too_large"):
            await client.read_resource(buildkite(MANY))

    assert len(sandbox.requests) == 4


def test_names_and_values_that_come_again_and_again_are_cleaned_once() -> None:
    secret = "https://x.example/a?X-Amz-Signature=0fa1e"
    record = {"specs": [{"status": "passed", "url": secret, "tags": ["a", "b"]} for _ in range(50)]}
    with patch.object(resources, "plain", wraps=plain) as cleaned:
        remove_secrets(record)
    texts = [call.args[0] for call in cleaned.call_args_list]
    assert sorted(texts) == sorted(
        {"specs", "status", "passed", "url", secret, "tags", "a", "b", "a\nb"}
    )
    assert "0fa1e" not in str(record)


def test_a_defect_of_ours_says_nothing_of_its_inside() -> None:
    defect = UnexpectedResourceError("inside")
    defect.__cause__ = KeyError("inside")

    message = str(resource_error(defect, RUN))

    assert "kind=internal_error" in message
    assert "inside" not in message


def test_signed_urls_go_at_any_depth_and_nothing_else_changes() -> None:
    signed = "https://a.b/c.png?Expires=1&Signature=hush"
    deep: dict[str, Any] = {"url": signed}
    for _ in range(3000):
        deep = {"in": [deep]}
    record: dict[str, Any] = {
        "plain": "\x1b[31mred\u202e https://a.b/c?page=2",
        "number": 1.5,
        "big": 2**70,
        "nothing": None,
        "flag": False,
        "text": f"see {signed}, then \\u0026",
        "json": '{"url":"https:\\/\\/a.b\\/c?X-Amz-Signature=hush"}',
        "list": [signed, [signed], {"a": signed}],
        "deep": deep,
    }
    kept = {key: record[key] for key in ("plain", "number", "big", "nothing", "flag")}

    remove_secrets(record)

    assert {key: record[key] for key in kept} == kept
    assert record["text"] == "see https://a.b/c.png?…, then \\u0026"
    assert record["list"] == [
        "https://a.b/c.png?…",
        ["https://a.b/c.png?…"],
        {"a": "https://a.b/c.png?…"},
    ]
    assert "hush" not in record["json"]
    inner = record.pop("deep")
    while "in" in inner:
        (inner,) = inner["in"]
    assert inner == {"url": "https://a.b/c.png?…"}
