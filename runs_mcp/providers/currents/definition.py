"""Currents as a provider."""

from typing import Final

from runs_mcp.model import Run
from runs_mcp.providers.addresses import Commit, GithubRun, PullRequest
from runs_mcp.providers.currents.action_tools import (
    currents_cancel_run,
    currents_cancel_run_by_github_ci,
    currents_delete_run,
    currents_reset_run,
)
from runs_mcp.providers.currents.completions import CurrentsCompletions
from runs_mcp.providers.currents.finding import find_currents_runs
from runs_mcp.providers.currents.probe import probe_currents
from runs_mcp.providers.currents.reading.project import open_currents_project
from runs_mcp.providers.currents.reading.reader import open_currents_run
from runs_mcp.providers.currents.records import currents_instance_record, currents_run_record
from runs_mcp.providers.currents.references import CURRENTS_HOST, PROVIDER
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.currents.tools import (
    currents_find_run,
    currents_get_instance,
    currents_get_run,
    currents_list_projects,
    currents_list_runs,
)
from runs_mcp.providers.definition import ActionTool, ProviderDefinition, ReadTool, RecordTemplate


def _reference_of(run: Run) -> str:
    return f"{PROVIDER}:{run.id}" if run.id else ""


CURRENTS: Final = ProviderDefinition(
    name=PROVIDER,
    title="Currents",
    settings=CurrentsSettings,
    dashboard_host=CURRENTS_HOST,
    reference_form=f"{PROVIDER}:<run ID>",
    reference_of=_reference_of,
    open_run=open_currents_run,
    addresses=(GithubRun, PullRequest, Commit),
    find_runs=find_currents_runs,
    project_form=f"{PROVIDER}:<project ID>",
    open_project=open_currents_project,
    probe=probe_currents,
    tools=(
        ReadTool(currents_list_projects, "List Currents projects"),
        ReadTool(currents_list_runs, "List Currents runs"),
        ReadTool(currents_get_run, "Read a Currents run"),
        ReadTool(currents_find_run, "Find a Currents run"),
        ReadTool(currents_get_instance, "Read a spec's failures"),
        ActionTool(currents_cancel_run, "Cancel a Currents run"),
        ActionTool(currents_cancel_run_by_github_ci, "Cancel a Currents run by GitHub CI"),
        ActionTool(currents_reset_run, "Reset a Currents run"),
        ActionTool(currents_delete_run, "Delete a Currents run"),
    ),
    records=(
        RecordTemplate("currents://runs/{run_id}", "Complete Currents run", currents_run_record),
        RecordTemplate(
            "currents://instances/{instance_id}",
            "Complete execution of a spec in Currents",
            currents_instance_record,
        ),
    ),
    completions=CurrentsCompletions,
)
