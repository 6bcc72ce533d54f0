"""Buildkite Test Engine as a provider."""

from typing import Final

from runs_mcp.model import Run
from runs_mcp.providers.addresses import BuildkiteBuild, Commit
from runs_mcp.providers.buildkite.completions import BuildkiteCompletions
from runs_mcp.providers.buildkite.finding import find_buildkite_runs
from runs_mcp.providers.buildkite.probe import probe_buildkite
from runs_mcp.providers.buildkite.reading.project import open_buildkite_project
from runs_mcp.providers.buildkite.reading.reader import open_buildkite_run
from runs_mcp.providers.buildkite.records import buildkite_run_record
from runs_mcp.providers.buildkite.references import (
    BUILDKITE_HOST,
    PROVIDER,
    BuildkiteRunRef,
    buildkite_reference,
)
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.buildkite.tools import (
    buildkite_get_failed_executions,
    buildkite_get_run,
    buildkite_list_runs,
    buildkite_list_suites,
)
from runs_mcp.providers.definition import ProviderDefinition, ReadTool, RecordTemplate


def _reference_of(run: Run) -> str:
    return (
        buildkite_reference(BuildkiteRunRef(run.organization, run.suite, run.id)) if run.id else ""
    )


BUILDKITE: Final = ProviderDefinition(
    name=PROVIDER,
    title="Buildkite",
    settings=BuildkiteSettings,
    dashboard_host=BUILDKITE_HOST,
    reference_form=f"{PROVIDER}:<organization>/<suite>/<UUID>",
    reference_of=_reference_of,
    open_run=open_buildkite_run,
    addresses=(BuildkiteBuild, Commit),
    find_runs=find_buildkite_runs,
    project_form=f"{PROVIDER}:<organization>/<suite>",
    open_project=open_buildkite_project,
    probe=probe_buildkite,
    tools=(
        ReadTool(buildkite_list_suites, "List Buildkite suites"),
        ReadTool(buildkite_list_runs, "List Buildkite runs"),
        ReadTool(buildkite_get_run, "Read a Buildkite run"),
        ReadTool(buildkite_get_failed_executions, "List a Buildkite run's failures"),
    ),
    records=(
        RecordTemplate(
            "buildkite://{organization}/{suite}/runs/{run_id}",
            "Complete Buildkite run",
            buildkite_run_record,
        ),
    ),
    completions=BuildkiteCompletions,
)
