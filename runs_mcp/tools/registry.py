"""How a function becomes a tool that works in every host."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import getdoc
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations

from runs_mcp.model import Record
from runs_mcp.results import output_schema, structured, text
from runs_mcp.settings import Provider


@dataclass(frozen=True)
class ServedTool:
    """A tool. Its name is the function's, its description the docstring."""

    function: Callable[..., Awaitable[CallToolResult | InputRequiredResult]]
    title: str
    report: type[Record]
    provider: Provider | None = None
    destructive: bool = False

    def build(self) -> Tool:
        """Returns the tool as the SDK serves it, both schemas set."""
        tool = Tool.from_function(
            self.function,
            title=self.title,
            description=getdoc(self.function),
            annotations=ToolAnnotations(
                read_only_hint=not self.destructive,
                destructive_hint=self.destructive,
                idempotent_hint=not self.destructive,
                open_world_hint=True,
            ),
            structured_output=False,
        )
        tool.parameters = _host_safe(tool.parameters)
        # The SDK publishes a schema set by hand; it would derive one from pydantic models only.
        tool.fn_metadata.output_schema = output_schema(self.report)
        return tool


def answer(report: Record) -> CallToolResult:
    """Returns a report as a tool's result, in both channels."""
    return CallToolResult(
        content=[TextContent(type="text", text=text(report))],
        structured_content=structured(report),
    )


def _host_safe(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns an input schema without what costs tokens or confuses hosts and says nothing.

    Pydantic titles every property, and has a default for every argument that may be left out.
    """
    properties = {}
    for name, sent in schema.get("properties", {}).items():
        kept = {key: value for key, value in sent.items() if key != "title"}
        if kept.get("default", True) in ("", [], None):
            del kept["default"]
        properties[name] = kept
    rest = {key: value for key, value in schema.items() if key not in ("title", "properties")}
    return {**rest, "properties": properties}
