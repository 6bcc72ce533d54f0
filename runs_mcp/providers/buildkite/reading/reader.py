"""The reader of a Buildkite run. The API lists failures only, not the tests that passed."""

from collections.abc import Sequence
from typing import Final

from runs_mcp.api.client import ApiClient
from runs_mcp.model import FailedTest, ListedRun, Run, TestStatus, Totals
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.reading.default_branches import DefaultBranches
from runs_mcp.providers.buildkite.reading.failed_tests import FailedTests, read_failed_tests
from runs_mcp.providers.buildkite.reading.past_runs import (
    list_earlier_runs,
    list_other_branches,
)
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
    BuildkiteSuite,
    buildkite_reference,
    buildkite_run,
    is_run_id,
)
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.past_runs import EarlierRuns, PastRun
from runs_mcp.providers.run_reader import Baseline, Progress
from runs_mcp.triage.findings import CaseKey, Findings, NamedOutcome, Outcomes

_SEARCHED_PAGES: Final = 5


class BuildkiteRunReader:
    """The reader of one run."""

    def __init__(self, api: ApiClient, run: BuildkiteRunRef) -> None:
        self._client = BuildkiteClient(api)
        self._api = api
        self._ref = run
        self._suite = BuildkiteSuite(run.organization, run.suite)
        self._default_branches = DefaultBranches(self._client, self._suite)
        self._run: Run | None = None

    @property
    def reference(self) -> str:
        """The reference to the run, as every tool takes it."""
        return buildkite_reference(self._ref)

    @property
    def requests(self) -> int:
        """How many requests were made for the run, and for others that it led to."""
        return self._api.sent

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads the run, without counts: the API has none."""
        if self._run is None:
            self._run = await self._client.get_run(self._ref)
        return self._run, None

    async def findings(self, progress: Progress, *, causes_only: bool = False) -> Findings:
        """Reads all failed executions; of a test that failed several times, the last."""
        run, _ = await self.state()
        read = await read_failed_tests(
            self._client, self._ref, run, progress, causes_only=causes_only
        )
        return await self._api.work_on(lambda: _findings_in(run, read))

    async def specs(self) -> dict[str, str] | None:
        """Returns None: the API does not list specs."""
        return None

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the tests that failed or were flaky; the API does not list the others."""
        del specs
        run, _ = await self.state()
        read = await read_failed_tests(self._client, self._ref, run, progress)
        return Outcomes(
            run=run,
            tests=await self._api.work_on(lambda: _outcomes_of(read)),
            groups={},
            includes_passed=False,
            open_specs=frozenset(),
            unread_specs=len(read.unread),
            unreadable=read.unreadable,
            remarks=read.remarks,
        )

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last finished run on the suite's default branch before `run`."""
        branches = await self._default_branches.read()
        start: ListPosition | None = ListPosition(MAX_LIMIT)
        for _ in range(_SEARCHED_PAGES):
            if start is None:
                break
            page = await self._client.list_runs(self._suite, start)
            # The order of the list is not documented.
            earlier = [
                listed
                for listed in page.items
                if listed.branch in branches and _may_be_baseline(listed, run)
            ]
            if earlier:
                last = max(earlier, key=lambda listed: listed.created_at)
                reader = BuildkiteRunReader(self._api, BuildkiteRunRef(*self._suite, last.id))
                return Baseline(reader, f"the last finished run on {last.branch} before it")
            start = page.next
        return None

    async def repository(self) -> str:
        """Returns nothing: the API does not name the repository."""
        return ""

    async def earlier_runs(self, at_most: int) -> EarlierRuns:
        """Lists the runs of the same branch before the run."""
        run, _ = await self.state()
        bases = await self._default_branches.read()
        return await list_earlier_runs(self._client, self._suite, run, at_most, bases)

    async def other_branches(self, at_most: int) -> tuple[PastRun, ...]:
        """Lists the newest run with a result of each of so many other branches."""
        run, _ = await self.state()
        bases = await self._default_branches.read()
        return await list_other_branches(self._client, self._suite, run, at_most, bases)

    async def with_test_history(
        self, runs: Sequence[PastRun], tests: Sequence[FailedTest]
    ) -> tuple[PastRun, ...]:
        """Returns the runs as they are: the API counts results over time, but not run by run."""
        del tests
        return tuple(runs)


def open_buildkite_run(call: Call[BuildkiteSettings], reference: str) -> BuildkiteRunReader:
    """Returns the reader of the run that `<org>/<suite>/<uuid>`, a URL or a UUID names.

    Raises:
        InvalidArgument: It names none.
    """
    parts = reference.split("/")
    organization, suite, run_id = parts if len(parts) == 3 else ("", "", reference)
    run = buildkite_run(run_id, organization, suite, call.own.default_suite)
    return BuildkiteRunReader(call.api, run)


def _may_be_baseline(listed: ListedRun, run: Run) -> bool:
    """Returns whether a run has a result and was created before `run`."""
    return (
        listed.completion == "complete"
        and listed.status in ("passed", "failed")
        and "" < listed.created_at < run.created_at
        and is_run_id(listed.id)
    )


def _findings_in(run: Run, read: FailedTests) -> Findings:
    tests = read.failures.values()
    specs = {test.failure.spec for test in tests}
    counted = [test for test in tests if not test.failure.quarantined]
    return Findings(
        run=run,
        totals=None,
        failures=tuple(test for test in counted if test.failure.status == "failed"),
        flaky=tuple(test for test in counted if test.failure.status == "flaky"),
        quarantined=tuple(test for test in tests if test.failure.quarantined),
        incomplete=(),
        failing_specs=len(specs) + len(read.unread),
        unread=read.unread,
        unreadable=read.unreadable,
        remarks=read.remarks,
        unlisted=len(read.without_execution),
    )


def _outcomes_of(read: FailedTests) -> dict[CaseKey, NamedOutcome]:
    tests = {
        CaseKey(key): NamedOutcome("failed", test.name, test.file, "")
        for key, test in read.without_execution.items()
    }
    for key, test in read.failures.items():
        failure = test.failure
        status: TestStatus = "flaky" if failure.status == "flaky" else "failed"
        if failure.quarantined:
            status = "skipped"
        tests[CaseKey(key)] = NamedOutcome(status, failure.test, failure.spec, "")
    return tests
