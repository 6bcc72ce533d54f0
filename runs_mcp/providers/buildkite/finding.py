"""Finds the runs in Buildkite that a build or a commit has started."""

from typing import Final

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import NotFound, RunsError
from runs_mcp.model import ListedRun
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
from runs_mcp.providers.run_reader import FoundRun, FoundRuns, missed

_MOST_SUITES: Final = 4
_LATEST: Final = ListPosition(MAX_LIMIT)
_RUNS_OF_BUILD: Final = (
    ("include_test_engine", "true"),
    ("exclude_jobs", "true"),
    ("exclude_pipeline", "true"),
)


async def find_buildkite_runs(
    call: Call[BuildkiteSettings], address: Address, most_requests: int
) -> FoundRuns:
    """Returns the runs that an address leads to.

    A build names its runs. For a commit the latest runs of a suite are searched: the default one,
    or the first few of the default organization.
    """
    match address:
        case BuildkiteBuild():
            return await _of_build(call.api, address, call.own.default_suite.suite)
        case Commit():
            client = BuildkiteClient(call.api)
            most_suites = min(_MOST_SUITES, most_requests - 1)
            return await _of_commit(client, address, call.own.default_suite, most_suites)
        case _:
            return FoundRuns((), "nothing in Buildkite")


async def _of_build(api: ApiClient, build: BuildkiteBuild, suite: str) -> FoundRuns:
    # The token needs the scope read_builds.
    try:
        answer = await api.get(
            wire.WireBuild,
            "/organizations/{organization}/pipelines/{pipeline}/builds/{number}",
            _RUNS_OF_BUILD,
            **build._asdict(),
        )
    except NotFound as error:
        raise NotFound(
            f"There is no such build as {build}, or this token cannot see it.",
            status=error.status,
            next_step="Check its address, and that the token is of its organization.",
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


async def _of_commit(
    client: BuildkiteClient, commit: Commit, default: BuildkiteSuite, most_suites: int
) -> FoundRuns:
    if not default.organization:
        return FoundRuns((), "no suite of Buildkite, as BUILDKITE_ORGANIZATION is not set")
    suites, more = [default.suite], False
    if not default.suite:
        page = await client.list_suites(default.organization, _LATEST, once=True)
        listed = list(dict.fromkeys(one.suite for one in page.items if is_slug(one.suite)))
        suites = listed[:most_suites]
        more = len(listed) > most_suites or page.next is not None
    found: list[FoundRun] = []
    failures: dict[str, RunsError] = {}
    for suite in suites:
        where = BuildkiteSuite(default.organization, suite)
        try:
            runs = await client.list_runs(where, _LATEST, once=True)
        except RunsError as error:
            failures[suite] = error
        else:
            found += [_found(run) for run in runs.items if _fits(run, commit)]
    if failures and len(failures) == len(suites):
        raise next(iter(failures.values()))
    searched = ", ".join(suite for suite in suites if suite not in failures) or "none"
    return FoundRuns(
        tuple(found),
        f"the latest {MAX_LIMIT} runs of the Buildkite suites {searched}"
        + (" (others were not searched: set BUILDKITE_SUITE)" if more else ""),
        missed("the Buildkite suite", failures),
    )


def _fits(run: ListedRun, commit: Commit) -> bool:
    return run.commit.lower().startswith(commit.sha) and is_run_id(run.id)


def _found(run: ListedRun) -> FoundRun:
    reference = BuildkiteRunRef(run.organization, run.suite, run.id.lower())
    return FoundRun(buildkite_reference(reference), run.created_at)
