"""Finds the runs in Buildkite that a build or a commit has started."""

from typing import TYPE_CHECKING, Final

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import NotFound
from runs_mcp.providers.addresses import Address, BuildkiteBuild, Commit
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
    BuildkiteSuite,
    buildkite_reference,
    is_run_id,
    is_slug,
)
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.field_values import present
from runs_mcp.providers.run_reader import FoundRun, FoundRuns

if TYPE_CHECKING:
    from runs_mcp.model import ListedRun

_MOST_SUITES: Final = 4


async def find_buildkite_runs(call: Call[BuildkiteSettings], address: Address) -> FoundRuns:
    """Returns the runs that an address leads to.

    A build names its runs. For a commit the latest runs of a suite are searched: the default one,
    or the first few of the default organization.
    """
    match address:
        case BuildkiteBuild():
            return await _of_build(call.api, address, call.own.default_suite.suite)
        case Commit():
            client = BuildkiteClient(call.api)
            return await _of_commit(client, address, call.own.default_suite)
        case _:
            return FoundRuns((), "")


async def _of_build(api: ApiClient, build: BuildkiteBuild, suite: str) -> FoundRuns:
    try:
        # The token needs the scope read_builds.
        answer = await api.get(
            wire.WireBuild,
            "/organizations/{organization}/pipelines/{pipeline}/builds/{number}",
            [
                ("include_test_engine", "true"),
                ("exclude_jobs", "true"),
                ("exclude_pipeline", "true"),
            ],
            **build._asdict(),
        )
    except NotFound as error:
        raise NotFound(
            f"There is no {str(build).removeprefix('the ')}, or this token cannot see it.",
            status=error.status,
            next_step="Check the address; a run can be named by its dashboard URL as well.",
        ) from error
    runs = [
        BuildkiteRunRef(build.organization, slug, run_id.lower())
        for run in present((answer.data.test_engine or wire.WireTestEngine()).runs)
        for slug, run_id in [((run.suite or wire.WireSuite()).slug or "", run.id or "")]
        if is_slug(slug) and is_run_id(run_id)
    ]
    # A build has one run in a suite; that of the default suite is meant before others.
    ordered = sorted(runs, key=lambda run: run.suite != suite)
    found = tuple(FoundRun(buildkite_reference(run)) for run in ordered)
    return FoundRuns(found, "the runs of that build")


async def _of_commit(client: BuildkiteClient, commit: Commit, default: BuildkiteSuite) -> FoundRuns:
    if not default.organization:
        return FoundRuns((), "no suite of Buildkite, as BUILDKITE_ORGANIZATION is not set")
    suites, more = [default.suite], False
    if not default.suite:
        page = await client.list_suites(default.organization, ListPosition(MAX_LIMIT))
        listed = [suite.suite for suite in page.items if suite.suite]
        suites, more = listed[:_MOST_SUITES], len(listed) > _MOST_SUITES
    found: list[ListedRun] = []
    for suite in suites:
        where = BuildkiteSuite(default.organization, suite)
        runs = await client.list_runs(where, ListPosition(MAX_LIMIT))
        found += [run for run in runs.items if run.commit.lower().startswith(commit.sha)]
    return FoundRuns(
        tuple(
            FoundRun(
                buildkite_reference(BuildkiteRunRef(run.organization, run.suite, run.id)),
                run.created_at,
            )
            for run in found
            if run.id
        ),
        f"the latest runs of the Buildkite suites {', '.join(suites)}"
        + (" (others were not searched: set BUILDKITE_SUITE)" if more else ""),
    )
