"""How a function becomes a tool that works in every host."""

from dataclasses import dataclass
from functools import cache
from inspect import getdoc
from typing import Any, NamedTuple, TypeAlias

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations

from runs_mcp.answers.encoding import as_text, output_schema, structured_content
from runs_mcp.model import Record
from runs_mcp.server.context_functions import ContextFunction

ToolResult: TypeAlias = CallToolResult | InputRequiredResult

RUN_FORMS = "{run forms}"
"""In a description, it stands for the forms of references to runs."""
PROJECT_FORMS = "{project forms}"
"""In a description, it stands for the forms of references to projects."""


class Forms(NamedTuple):
    """The forms of references that the providers have, for descriptions.

    Args:
        runs: Those of references to runs.
        projects: Those of references to projects.
    """

    runs: str
    projects: str

    def put_into(self, description: str) -> str:
        """Returns a description with the forms in their places."""
        with_runs = description.replace(RUN_FORMS, self.runs)
        return with_runs.replace(PROJECT_FORMS, self.projects)


@dataclass(frozen=True)
class ServedTool:
    """A tool. Its name is the function's, its description the docstring."""

    function: ContextFunction[ToolResult]
    title: str
    report: type[Record]
    destructive: bool = False
    needs_projects: bool = False
    """Whether it is about a project, so that a provider with projects must be served."""

    @property
    def name(self) -> str:
        """The name that a model calls it by."""
        return self.function.__name__


@cache
def build_tool(tool: ServedTool, providers: tuple[str, ...], forms: Forms) -> Tool:
    """Returns a tool as the SDK serves it, both schemas set; built once in a process.

    Args:
        tool: The tool.
        providers: The names of all providers.
        forms: The forms of references, for descriptions.
    """
    built = Tool.from_function(
        tool.function,
        title=tool.title,
        description=getdoc(tool.function),
        annotations=ToolAnnotations(
            read_only_hint=not tool.destructive,
            destructive_hint=tool.destructive,
            idempotent_hint=not tool.destructive,
            open_world_hint=True,
        ),
        structured_output=False,
    )
    built.parameters = _host_safe(built.parameters, forms)
    # The SDK publishes a schema set by hand; it would derive one from pydantic models only.
    built.fn_metadata.output_schema = _output_schema(tool.report, providers)
    return built


def answer(report: Record) -> CallToolResult:
    """Returns a report as a tool's result, in both channels."""
    fields = structured_content(report)
    return CallToolResult(
        content=[TextContent(type="text", text=as_text(fields))], structured_content=fields
    )


def _output_schema(report: type[Record], providers: tuple[str, ...]) -> dict[str, Any]:
    """Returns the schema of a report, with the names of the providers in it."""
    schema = output_schema(report)
    for definition in (schema, *schema["$defs"].values()):
        if "provider" in definition.get("properties", {}):
            definition["properties"]["provider"] = {"enum": sorted(providers)}
    return schema


def _host_safe(schema: dict[str, Any], forms: Forms) -> dict[str, Any]:
    """Returns an input schema without what costs tokens or confuses hosts and says nothing.

    Pydantic titles every property, and has a default for every argument that may be left out.
    """
    properties = {}
    for name, sent in schema.get("properties", {}).items():
        kept = {key: value for key, value in sent.items() if key != "title"}
        if kept.get("default", True) in ("", [], None):
            del kept["default"]
        kept["description"] = forms.put_into(kept["description"])
        properties[name] = kept
    rest = {key: value for key, value in schema.items() if key not in ("title", "properties")}
    return {**rest, "properties": properties}
