"""Finds the runs in Currents that a build, a pull request or a commit has started."""

import re
from itertools import pairwise
from typing import Final, TypeAlias

from runs_mcp.errors import RunsError
from runs_mcp.model import ListedRun
from runs_mcp.providers.addresses import Address, BuildkiteBuild, Commit, GithubRun, PullRequest
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import (
    PROVIDER,
    currents_project_id,
    is_currents_id,
)
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.run_reader import FoundRun, FoundRuns, missed

_Searched: TypeAlias = GithubRun | PullRequest | Commit

_NUMBERS: Final = re.compile(r"[0-9]+")
_MOST_PROJECTS: Final = 3
_PROJECTS_LISTED: Final = 50
_RUNS_LISTED: Final = 50


async def find_currents_runs(
    call: Call[CurrentsSettings], address: Address, most_requests: int
) -> FoundRuns:
    """Returns the runs that an address leads to.

    The API has runs by project alone, and a build, a pull request or a commit says nothing of
    those: the first few are searched, each by the API's own search, and for a commit in its latest
    runs as well, since that search is not documented to find commits.
    """
    if isinstance(address, BuildkiteBuild):
        return FoundRuns((), "nothing in Currents")  # It does not know builds by their numbers.
    client = CurrentsClient(call.api)
    listed = await client.list_projects(limit=_PROJECTS_LISTED)
    ids = list(dict.fromkeys(project.project_id for project, _ in listed.items))
    usable = [project for project in ids if is_currents_id(project)]
    projects = usable[: min(_MOST_PROJECTS, most_requests - 1)]
    runs, failures = await _search(client, address, projects, most_requests - 1)
    if failures and len(failures) == len(projects):
        raise next(iter(failures.values()))
    searched = [project for project in projects if project not in failures]
    return FoundRuns(
        tuple(runs),
        _searched(address, searched, len(ids) - len(projects), has_more=listed.has_more),
        missed("the Currents project", failures),
    )


async def _search(
    client: CurrentsClient, address: _Searched, projects: list[str], most_requests: int
) -> tuple[list[FoundRun], dict[str, RunsError]]:
    """Returns the runs that fit, and why projects could not be searched."""
    found: list[FoundRun] = []
    failures: dict[str, RunsError] = {}
    for filters in _queries(address):
        # A project where some were found is not searched in another way.
        remaining, projects = projects[:most_requests], []
        most_requests -= len(remaining)
        for project in remaining:
            where = currents_project_id(project)
            try:
                page = await client.list_runs(where, filters, limit=_RUNS_LISTED)
            except RunsError as error:
                failures[project] = error
                continue
            matching = [
                FoundRun(f"{PROVIDER}:{run.id}", run.created_at)
                for run, _ in page.items
                if is_currents_id(run.id) and _fits(run, address, filters)
            ]
            found += matching
            projects += [] if matching else [project]
    return found, failures


def _queries(address: _Searched) -> tuple[RunFilters, ...]:
    latest = RunFilters()
    match address:
        case GithubRun():
            return (RunFilters(search=address.run_id),)
        case PullRequest():
            return (RunFilters(pr_id=f"{address.repository}#{address.number}"), latest)
        case Commit():
            return (latest, RunFilters(search=address.sha))


def _fits(run: ListedRun, address: _Searched, filters: RunFilters) -> bool:
    match address:
        case GithubRun():
            return _is_of_build(run.ci_build_id, address)
        case PullRequest():
            if not filters.pr_id:
                return _page_of(run) == address.page.lower()
            # The API's own filter is exact; one that it does not know might be ignored.
            return not run.pr or run.pr.number in (0, int(address.number))
        case Commit():
            return run.commit.lower().startswith(address.sha)


def _is_of_build(build_id: str, wanted: GithubRun) -> bool:
    # Reporters name a run of GitHub Actions <repository>-<run ID>-<attempt>.
    numbers = _NUMBERS.findall(build_id)
    if wanted.attempt:
        return (wanted.run_id, wanted.attempt) in pairwise(numbers)
    ends_in_attempt = len(numbers) > 1 and len(numbers[-1]) < len(numbers[-2])
    return wanted.run_id in (numbers[:-1] if ends_in_attempt else numbers)


def _page_of(run: ListedRun) -> str:
    url = run.pr.url if run.pr else ""
    return url.partition("://")[2].rstrip("/").lower()


def _searched(address: _Searched, projects: list[str], left: int, *, has_more: bool) -> str:
    names = ", ".join(projects) or "none"
    latest = "" if isinstance(address, GithubRun) else f"the latest {_RUNS_LISTED} runs of "
    if left <= 0 and not has_more:
        return f"{latest}Currents projects {names}"
    more = f"{left}{' or more' if has_more else ''}" if left > 0 else "more"
    return (
        f"{latest}Currents projects {names} ({more} others were not searched: pass a run ID from "
        "currents_list_runs, or currents_find_run with project_id)"
    )
