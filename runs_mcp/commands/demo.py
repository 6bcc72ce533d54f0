"""`runs-mcp demo`: the main job on the sandbox, as a real client over real stdio."""

import sys
import tempfile
import time
from typing import Any, TextIO

import anyio
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ElicitRequestParams, ElicitResult, TextContent

from runs_mcp.standard_streams import write_error, write_out


def demo() -> int:
    """Plays a host that looks into last night's runs; returns 0 when every step worked."""
    started = time.monotonic()
    # The server's log is for when something goes wrong.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        problem = anyio.run(_play, log)
        if problem:
            log.seek(0)
            write_error(log.read())
            _say(f"the demo stops here: {problem}")
            return 1
    _say(f"\nAll of it in {time.monotonic() - started:.1f} s.")
    return 0


class _StepFailedError(Exception):
    """A step did not answer as it should."""


class _Person:
    """The person at the host, and what they type when asked."""

    def __init__(self) -> None:
        self.types = ""

    async def answer(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult:
        """Fills in the form, and shows it."""
        del context
        _say("  The host asks:")
        for line in params.message.splitlines():
            _say(f"    {line}")
        _say(f"  The person types «{self.types}».")
        return ElicitResult(action="accept", content={"last_characters": self.types})


class _Host:
    """A client that prints what each call answered, its size and its time."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Calls a tool, and returns the structured content of its answer.

        Raises:
            _StepFailedError: It answered with an error.
        """
        started = time.monotonic()
        result = await self._client.call_tool(tool, arguments)
        took_ms = (time.monotonic() - started) * 1000
        text = "".join(block.text for block in result.content if isinstance(block, TextContent))
        if result.is_error or result.structured_content is None:
            raise _StepFailedError(text)
        given = " ".join(f"{name}={value}" for name, value in arguments.items() if name != "cursor")
        _say(f"  {tool} {given}: {len(text.encode()):,} bytes in {took_ms:.0f} ms")
        content: dict[str, Any] = result.structured_content
        return content


async def _play(log: TextIO) -> str:
    """Plays all steps; returns what went wrong, or an empty text."""
    _say("A host starts «runs-mcp --sandbox» and connects over stdio.")
    server = StdioServerParameters(command=sys.executable, args=["-m", "runs_mcp", "--sandbox"])
    person = _Person()
    transport = stdio_client(server, errlog=log)
    async with Client(
        transport, read_timeout_seconds=60, elicitation_callback=person.answer
    ) as client:
        try:
            await _look_around(client, person)
        except _StepFailedError as failed:
            return str(failed)
    return ""


async def _look_around(client: Client, person: _Person) -> None:
    tools = (await client.list_tools()).tools
    _say(f"It speaks MCP {client.protocol_version} and serves {len(tools)} tools:")
    for tool in tools:
        _say(f"  {tool.name:33} {tool.title}")
    host = _Host(client)
    project = (await host.call("currents_list_projects"))["projects"][0]["project_id"]
    await _trim_the_largest_run(host, project)
    await _triage_the_newest_failed_run(host, project)
    await _cancel_a_run(host, project, person)


async def _trim_the_largest_run(host: _Host, project: str) -> None:
    _say("\nLast night's cross-browser run is too big for any model:")
    answer = await host.call("currents_find_run", project_id=project, tags=["matrix"])
    specs, trim = answer["totals"]["specs"], answer["trim"]
    _say(
        f"  {trim['upstream_bytes']:,} bytes upstream, {specs['overall']:,} specs; "
        f"{trim['total']} of them failed or were flaky, the worst {trim['shown']} in this answer."
    )
    run, shown = answer["run"]["id"], trim["shown"]
    while cursor := trim.get("next_cursor"):
        page = await host.call(
            "currents_find_run", project_id=project, tags=["matrix"], cursor=cursor
        )
        trim = page["trim"]
        shown += trim["shown"]
    if shown != trim["total"]:
        raise _StepFailedError(f"{shown} specs were shown of {trim['total']} in run {run}.")
    _say(f"  The pages together: all {shown}.")


async def _triage_the_newest_failed_run(host: _Host, project: str) -> None:
    _say("\nWhy did the newest run fail?")
    listed = await host.call(
        "currents_list_runs",
        project_id=project,
        status=["failed"],
        completion=["complete"],
        limit=1,
    )
    run = listed["runs"][0]
    _say(f"  {run['failed']} tests failed on {run['branch']}: {run['commit_message']}")
    answer = await host.call("triage_run", run=run["url"])
    _say(f"  {answer['verdict']}")
    shown = 0
    while True:
        for group in answer["groups"]:
            shown += ("example" in group) + len(group.get("others", []))
            if failure := group.get("example"):
                _say(f"  {group['tests']} × {group['novelty']}: {failure['test']}")
                _say(f"    {failure['spec']}, {failure['location']}")
                _say(f"    {failure['error']['message'].splitlines()[0]}")
        for test in answer.get("flaky", []):
            _say(f"  flaky: {test['test']}")
        if not (cursor := answer["trim"].get("next_cursor")):
            break
        answer = await host.call("triage_run", run=run["url"], cursor=cursor)
    if shown != run["failed"]:
        raise _StepFailedError(f"{shown} tests are in groups of {run['failed']} that failed.")


async def _cancel_a_run(host: _Host, project: str, person: _Person) -> None:
    _say("\nCancelling a run takes a person:")
    going = await host.call(
        "currents_list_runs", project_id=project, completion=["in_progress"], limit=1
    )
    run = going["runs"][0]["id"]
    for typed, expected in (("yes", "declined"), (run[-6:], "done")):
        person.types = typed
        report = await host.call("currents_cancel_run", run_id=run)
        _say(f"  → {report['outcome']}: {report['next']}")
        if report["outcome"] != expected:
            raise _StepFailedError(f"{expected} was expected.")


def _say(line: str) -> None:
    write_out(f"{line}\n")
