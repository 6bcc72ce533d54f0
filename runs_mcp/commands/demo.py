"""`runs-mcp demo`: the main job on the sandbox, as a real client over real stdio."""

import sys
import time
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import TextContent


def demo() -> int:
    """Plays a host that looks into last night's runs; returns 0 when every step worked."""
    started = time.monotonic()
    try:
        anyio.run(_play)
    except _StepFailedError as error:
        _say(f"the demo stops here: {error}")
        return 1
    _say(f"\nAll of it in {time.monotonic() - started:.1f} s.")
    return 0


class _StepFailedError(Exception):
    """A step did not answer as it should."""


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


async def _play() -> None:
    _say("A host starts «runs-mcp --sandbox» and connects over stdio.")
    server = StdioServerParameters(command=sys.executable, args=["-m", "runs_mcp", "--sandbox"])
    async with Client(server, read_timeout_seconds=60) as client:
        tools = (await client.list_tools()).tools
        _say(f"It speaks MCP {client.protocol_version} and serves {len(tools)} tools:")
        for tool in tools:
            _say(f"  {tool.name:24} {tool.title}")
        host = _Host(client)
        project = (await host.call("currents_list_projects"))["projects"][0]["project_id"]
        await _trim_the_largest_run(host, project)
        await _read_the_newest_failed_run(host, project)


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


async def _read_the_newest_failed_run(host: _Host, project: str) -> None:
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
    specs = (await host.call("currents_get_run", run_id=run["url"]))["specs"]
    _say(f"  The worst of {len(specs)} specs that did not just pass is {specs[0]['spec']}:")
    instance = await host.call("currents_get_instance", instance_id=specs[0]["instance_id"])
    failure = instance["failures"][0]
    _say(f"  {failure['test']}, {failure['location']}:")
    for line in failure["error"]["message"].splitlines():
        _say(f"    {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
