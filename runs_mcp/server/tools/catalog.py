"""The table of contents: which tools there are, and which are served."""

from collections.abc import Sequence
from typing import Final

from mcp.server.mcpserver.tools import Tool

from runs_mcp.answers.triage_reports import CompareReport, TriageReport, WaitReport
from runs_mcp.configuration import Configuration, ConfiguredProvider
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.server.tools.compare_runs import compare_runs
from runs_mcp.server.tools.provider_tools import provider_tool
from runs_mcp.server.tools.run_references import run_forms
from runs_mcp.server.tools.served_tool import ServedTool
from runs_mcp.server.tools.triage_run import triage_run
from runs_mcp.server.tools.wait_for_run import wait_for_run

FOR_EVERY_PROVIDER: Final = (
    ServedTool(triage_run, "Say why a run failed", TriageReport),
    ServedTool(compare_runs, "Compare two runs", CompareReport),
    ServedTool(wait_for_run, "Wait for a run", WaitReport),
)


def served_tools(configuration: Configuration) -> list[Tool]:
    """Returns the tools of the served providers; in read-only mode none that is destructive."""
    served = configuration.served
    tools = _tools(served) if served else []
    names = [definition.name for definition in configuration.definitions]
    forms = run_forms(configuration.definitions)
    return [
        tool.build(names, forms)
        for tool in tools
        if not (configuration.settings.read_only and tool.destructive)
    ]


def tool_providers(definitions: Sequence[AnyProvider]) -> dict[str, str | None]:
    """Returns the provider of every tool there is, by the tool's name; None if it serves all."""
    own = {
        tool.function.__name__: definition.name
        for definition in definitions
        for tool in definition.tools
    }
    return {**own, **{tool.name: None for tool in FOR_EVERY_PROVIDER}}


def _tools(providers: Sequence[ConfiguredProvider]) -> list[ServedTool]:
    own = [
        provider_tool(provider, tool)
        for provider in providers
        for tool in provider.definition.tools
    ]
    return [*own, *FOR_EVERY_PROVIDER]
