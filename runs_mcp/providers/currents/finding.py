"""Finds the runs in Currents that a build, a pull request or a commit has started."""

import re
from typing import Final

from runs_mcp.model import ListedRun, Run
from runs_mcp.providers.addresses import Address, BuildkiteBuild, Commit, GithubRun, PullRequest
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import PROVIDER, currents_project_id, is_currents_id
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.run_reader import FoundRun, FoundRuns

_NUMBERS: Final = re.compile(r"[0-9]+")
_MOST_PROJECTS: Final = 3
_PROJECTS_LISTED: Final = 50
_RUNS_LISTED: Final = 50


async def find_currents_runs(call: Call[CurrentsSettings], address: Address) -> FoundRuns:
    """Returns the runs that an address leads to.

    The API has runs by project alone, and a build, a pull request or a commit says nothing of
    those: the first few are searched, each by the API's own search, and for a commit in its latest
    runs as well, since that search is not documented to find commits.
    """
    if isinstance(address, BuildkiteBuild):
        return FoundRuns((), "")  # Currents does not know builds by their numbers.
    client = CurrentsClient(call.api)
    projects = await client.list_projects(limit=_PROJECTS_LISTED)
    ids = [
        project.project_id for project, _ in projects.items if is_currents_id(project.project_id)
    ]
    found: dict[str, Run] = {}
    for project in ids[:_MOST_PROJECTS]:
        for filters in _queries(address):
            page = await client.list_runs(currents_project_id(project), filters, limit=_RUNS_LISTED)
            matching = [run for run, _ in page.items if _fits(run, address, filters)]
            found |= {run.id: run for run in matching if is_currents_id(run.id)}
            if matching:
                break
    return FoundRuns(
        tuple(FoundRun(f"{PROVIDER}:{run.id}", run.created_at) for run in found.values()),
        _searched(ids, has_more=projects.has_more),
    )


def _queries(address: GithubRun | PullRequest | Commit) -> tuple[RunFilters, ...]:
    latest = RunFilters()
    match address:
        case GithubRun():
            return (RunFilters(search=address.run_id),)
        case PullRequest():
            return (RunFilters(pr_id=f"{address.repository}#{address.number}"), latest)
        case Commit():
            return (latest, RunFilters(search=address.sha))


def _fits(run: ListedRun, address: GithubRun | PullRequest | Commit, filters: RunFilters) -> bool:
    match address:
        case GithubRun():
            return _is_of_build(run.ci_build_id, address)
        case PullRequest():
            # The API's own filter is exact.
            return bool(filters.pr_id) or _page_of(run) == address.page.lower()
        case Commit():
            return run.commit.lower().startswith(address.sha)


def _is_of_build(build_id: str, wanted: GithubRun) -> bool:
    # Reporters name a run of GitHub Actions <repository>-<run ID>-<attempt>.
    numbers = _NUMBERS.findall(build_id)
    if wanted.attempt:
        return numbers[-2:] == [wanted.run_id, wanted.attempt]
    return wanted.run_id in numbers


def _page_of(run: ListedRun) -> str:
    url = run.pr.url if run.pr else ""
    return url.partition("://")[2].rstrip("/").lower()


def _searched(projects: list[str], *, has_more: bool) -> str:
    names = ", ".join(projects[:_MOST_PROJECTS]) or "none"
    left = len(projects) - _MOST_PROJECTS
    if left <= 0 and not has_more:
        return f"Currents projects {names}"
    more = f"{left}{' or more' if has_more else ''}" if left > 0 else "more"
    return (
        f"Currents projects {names} ({more} others were not searched: pass a run ID from "
        "currents_list_runs, or currents_find_run with project_id)"
    )
