"""Finds the runs before a Currents run, and the newest runs of other branches."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from runs_mcp.api.client import ApiClient
from runs_mcp.model import FullRun, ListedRun, Run
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.reading.past_runs import CurrentsPastRun
from runs_mcp.providers.currents.reading.run_lists import pages_of_branch
from runs_mcp.providers.currents.reading.spec_results import run_groups
from runs_mcp.providers.currents.references import currents_project_id, is_currents_id
from runs_mcp.providers.past_runs import EarlierRuns, PastRun, newest_first
from runs_mcp.providers.run_reader import USUAL_DEFAULT_BRANCHES

_LISTED: Final = 50


class _Found(NamedTuple):
    """Runs before a moment, newest first, and whether there are older ones."""

    runs: tuple[ListedRun, ...]
    has_more: bool
    remark: str = ""


class RelatedRuns:
    """Finds runs of the same project and sort as a run: of its tags and groups.

    Args:
        api: The client of the API.
        full: The run.
    """

    def __init__(self, api: ApiClient, full: FullRun) -> None:
        self._api = api
        self._client = CurrentsClient(api)
        self._run = full.run
        self._groups = run_groups(full).keys()
        self._bases = full.base_branches

    async def earlier(self, at_most: int) -> EarlierRuns:
        """Lists the runs of the same branch, then those of the branch that it came from."""
        run = self._run
        if not run.branch or not run.created_at:
            return EarlierRuns((), remarks=("the run names no branch or no time",))
        own = await self._before(run.created_at, run.branch, at_most, self._is_of_branch)
        runs, remarks = [*own.runs], [own.remark]
        then, has_more = "", own.has_more
        if len(runs) < at_most and not has_more:
            forked_at = min([run.created_at, *(each.created_at for each in runs)])
            for branch in await self._base_branches():
                left = at_most - len(runs)
                base = await self._before(forked_at, branch, left, _is_of_no_pull_request)
                if base.runs:
                    runs += base.runs
                    then, has_more = branch, base.has_more
                    remarks.append(base.remark)
                    break
        return EarlierRuns(self._past(runs), then, has_more, tuple(filter(None, remarks)))

    async def on_other_branches(self, at_most: int) -> tuple[PastRun, ...]:
        """Lists the newest completed run of each of so many other branches."""
        bases = (*self._bases, *USUAL_DEFAULT_BRANCHES)
        page = await self._client.list_runs_with_groups(
            currents_project_id(self._run.project_id),
            RunFilters(completion=("complete",)),
            limit=_LISTED,
        )
        newest: dict[str, ListedRun] = {}
        groups = {listed.id: of_run for (listed, of_run), _ in page.items}
        for listed in newest_first(listed for (listed, _), _ in page.items):
            is_other = listed.branch not in ("", self._run.branch)
            # The branch of a fork can bear the name of the branch that it came from.
            is_fork = bool(listed.pr) and listed.branch in bases
            is_readable = is_currents_id(listed.id)
            if is_readable and is_other and not is_fork and self._has_groups(groups[listed.id]):
                newest.setdefault(listed.branch, listed)
        order = [*(branch for branch in bases if branch in newest), *newest]
        return self._past([newest[branch] for branch in dict.fromkeys(order)][:at_most])

    def _past(self, runs: Sequence[ListedRun]) -> tuple[CurrentsPastRun, ...]:
        return tuple(CurrentsPastRun(self._api, listed) for listed in runs)

    async def _before(
        self, moment: str, branch: str, wanted: int, fits: Callable[[ListedRun], bool]
    ) -> _Found:
        """Lists runs of a branch that fit; those with the same tags, if there are any."""
        filters = RunFilters(branches=(branch,), date_end=moment)
        project = currents_project_id(self._run.project_id)
        # By ID: a run can shift to the next page meanwhile.
        alike: dict[str, ListedRun] = {}
        others: dict[str, ListedRun] = {}
        has_more = False
        async for page in pages_of_branch(self._client, project, branch, filters):
            for listed, groups in page.runs:
                if listed.created_at < moment and self._has_groups(groups) and fits(listed):
                    (alike if _same_tags(listed, self._run) else others)[listed.id] = listed
            has_more = page.has_more
            if len(alike) > wanted:
                break
        found = newest_first((alike or others).values())
        remark = "" if alike or not others else f"no earlier run on {branch} has its tags"
        return _Found(tuple(found[:wanted]), has_more or len(found) > wanted, remark)

    async def _base_branches(self) -> Sequence[str]:
        """Returns the branches that the run's branch may come from; none if it is one itself."""
        bases = self._bases
        if not bases:
            project = await self._client.get_project(currents_project_id(self._run.project_id))
            known = project.default_branch
            bases = (known,) if known else USUAL_DEFAULT_BRANCHES
        return () if self._run.branch in bases else bases

    def _has_groups(self, groups: frozenset[str]) -> bool:
        """Returns whether a run with these groups can have run what the run has run."""
        # A list may leave them out; the only group of a run may be renamed.
        return not groups or len(groups) == len(self._groups) == 1 or groups >= self._groups

    def _is_of_branch(self, listed: ListedRun) -> bool:
        """Returns whether a run of a branch of that name is of this very branch.

        The branch of a fork can bear the name of a branch of the project.
        """
        if _pull_request(listed) == _pull_request(self._run):
            return True
        bases = (*self._bases, *USUAL_DEFAULT_BRANCHES)
        return not listed.pr and self._run.branch not in bases


def _is_of_no_pull_request(listed: ListedRun) -> bool:
    return not listed.pr


def _pull_request(run: Run) -> object:
    return (run.pr.number or run.pr.url or run.pr.title) if run.pr else None


def _same_tags(one: Run, other: Run) -> bool:
    return sorted(one.tags) == sorted(other.tags)
