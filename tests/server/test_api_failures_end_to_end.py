"""Whatever the API does wrong comes back as one clear error, in time, and without a secret."""

import json
import re
import socket
import time
from pathlib import Path
from typing import Final

import anyio
import hosts
import pytest
from hosts import ERAS, Era, structured_of, text_of
from in_process import connect
from mcp_types import CallToolResult
from shared_client import SharedClient

from runs_mcp.sandbox import READ_WRITE_KEY, Fault, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import NotableBuildkiteRun
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, NotableRun

RUN: Final = NotableRun.MAIN.value
READS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "currents": ("currents_get_run", {"run_id": RUN}),
    "buildkite": ("buildkite_get_run", {"run_id": NotableBuildkiteRun.MAIN.value}),
}
every_provider = pytest.mark.parametrize("provider", READS)
FACTS: Final = re.compile(
    r"\[kind=(?P<kind>\w+)(?: status=(?P<status>\d+))? retryable=(?P<retryable>yes|no)"
    r"(?: retry_after_s=(?P<after>[\d.]+))?\] (?P<next>\S.*)"
)
HTML: Final = "<!doctype html><html><body><h1>Bad gateway</h1></body></html>"
FAILED: Final = '{"status":"FAILED","error":"Something is off","message":"Something is off"}'


def answered(status: int, body: str = FAILED, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status=status, body=body, headers=named)


def shown(value: object) -> str:
    """Returns a short name for a parameter of a test."""
    if not isinstance(value, Fault):
        return str(value)
    deeds = {name: getattr(value, name) for name in ("reset", "truncate", "malformed", "status")}
    body = (value.body or "")[:12] if value.body != FAILED else ""
    return "-".join([*(f"{name}={deed}" for name, deed in deeds.items() if deed), body])


@pytest.fixture
def sandbox(story: Sandbox) -> Sandbox:
    story.heal()
    story.requests.clear()
    return story


async def read_run(
    sandbox: Sandbox,
    provider: str = "currents",
    *,
    era: Era = "auto",
    settings: dict[str, str] | None = None,
) -> CallToolResult:
    async with connect(sandbox, era=era, settings=settings) as client:
        return await client.call_tool(*READS[provider])


def facts_of(result: CallToolResult) -> re.Match[str]:
    assert result.is_error
    facts = FACTS.search(text_of(result))
    assert facts is not None, text_of(result)
    assert len(text_of(result)) <= 2000
    return facts


@every_provider
@pytest.mark.parametrize(
    ("fault", "kind", "status", "retryable"),
    [
        (answered(400), "invalid_argument", "400", "no"),
        (answered(401), "unauthorized", "401", "no"),
        (answered(402), "upstream_error", "402", "no"),
        (answered(403), "forbidden", "403", "no"),
        (answered(404), "not_found", "404", "no"),
        (answered(409), "conflict", "409", "no"),
        (answered(422), "invalid_argument", "422", "no"),
        (answered(429, Retry_After="300"), "rate_limited", "429", "yes"),
        (answered(500), "upstream_error", "500", "yes"),
        (answered(302, Location="http://127.0.0.1:9/"), "upstream_error", "302", "no"),
        (answered(404, HTML, Content_Type="text/html"), "not_found", "404", "no"),
        (answered(200, HTML, Content_Type="text/html"), "malformed_response", None, "no"),
        (answered(200, ""), "malformed_response", None, "no"),
        (answered(200, "[]"), "malformed_response", None, "no"),
        (answered(200, '{"status":"OK"}'), "malformed_response", None, "no"),
        (answered(200, '{"data":{"specs":{}}}'), "malformed_response", None, "no"),
        (Fault(malformed=True), "malformed_response", None, "no"),
    ],
    ids=shown,
)
def test_an_answer_that_cannot_be_used_is_an_error_of_its_kind_without_a_retry(
    sandbox: Sandbox,
    client: SharedClient,
    provider: str,
    fault: Fault,
    kind: str,
    status: str | None,
    retryable: str,
) -> None:
    sandbox.fail(fault)
    facts = facts_of(client.call(*READS[provider]))

    assert (facts["kind"], facts["status"], facts["retryable"]) == (kind, status, retryable)
    assert len(sandbox.requests) == 1


@every_provider
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (answered(502, HTML, Content_Type="text/html"), "upstream_error"),
        (answered(503), "upstream_error"),
        (answered(504), "upstream_error"),
        (answered(429), "rate_limited"),
        (Fault(reset=True), "unreachable"),
        (Fault(truncate=True), "unreachable"),
    ],
    ids=shown,
)
@pytest.mark.usefixtures("no_pauses")
def test_a_read_is_retried_where_that_may_help(
    sandbox: Sandbox, client: SharedClient, provider: str, fault: Fault, kind: str
) -> None:
    sandbox.fail(fault)
    facts = facts_of(client.call(*READS[provider]))

    assert (facts["kind"], facts["retryable"]) == (kind, "yes")
    assert len(sandbox.requests) == 5


def test_a_cursor_of_the_api_that_is_too_long_to_hand_on_is_said(
    sandbox: Sandbox, client: SharedClient
) -> None:
    runs = [{"runId": f"run{n}", "cursor": "c" * 480} for n in range(2)]
    runs[1]["cursor"] = "c" * 100_000
    page = {"status": "OK", "has_more": True, "data": runs}
    sandbox.fail(Fault(status=200, body=json.dumps(page)))
    listing = ("currents_list_runs", {"project_id": BOOKING_PROJECT})
    first = structured_of(client.call(*listing))
    assert [run["id"] for run in first["runs"]] == ["run0"]
    page["data"] = runs[1:]
    sandbox.heal()
    sandbox.fail(Fault(status=200, body=json.dumps(page)))
    second = client.call(listing[0], {**listing[1], "cursor": first["next_cursor"]})
    assert facts_of(second)["kind"] == "malformed_response"


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.usefixtures("no_pauses")
async def test_a_fault_that_passes_is_not_noticed(sandbox: Sandbox, era: Era) -> None:
    sandbox.fail(Fault(status=503, times=1))
    sandbox.fail(Fault(reset=True, times=1))
    sandbox.fail(Fault(status=429, headers={"Retry-After": "1"}, times=1))

    content = structured_of(await read_run(sandbox, era=era))

    assert content["run"]["id"] == RUN
    assert [request.status for request in sandbox.requests] == [503, 0, 429, 200]


def test_a_retry_waits_for_as_long_as_the_api_says(sandbox: Sandbox, client: SharedClient) -> None:
    sandbox.fail(Fault(status=429, headers={"Retry-After": "1"}, times=1))
    began = time.monotonic()

    assert not client.call(*READS["currents"]).is_error

    assert time.monotonic() - began >= 1
    assert [request.status for request in sandbox.requests] == [429, 200]


def test_a_wait_longer_than_the_deadline_is_left_to_the_caller(
    sandbox: Sandbox, client: SharedClient
) -> None:
    sandbox.fail(answered(503, Retry_After="120"))
    facts = facts_of(client.call(*READS["currents"]))

    assert (facts["kind"], facts["after"]) == ("upstream_error", "120")
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("fault", [Fault(delay_s=30), answered(503)], ids=["silence", "retries"])
async def test_the_deadline_covers_slow_answers_and_pauses(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.fail(fault)
    with anyio.fail_after(20):
        facts = facts_of(await read_run(sandbox, settings={"RUNS_MCP_TIMEOUT_S": "0.5"}))

    assert (facts["kind"], facts["retryable"]) == ("timeout", "yes")


@every_provider
@pytest.mark.usefixtures("no_pauses")
async def test_the_error_of_a_refused_connection_says_what_to_do(
    sandbox: Sandbox, provider: str
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        nowhere = {"CURRENTS_API_URL": url, "BUILDKITE_BASE_URL": url}
        facts = facts_of(await read_run(sandbox, provider, settings=nowhere))

    assert facts["kind"] == "unreachable"
    assert "runs-mcp check" in facts["next"]


@pytest.mark.parametrize("bomb", [False, True], ids=["plain", "gzip bomb"])
async def test_a_download_stops_at_its_cap_whatever_was_announced(
    sandbox: Sandbox, *, bomb: bool
) -> None:
    sandbox.fail(Fault(oversized=50_000_000, gzip_bomb=bomb))
    cap = {"RUNS_MCP_MAX_DOWNLOAD_BYTES": "2000000"}

    facts = facts_of(await read_run(sandbox, settings=cap))

    assert facts["kind"] == "too_large"
    assert len(sandbox.requests) == 1


@pytest.mark.usefixtures("sandbox")
def test_a_run_that_does_not_exist_is_not_found(client: SharedClient) -> None:
    facts = facts_of(client.call("currents_get_run", {"run_id": "no-such-run"}))

    assert (facts["kind"], facts["status"]) == ("not_found", "404")


def test_a_message_cut_in_the_middle_of_an_emoji_loses_nothing_else(
    sandbox: Sandbox, client: SharedClient
) -> None:
    body = r'{"data":{"runId":"a","status":"FAILED","meta":{"commit":{"message":"half \ud83d"}}}}'

    sandbox.fail(answered(200, body))

    content = structured_of(client.call(*READS["currents"]))

    assert content["run"]["commit_message"] == "half �"


async def test_no_key_query_or_argument_is_in_an_error_or_a_log_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    secret = "runs-mcp-secret-key-0123456789"
    echo = f'{{"message":"bad key {secret}, see https://a.b/c?token=hush"}}'
    keys = {"CURRENTS_API_KEY": secret, "BUILDKITE_API_TOKEN": secret}
    keys["RUNS_MCP_LOG_LEVEL"] = "debug"
    search = {"project_id": BOOKING_PROJECT, "search": "hush-hush"}

    with (tmp_path / "stderr").open("w+", encoding="utf-8") as log:
        async with hosts.connect(sandbox, settings=keys, stderr=log) as client:
            denied = [await client.call_tool(*read) for read in READS.values()]
            denied.append(await client.call_tool("currents_list_runs", search))
            sandbox.fail(answered(500, echo))
            echoed = [await client.call_tool(*read) for read in READS.values()]
        log.seek(0)
        lines = log.read()

    assert [facts_of(result)["kind"] for result in denied] == ["unauthorized"] * 3
    assert [facts_of(result)["kind"] for result in echoed] == ["upstream_error"] * 2
    assert lines.count("/runs/{run_id} 500") == 2
    assert "GET /projects/{project_id}/runs 401" in lines
    everything = "".join(map(text_of, denied + echoed)) + lines
    assert secret not in everything
    assert "hush" not in everything
    assert READ_WRITE_KEY not in everything
