"""Which tools there are, and which are served."""

from collections.abc import Sequence
from typing import Final

from mcp.server.mcpserver.tools import Tool

from runs_mcp.answers.flaky_reports import FlakyReport
from runs_mcp.answers.history_reports import HistoryReport
from runs_mcp.answers.triage_reports import CompareReport, TriageReport, WaitReport
from runs_mcp.configuration import Configuration
from runs_mcp.providers.definition import AnyProvider
from runs_mcp.server.tools.compare_runs import compare_runs
from runs_mcp.server.tools.failure_history import failure_history
from runs_mcp.server.tools.flaky_tests import flaky_tests
from runs_mcp.server.tools.project_references import project_forms
from runs_mcp.server.tools.provider_tools import provider_tool
from runs_mcp.server.tools.run_references import run_forms
from runs_mcp.server.tools.served_tool import Forms, ServedTool, build_tool
from runs_mcp.server.tools.triage_run import triage_run
from runs_mcp.server.tools.wait_for_run import wait_for_run

FOR_EVERY_PROVIDER: Final = (
    ServedTool(triage_run, "Say why a run failed", TriageReport),
    ServedTool(compare_runs, "Compare two runs", CompareReport),
    ServedTool(wait_for_run, "Wait for a run", WaitReport),
    ServedTool(failure_history, "Say since when it fails", HistoryReport),
    ServedTool(flaky_tests, "List flaky tests", FlakyReport, needs_projects=True),
)


def served_tools(configuration: Configuration) -> list[Tool]:
    """Returns the tools of the served providers; in read-only mode no destructive ones."""
    names = tuple(definition.name for definition in configuration.definitions)
    forms = Forms(run_forms(configuration.definitions), project_forms(configuration.definitions))
    return [build_tool(tool, names, forms) for tool in _served(configuration)]


def served_names(configuration: Configuration) -> set[str]:
    """Returns the names of the tools that are served."""
    return {tool.name for tool in _served(configuration)}


def tool_providers(definitions: Sequence[AnyProvider]) -> dict[str, str | None]:
    """Returns the provider of each tool by the tool's name; None where it serves every provider."""
    own = {
        tool.function.__name__: definition.name
        for definition in definitions
        for tool in definition.tools
    }
    return {**own, **{tool.name: None for tool in FOR_EVERY_PROVIDER}}


def _served(configuration: Configuration) -> list[ServedTool]:
    providers = configuration.served
    if not providers:
        return []
    own = [
        provider_tool(definition.name, tool)
        for definition, _ in providers
        for tool in definition.tools
    ]
    has_projects = any(definition.open_project for definition, _ in providers)
    return [
        tool
        for tool in (*own, *FOR_EVERY_PROVIDER)
        if not (configuration.settings.read_only and tool.destructive)
        and (has_projects or not tool.needs_projects)
    ]
