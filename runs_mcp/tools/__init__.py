"""What a model can call: the table of contents."""

from typing import Final

from runs_mcp.results import (
    ActionReport,
    FailureList,
    InstanceReport,
    ProjectList,
    RunList,
    RunReport,
    RunStatus,
    SuiteList,
)
from runs_mcp.settings import Settings
from runs_mcp.tools import buildkite, currents, currents_writes, triage
from runs_mcp.tools.registry import ServedTool
from runs_mcp.triage_results import CompareReport, TriageReport, WaitReport

TOOLS: Final = (
    ServedTool(currents.currents_list_projects, "List Currents projects", ProjectList, "currents"),
    ServedTool(currents.currents_list_runs, "List Currents runs", RunList, "currents"),
    ServedTool(currents.currents_get_run, "Read a Currents run", RunReport, "currents"),
    ServedTool(currents.currents_find_run, "Find a Currents run", RunReport, "currents"),
    ServedTool(
        currents.currents_get_instance, "Read a spec's failures", InstanceReport, "currents"
    ),
    ServedTool(
        currents_writes.currents_cancel_run,
        "Cancel a Currents run",
        ActionReport,
        "currents",
        destructive=True,
    ),
    ServedTool(
        currents_writes.currents_cancel_run_by_github_ci,
        "Cancel a Currents run by GitHub CI",
        ActionReport,
        "currents",
        destructive=True,
    ),
    ServedTool(
        currents_writes.currents_reset_run,
        "Reset a Currents run",
        ActionReport,
        "currents",
        destructive=True,
    ),
    ServedTool(
        currents_writes.currents_delete_run,
        "Delete a Currents run",
        ActionReport,
        "currents",
        destructive=True,
    ),
    ServedTool(buildkite.buildkite_list_suites, "List Buildkite suites", SuiteList, "buildkite"),
    ServedTool(buildkite.buildkite_list_runs, "List Buildkite runs", RunList, "buildkite"),
    ServedTool(buildkite.buildkite_get_run, "Read a Buildkite run", RunStatus, "buildkite"),
    ServedTool(
        buildkite.buildkite_get_failed_executions,
        "List a Buildkite run's failures",
        FailureList,
        "buildkite",
    ),
    ServedTool(triage.triage_run, "Say why a run failed", TriageReport),
    ServedTool(triage.compare_runs, "Compare two runs", CompareReport),
    ServedTool(triage.wait_for_run, "Wait for a run", WaitReport),
)


def served_tools(settings: Settings) -> list[ServedTool]:
    """Returns the tools of the served providers; in read-only mode none that is destructive."""
    return [
        tool
        for tool in TOOLS
        if (tool.provider in settings.served_providers or not tool.provider)
        and settings.served_providers
        and not (settings.read_only and tool.destructive)
    ]
