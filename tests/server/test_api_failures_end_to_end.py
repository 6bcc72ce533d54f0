"""Whatever the API does wrong comes back as one clear error, in time, and without a secret."""

import re
import socket
from pathlib import Path
from typing import Final

import anyio
import hosts
import pytest
from hosts import ERAS, Era, structured_of, text_of
from in_process import connect
from mcp_types import CallToolResult

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


async def read_run(
    sandbox: Sandbox,
    *faults: Fault,
    provider: str = "currents",
    era: Era = "auto",
    stderr: Path | None = None,
    settings: dict[str, str] | None = None,
) -> CallToolResult:
    for fault in faults:
        sandbox.fail(fault)
    if stderr is None:
        async with connect(sandbox, era=era, settings=settings) as client:
            return await client.call_tool(*READS[provider])
    with stderr.open("w", encoding="utf-8") as log:
        async with hosts.connect(sandbox, era=era, settings=settings, stderr=log) as client:
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
async def test_an_answer_that_is_no_use_is_told_at_once_with_its_kind(
    sandbox: Sandbox, provider: str, fault: Fault, kind: str, status: str | None, retryable: str
) -> None:
    facts = facts_of(await read_run(sandbox, fault, provider=provider))

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
async def test_a_read_is_tried_again_where_that_may_help(
    sandbox: Sandbox, provider: str, fault: Fault, kind: str
) -> None:
    facts = facts_of(await read_run(sandbox, fault, provider=provider))

    assert (facts["kind"], facts["retryable"]) == (kind, "yes")
    assert len(sandbox.requests) == 5


@pytest.mark.parametrize("era", ERAS)
async def test_a_fault_that_passes_is_not_noticed(sandbox: Sandbox, era: Era) -> None:
    faults = [
        Fault(status=503, times=1),
        Fault(reset=True, times=1),
        Fault(status=429, headers={"Retry-After": "1"}, times=1),
    ]

    content = structured_of(await read_run(sandbox, *faults, era=era))

    assert content["run"]["id"] == RUN
    assert [request.status for request in sandbox.requests] == [503, 0, 429, 200]


async def test_a_wait_longer_than_the_deadline_is_left_to_the_caller(sandbox: Sandbox) -> None:
    facts = facts_of(await read_run(sandbox, answered(503, Retry_After="120")))

    assert (facts["kind"], facts["after"]) == ("upstream_error", "120")
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("fault", [Fault(delay_s=30), answered(503)], ids=["silence", "retries"])
async def test_the_deadline_holds_whatever_eats_the_time(sandbox: Sandbox, fault: Fault) -> None:
    with anyio.fail_after(20):
        facts = facts_of(await read_run(sandbox, fault, settings={"RUNS_MCP_TIMEOUT_S": "1.5"}))

    assert (facts["kind"], facts["retryable"]) == ("timeout", "yes")


@every_provider
async def test_a_refused_connection_is_told_with_what_to_do(
    sandbox: Sandbox, provider: str
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        nowhere = {"CURRENTS_API_URL": url, "BUILDKITE_BASE_URL": url}
        facts = facts_of(await read_run(sandbox, provider=provider, settings=nowhere))

    assert facts["kind"] == "unreachable"
    assert "runs-mcp check" in facts["next"]


@pytest.mark.parametrize("bomb", [False, True], ids=["plain", "gzip bomb"])
async def test_a_download_stops_at_its_cap_whatever_was_announced(
    sandbox: Sandbox, *, bomb: bool
) -> None:
    fault = Fault(oversized=50_000_000, gzip_bomb=bomb)

    facts = facts_of(
        await read_run(sandbox, fault, settings={"RUNS_MCP_MAX_DOWNLOAD_BYTES": "2000000"})
    )

    assert facts["kind"] == "too_large"
    assert len(sandbox.requests) == 1


async def test_a_run_that_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    async with connect(sandbox) as client:
        facts = facts_of(await client.call_tool("currents_get_run", {"run_id": "no-such-run"}))

    assert (facts["kind"], facts["status"]) == ("not_found", "404")


async def test_a_message_cut_in_the_middle_of_an_emoji_loses_nothing_else(
    sandbox: Sandbox,
) -> None:
    body = r'{"data":{"runId":"a","status":"FAILED","meta":{"commit":{"message":"half \ud83d"}}}}'

    content = structured_of(await read_run(sandbox, answered(200, body)))

    assert content["run"]["commit_message"] == "half �"


@every_provider
async def test_no_key_and_no_query_is_in_an_error_or_a_log_line(
    sandbox: Sandbox, provider: str, tmp_path: Path
) -> None:
    secret = "runs-mcp-secret-key-0123456789"
    echo = f'{{"message":"bad key {secret}, see https://a.b/c?token=hush"}}'
    keys = {"CURRENTS_API_KEY": secret, "BUILDKITE_API_TOKEN": secret}
    log = tmp_path / "stderr"

    denied = await read_run(sandbox, provider=provider, stderr=log, settings=keys)
    assert facts_of(denied)["kind"] == "unauthorized"
    echoed = await read_run(
        sandbox, answered(500, echo), provider=provider, stderr=log, settings=keys
    )
    assert facts_of(echoed)["kind"] == "upstream_error"

    told = text_of(denied) + text_of(echoed) + log.read_text()
    assert "/runs/{run_id} 500" in told
    assert secret not in told
    assert "hush" not in told
    assert READ_WRITE_KEY not in told


async def test_a_log_line_never_holds_what_was_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with log.open("w") as stderr:
        async with hosts.connect(sandbox, stderr=stderr) as client:
            await client.call_tool(
                "currents_list_runs", {"project_id": BOOKING_PROJECT, "search": "hush-hush"}
            )

    assert "GET /projects/{project_id}/runs 200" in log.read_text()
    assert "hush-hush" not in log.read_text()
