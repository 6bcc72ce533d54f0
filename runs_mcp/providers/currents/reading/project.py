"""The reader of a Currents project, for what its tests do over many runs."""

from collections.abc import Sequence
from typing import Final

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import RunsError
from runs_mcp.model import ListedRun
from runs_mcp.providers.currents import statistics
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.mapping.statistics import flakiness, last_time
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.reading.past_runs import CurrentsPastRun
from runs_mcp.providers.currents.reading.run_lists import pages_of_branch
from runs_mcp.providers.currents.references import (
    PROVIDER,
    CurrentsProjectId,
    currents_project_ref,
)
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.field_values import present
from runs_mcp.providers.past_runs import newest_first
from runs_mcp.providers.project_reader import FlakyStatistics, RecentRuns, Window
from runs_mcp.providers.reading_at_once import read_each
from runs_mcp.providers.request_allowance import AT_ONCE
from runs_mcp.providers.run_reader import USUAL_DEFAULT_BRANCHES
from runs_mcp.triage.flakiness import Flakiness, worst_first

_MEASURED_PAGES: Final = 4
_MOST_GROUPS: Final = 6
_LATEST_LISTED: Final = 10


class CurrentsProjectReader:
    """The reader of one project."""

    def __init__(self, api: ApiClient, project: CurrentsProjectId) -> None:
        self._client = CurrentsClient(api)
        self._statistics = statistics.CurrentsStatistics(api, project)
        self._api = api
        self._project = project

    @property
    def reference(self) -> str:
        """The reference to the project."""
        return f"{PROVIDER}:{self._project}"

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._api.sent

    async def recent_runs(self, window: Window, at_most: int) -> RecentRuns:
        """Lists the latest completed runs of a branch."""
        for branch in await self._branches(window):
            runs, has_more = await self._runs_of(branch, window, at_most)
            if runs or branch == window.branch:
                past = tuple(CurrentsPastRun(self._api, run) for run in runs)
                return RecentRuns(branch, past, has_more)
        return RecentRuns(window.branch or USUAL_DEFAULT_BRANCHES[0], ())

    async def flaky_statistics(self, window: Window) -> FlakyStatistics | None:
        """Reads the tests that were flaky, for each group of the latest runs."""
        branch, groups = await self._groups_of_latest(window)
        remarks = ["the counts are of executions, by Currents itself"]
        if len(groups) > _MOST_GROUPS:
            remarks.append(f"the {len(groups)} groups of a run count together")
        own = statistics.Window(window.since, window.until, (branch,))
        found: list[Flakiness] = []
        for group in sorted(groups) if 1 < len(groups) <= _MOST_GROUPS else [""]:
            tests, is_complete = await self._flaky_in(own, group)
            found += tests
            if not is_complete:
                remarks.append("more tests were flaky than are listed")
        return FlakyStatistics(branch, tuple(worst_first(found)), tuple(dict.fromkeys(remarks)))

    async def with_last_errors(
        self, window: Window, branch: str, tests: Sequence[Flakiness]
    ) -> tuple[Flakiness, ...]:
        """Reads the last flaky execution of each of these tests; all at once."""
        own = statistics.Window(window.since, window.until, (branch,))
        found = dict(enumerate(tests))

        async def read(place: int) -> None:
            test = tests[place]
            try:
                last = await self._statistics.last_flaky(test.signature, own, test.name.group)
            except RunsError:
                return
            found[place] = test._replace(last=last_time(last) if last else None)

        await read_each([n for n, test in found.items() if test.signature], read, AT_ONCE)
        return tuple(found.values())

    async def _flaky_in(
        self, window: statistics.Window, group: str
    ) -> tuple[list[Flakiness], bool]:
        """Returns the flaky tests of a group, and whether these are all."""
        found: list[Flakiness] = []
        for page in range(_MEASURED_PAGES):
            sent = await self._statistics.flakiest(window, page, group)
            tests = [flakiness(test, group) for test in present(sent.tests)]
            flaky = [test for test in tests if test.flaky]
            found += flaky
            # The flakiest come first.
            if sent.next_page in (None, False) or len(flaky) < len(tests) or not tests:
                return found, True
        return found, False

    async def _groups_of_latest(self, window: Window) -> tuple[str, frozenset[str]]:
        """Returns the branch to look at, and the groups of its latest runs."""
        for branch in await self._branches(window):
            filters = RunFilters(branches=(branch,), date_start=window.since, date_end=window.until)
            page = await self._client.list_runs_with_groups(
                self._project, filters, limit=_LATEST_LISTED
            )
            if page.items or branch == window.branch:
                groups = frozenset(group for (_, of_run), _ in page.items for group in of_run)
                return branch, groups
        return USUAL_DEFAULT_BRANCHES[0], frozenset()

    async def _branches(self, window: Window) -> Sequence[str]:
        """Returns the branch that is asked for, or those that may be the default branch."""
        if window.branch:
            return (window.branch,)
        known = (await self._client.get_project(self._project)).default_branch
        return (known,) if known else USUAL_DEFAULT_BRANCHES

    async def _runs_of(
        self, branch: str, window: Window, at_most: int
    ) -> tuple[list[ListedRun], bool]:
        """Returns the latest completed runs of a branch, and whether there are older ones."""
        filters = RunFilters(
            branches=(branch,),
            completion=("complete",),
            date_start=window.since,
            date_end=window.until,
        )
        # By ID: a run can shift to the next page meanwhile.
        listed: dict[str, ListedRun] = {}
        has_more = False
        async for page in pages_of_branch(self._client, self._project, branch, filters):
            listed |= {
                run.id: run
                for run, _ in page.runs
                if window.since <= run.created_at <= window.until
            }
            has_more = page.has_more
            if len(listed) > at_most:
                break
        found = newest_first(listed.values())
        return found[:at_most], has_more or len(found) > at_most


def open_currents_project(call: Call[CurrentsSettings], reference: str) -> CurrentsProjectReader:
    """Returns the reader of the project that an ID or a dashboard URL names.

    Raises:
        InvalidArgument: It names none.
    """
    return CurrentsProjectReader(call.api, currents_project_ref(reference))
