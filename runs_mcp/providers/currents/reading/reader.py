"""Reads a Currents run for triage, comparison and waiting."""

from collections.abc import Sequence
from typing import Final

import anyio

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import DeadlineExceeded, RunsError, TooLarge
from runs_mcp.model import FailedTest, FullRun, ListedRun, Run, Spec, Totals
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.reading.past_runs import CurrentsPastRun
from runs_mcp.providers.currents.reading.related_runs import RelatedRuns
from runs_mcp.providers.currents.reading.remarks import quarantine_remark
from runs_mcp.providers.currents.reading.run_results import (
    ComparedSpecs,
    SpecsOfRun,
    findings_in,
    outcomes_of,
    signatures_of,
)
from runs_mcp.providers.currents.reading.spec_results import SpecResult, run_groups
from runs_mcp.providers.currents.reading.test_history import read_test_history
from runs_mcp.providers.currents.references import (
    PROVIDER,
    CurrentsRunRef,
    RunOfInstance,
    currents_instance_id,
    currents_project_id,
    currents_run_id,
    currents_run_ref,
)
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.currents.statistics import CurrentsStatistics
from runs_mcp.providers.definition import Call
from runs_mcp.providers.past_runs import EarlierRuns, PastRun
from runs_mcp.providers.run_reader import USUAL_DEFAULT_BRANCHES, Baseline, Progress, no_progress
from runs_mcp.triage.findings import Findings, Outcomes

_AT_ONCE: Final = 16
_MOST_BYTES: Final = 60_000_000
"""The most that is kept in memory of the specs of a run."""
_BASELINES_LISTED: Final = 25
_BASELINES_READ: Final = 4
_SEARCHED_FOR_QUARANTINE: Final = 20
"""Specs that passed with pending tests: more are not read to find failures in quarantine."""


class CurrentsRunReader:
    """The reader of one run."""

    def __init__(self, api: ApiClient, run: CurrentsRunRef) -> None:
        self._client = CurrentsClient(api)
        self._api = api
        self._ref = run
        self._run: FullRun | None = None

    @property
    def reference(self) -> str:
        """The reference to the run; without the ID until the run of an instance was read."""
        if isinstance(self._ref, RunOfInstance):
            return f"{PROVIDER}:{self._run.run.id if self._run else ''}"
        return f"{PROVIDER}:{self._ref}"

    @property
    def requests(self) -> int:
        """How many requests were made for the run, and for others that it led to."""
        return self._api.sent

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads the run and its counts."""
        full = await self.full()
        return full.run, full.totals

    async def findings(self, progress: Progress, *, causes_only: bool = False) -> Findings:
        """Reads the instances of the specs that did not just pass, all at once."""
        full = await self.full()
        specs = await self._api.work_on(lambda: SpecsOfRun.of(full))
        read = await self._read(specs.failing, progress)
        searched, not_searched = (
            ([], []) if causes_only else await self._read_for_quarantine(specs.pending)
        )
        return await self._api.work_on(
            lambda: findings_in(full, specs, read, searched, not_searched)
        )

    async def specs(self) -> dict[str, str] | None:
        """Reads the specs: a signature is how many tests each group ran of a spec that passed."""
        full = await self.full()
        return await self._api.work_on(lambda: signatures_of(full))

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the instances of these specs, and how each of their tests went."""
        full = await self.full()
        compared = await self._api.work_on(lambda: ComparedSpecs.of(full, specs))
        read = await self._read(compared.reported, progress, with_passed=True)
        return await self._api.work_on(lambda: outcomes_of(full, compared, read))

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds a completed run on the project's default branch before `run`.

        The last one that has its tags and its groups; if there is none, the last that ran tests.
        The branch of a pull request from a fork can have the default branch's name: runs of pull
        requests do not count.
        """
        project = currents_project_id(run.project_id)
        known = await self._client.get_project(project)
        branches = [known.default_branch] if known.default_branch else [*USUAL_DEFAULT_BRANCHES]
        for branch in branches:
            filters = RunFilters(
                branches=(branch,), completion=("complete",), date_end=run.created_at
            )
            listed = await self._client.list_runs(project, filters, limit=_BASELINES_LISTED)
            earlier = [
                each
                for each, _ in listed.items
                if not each.pr and each.id != run.id and each.created_at < run.created_at
            ]
            if baseline := await self._baseline_among(earlier, run, branch):
                return baseline
        return None

    async def repository(self) -> str:
        """Returns the address of the repository that was tested; empty if it is not known."""
        return (await self.full()).repository

    async def earlier_runs(self, at_most: int) -> EarlierRuns:
        """Lists the runs of the same branch, tags and groups before the run."""
        return await RelatedRuns(self._api, await self.full()).earlier(at_most)

    async def other_branches(self, at_most: int) -> tuple[PastRun, ...]:
        """Lists the newest completed run of each of so many other branches."""
        return await RelatedRuns(self._api, await self.full()).on_other_branches(at_most)

    async def with_test_history(
        self, runs: Sequence[PastRun], tests: Sequence[FailedTest]
    ) -> tuple[PastRun, ...]:
        """Returns these runs with the results of one test, as far as the API has them."""
        project = currents_project_id((await self.full()).run.project_id)
        known = await read_test_history(CurrentsStatistics(self._api, project), runs, tests)
        return tuple(
            run.with_known(known[run.run.id])
            if isinstance(run, CurrentsPastRun) and run.run.id in known
            else run
            for run in runs
        )

    async def _baseline_among(
        self, earlier: Sequence[ListedRun], run: Run, branch: str
    ) -> Baseline | None:
        """Returns the first run of the same tags and groups, else the first that ran tests."""
        groups = run_groups(await self.full()).keys()
        chosen = f"the last completed run on {branch} before it"
        alike = [each for each in earlier if sorted(each.tags) == sorted(run.tags)]
        readers = {
            each.id: CurrentsRunReader(self._api, currents_run_id(each.id)) for each in earlier
        }
        for each in alike[:_BASELINES_READ]:
            if (full := await readers[each.id].full()).specs and run_groups(full).keys() >= groups:
                return Baseline(readers[each.id], f"{chosen} with its tags and groups")
        for each in earlier[:_BASELINES_READ]:
            if (await readers[each.id].full()).specs:
                searched = f"none of the last {len(earlier)} has its tags and groups"
                return Baseline(readers[each.id], f"{chosen}; {searched}")
        return None

    async def full(self) -> FullRun:
        """Reads the run with its specs, once."""
        if self._run is None:
            run = self._ref
            if isinstance(run, RunOfInstance):
                run = await self._client.run_of_instance(run.instance_id)
            self._run = await self._client.get_run(run)
        return self._run

    async def _read(
        self, specs: Sequence[Spec], progress: Progress, *, with_passed: bool = False
    ) -> list[SpecResult]:
        """Reads the instance of each spec; one that cannot be read does not stop the others.

        Once the deadline has passed, or more was read than there is memory for, nothing more is.
        """
        results = [SpecResult(spec, None, DeadlineExceeded.kind) for spec in specs]
        waiting = iter(enumerate(specs))
        done = size = 0

        async def read_some() -> None:
            nonlocal done, size
            for place, spec in waiting:
                result = await self._read_one(spec, with_passed=with_passed)
                size += result.size
                if size > _MOST_BYTES:
                    result = SpecResult(spec, None, TooLarge.kind)
                results[place] = result
                if result.error == DeadlineExceeded.kind:
                    break
                if size > _MOST_BYTES:
                    for later, left in waiting:
                        results[later] = SpecResult(left, None, TooLarge.kind)
                    break
                done += 1
                await progress(done, len(specs))

        async with anyio.create_task_group() as readers:
            for _ in range(min(_AT_ONCE, len(specs))):
                readers.start_soon(read_some)
        return results

    async def _read_one(self, spec: Spec, *, with_passed: bool) -> SpecResult:
        try:
            instance = await self._client.get_instance(currents_instance_id(spec.instance_id))
        except RunsError as error:
            return SpecResult(spec, None, error.kind)
        return SpecResult.of(spec, instance if with_passed else instance.without_passed())

    async def _read_for_quarantine(
        self, pending: Sequence[Spec]
    ) -> tuple[list[SpecResult], list[str]]:
        """Reads specs with pending tests. Returns them, and remarks on those that were not read."""
        if len(pending) > _SEARCHED_FOR_QUARANTINE:
            remark = f"{len(pending)} specs with pending tests were not searched for quarantine"
            return [], [remark]
        read = await self._read(pending, no_progress)
        remark = quarantine_remark(read)
        return read, [remark] if remark else []


def open_currents_run(call: Call[CurrentsSettings], reference: str) -> CurrentsRunReader:
    """Returns the reader of the run that an ID or a dashboard URL names.

    Raises:
        InvalidArgument: It names none.
    """
    return CurrentsRunReader(call.api, currents_run_ref(reference))
