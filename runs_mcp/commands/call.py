"""`runs-mcp call`: one tool call, for shells, CI and scripts."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NoReturn

import anyio
import anyio.to_thread
from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult, TextContent

from runs_mcp.answers.encoding import Json
from runs_mcp.configuration import Configuration
from runs_mcp.confirmation.by_page import no_pages
from runs_mcp.errors import SettingsError
from runs_mcp.server.build import build_server
from runs_mcp.standard_streams import write_error, write_json, write_out

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")


def call_tool(
    configuration: Configuration,
    tool: str,
    pairs: Sequence[str],
    *,
    json_arguments: str,
    output: Literal["text", "json"],
) -> int:
    """Calls one tool and prints its answer; returns 1 on a tool error, whose text goes to stderr.

    Args:
        configuration: What to serve the tool with.
        tool: Its name.
        pairs: Arguments as `name=value`; a list takes its items separated by commas.
        json_arguments: Arguments as a JSON object; `pairs` win over it.
        output: The text of the answer, or its structured content.

    Raises:
        SettingsError: The arguments cannot be read.
    """
    # What was no text on the command line is no name of a tool.
    name = tool.encode(errors="replace").decode()
    return anyio.run(_call, configuration, name, pairs, json_arguments, output)


async def _call(
    configuration: Configuration, tool: str, pairs: Sequence[str], json_arguments: str, output: str
) -> int:
    server = build_server(configuration, serve_pages=no_pages)
    schemas = {served.name: served.input_schema for served in await server.list_tools()}
    arguments = _from_json(json_arguments)
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found:
            raise SettingsError(f"{pair!r} is not an argument of the form name=value")
        arguments[name] = _typed(value, schemas.get(tool, {}).get("properties", {}).get(name))
    # Without a terminal nobody can be asked, and nothing stays to serve a page.
    ask = _ask_on_terminal if sys.stdin.isatty() and sys.stderr.isatty() else None
    async with Client(server, elicitation_callback=ask) as client:
        result = await client.call_tool(tool, arguments)
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    if result.is_error:
        write_error(f"{text}\n")
        return 1
    if output == "json":
        write_json(result.structured_content)
    else:
        write_out(f"{text}\n")
    return 0


async def _ask_on_terminal(
    context: ClientRequestContext, params: ElicitRequestParams
) -> ElicitResult:
    del context
    write_error(f"{params.message}\n> ")
    typed = await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)
    if not typed.strip():
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content={"last_characters": typed.strip()})


def _from_json(text: str) -> dict[str, Json]:
    if not text:
        return {}
    try:
        arguments = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"--json is not JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise SettingsError("--json is not a JSON object")
    return arguments


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


def _typed(value: str, schema: Mapping[str, Json] | None) -> Json:
    """Returns a value from the command line as its schema wants it; the tool checks the rest."""
    match (schema or {}).get("type"):
        case "integer" if _INTEGER.fullmatch(value):
            return int(value)
        case "boolean" if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case "array" if not value.startswith("["):
            return [part for part in value.split(",") if part]
        case _:
            return value
