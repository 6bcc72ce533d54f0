"""What a model can call: the table of contents."""

from typing import Final

from runs_mcp.results import InstanceReport, ProjectList, RunList, RunReport
from runs_mcp.tools import currents
from runs_mcp.tools.registry import ReadTool

TOOLS: Final = (
    ReadTool(currents.currents_list_projects, "List Currents projects", ProjectList, "currents"),
    ReadTool(currents.currents_list_runs, "List Currents runs", RunList, "currents"),
    ReadTool(currents.currents_get_run, "Read a Currents run", RunReport, "currents"),
    ReadTool(currents.currents_find_run, "Find a Currents run", RunReport, "currents"),
    ReadTool(currents.currents_get_instance, "Read a spec's failures", InstanceReport, "currents"),
)
