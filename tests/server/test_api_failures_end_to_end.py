"""Whatever the API does wrong comes back as one clear error, in time, and without a secret."""

import logging
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import anyio
import hosts
import pytest
import stamina
from hosts import ERAS, Era, environment, structured_of, text_of
from in_process import configured, connect
from mcp_types import CallToolResult
from shared_client import SharedClient, shared_client

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


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def shared_host(shared_sandbox: Sandbox) -> Iterator[SharedClient]:
    variables = environment(shared_sandbox)
    with shared_client(configured(variables)) as connected:
        yield connected


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox without faults, which has got no request."""
    shared_sandbox.heal()
    shared_sandbox.requests.clear()
    yield shared_sandbox
    shared_sandbox.heal()


@pytest.fixture
def host(sandbox: Sandbox, shared_host: SharedClient) -> SharedClient:
    """A client of a server that reads the sandbox."""
    assert not sandbox.requests
    return shared_host


@pytest.fixture
def _no_pauses() -> Iterator[None]:
    """Retries come without a pause."""
    with stamina.set_testing(True, attempts=5):
        yield


async def read_run(
    sandbox: Sandbox, *faults: Fault, provider: str = "currents", **settings: str
) -> CallToolResult:
    """Reads a run through a server of its own, with these settings."""
    for fault in faults:
        sandbox.fail(fault)
    async with connect(sandbox, settings=settings) as client:
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
def test_an_answer_that_cannot_be_used_is_an_error_at_once(
    sandbox: Sandbox,
    host: SharedClient,
    provider: str,
    fault: Fault,
    kind: str,
    status: str | None,
    retryable: str,
) -> None:
    sandbox.fail(fault)
    facts = facts_of(host.call(*READS[provider]))

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
@pytest.mark.usefixtures("_no_pauses")
def test_a_read_is_tried_again_where_that_may_help(
    sandbox: Sandbox, host: SharedClient, provider: str, fault: Fault, kind: str
) -> None:
    sandbox.fail(fault)
    facts = facts_of(host.call(*READS[provider]))

    assert (facts["kind"], facts["retryable"]) == (kind, "yes")
    assert len(sandbox.requests) == 5


@pytest.mark.parametrize("era", ERAS)
async def test_a_fault_that_passes_is_not_noticed(sandbox: Sandbox, era: Era) -> None:
    """The pauses are real: what `Retry-After` says is waited for."""
    faults = [
        Fault(status=503, times=1),
        Fault(reset=True, times=1),
        Fault(status=429, headers={"Retry-After": "1"}, times=1),
    ]

    for fault in faults:
        sandbox.fail(fault)
    started = time.monotonic()
    async with connect(sandbox, era=era) as client:
        content = structured_of(await client.call_tool(*READS["currents"]))

    assert content["run"]["id"] == RUN
    assert time.monotonic() - started >= 1
    assert [request.status for request in sandbox.requests] == [503, 0, 429, 200]


async def test_a_wait_longer_than_the_deadline_is_left_to_the_caller(sandbox: Sandbox) -> None:
    facts = facts_of(await read_run(sandbox, answered(503, Retry_After="120")))

    assert (facts["kind"], facts["after"]) == ("upstream_error", "120")
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("fault", [Fault(delay_s=30), answered(503)], ids=["silence", "retries"])
async def test_the_deadline_holds_whatever_eats_the_time(sandbox: Sandbox, fault: Fault) -> None:
    with anyio.fail_after(20):
        facts = facts_of(await read_run(sandbox, fault, RUNS_MCP_TIMEOUT_S="1.5"))

    assert (facts["kind"], facts["retryable"]) == ("timeout", "yes")


@every_provider
@pytest.mark.usefixtures("_no_pauses")
async def test_the_error_for_a_refused_connection_says_what_to_do(
    sandbox: Sandbox, provider: str
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        nowhere = {"CURRENTS_API_URL": url, "BUILDKITE_BASE_URL": url}
        facts = facts_of(await read_run(sandbox, provider=provider, **nowhere))

    assert facts["kind"] == "unreachable"
    assert "runs-mcp check" in facts["next"]


@pytest.mark.parametrize("bomb", [False, True], ids=["plain", "gzip bomb"])
async def test_a_download_stops_at_its_cap_whatever_was_announced(
    sandbox: Sandbox, *, bomb: bool
) -> None:
    fault = Fault(oversized=50_000_000, gzip_bomb=bomb)

    facts = facts_of(await read_run(sandbox, fault, RUNS_MCP_MAX_DOWNLOAD_BYTES="2000000"))

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
    sandbox: Sandbox, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "runs-mcp-secret-key-0123456789"
    echo = f'{{"message":"bad key {secret}, see https://a.b/c?token=hush"}}'
    keys = {"CURRENTS_API_KEY": secret, "BUILDKITE_API_TOKEN": secret}
    caplog.set_level(logging.DEBUG)

    denied = await read_run(sandbox, provider=provider, **keys)
    assert facts_of(denied)["kind"] == "unauthorized"
    echoed = await read_run(sandbox, answered(500, echo), provider=provider, **keys)
    assert facts_of(echoed)["kind"] == "upstream_error"

    written = text_of(denied) + text_of(echoed) + own_lines(caplog)
    assert "/runs/{run_id} 500" in written
    assert secret not in written
    assert "hush" not in written
    assert READ_WRITE_KEY not in written


def own_lines(caplog: pytest.LogCaptureFixture) -> str:
    """Returns what the server logged."""
    return "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("runs_mcp"))


async def test_a_log_on_stderr_never_holds_what_was_asked_for(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    log = tmp_path / "stderr"
    with log.open("w") as stderr:
        async with hosts.connect(sandbox, stderr=stderr) as client:
            await client.call_tool(
                "currents_list_runs", {"project_id": BOOKING_PROJECT, "search": "hush-hush"}
            )

    assert "GET /projects/{project_id}/runs 200" in log.read_text()
    assert "hush-hush" not in log.read_text()
    assert READ_WRITE_KEY not in log.read_text()
