"""A Buildkite run, as triage and comparison read it. The API tells of failures only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import anyio
from msgspec.structs import replace

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import RunsError
from runs_mcp.model import Failure, Run, TestStatus, Totals
from runs_mcp.providers.buildkite.client import BuildkiteClient, ExecutionCounts
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, Position
from runs_mcp.providers.buildkite.mapping.records import FailedExecution
from runs_mcp.providers.buildkite.reading.interrupted import Interrupted, interrupted_tests
from runs_mcp.providers.buildkite.reading.retries import Retries, find_retries
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
    BuildkiteSuite,
    buildkite_run,
    is_run_id,
)
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.run_reader import USUAL_DEFAULT_BRANCHES, Baseline, Progress
from runs_mcp.triage.findings import CaseKey, Findings, NamedOutcome, Outcomes

TestKey: TypeAlias = tuple[str, ...]

_SEARCHED_PAGES: Final = 5
_SILENT: Final = "the API lists no failed execution of it"
_EXTRA_SECONDS: Final = 5
"""Time for reading what the verdict can do without."""


class _Failures(NamedTuple):
    """The tests that failed in a run, and what could not be read of them.

    Unlisted are those that were interrupted or failed by the counts of the build alone.
    """

    failures: Mapping[TestKey, Failure]
    unlisted: Mapping[TestKey, ExecutionCounts]
    unread: tuple[str, ...]
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]


class _Muted(NamedTuple):
    """The IDs of muted tests, or a remark that they are not known."""

    tests: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()


class _Verdicts(NamedTuple):
    """Which failed executions are not failures, what else failed, and what is not known."""

    recovered: frozenset[TestKey] = frozenset()
    muted: frozenset[str] = frozenset()
    unlisted: Mapping[TestKey, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class BuildkiteRunReader:
    """One run, read within one deadline."""

    def __init__(self, api: ApiClient, run: BuildkiteRunRef) -> None:
        self._client = BuildkiteClient(api)
        self._api = api
        self._ref = run
        self._suite = BuildkiteSuite(run.organization, run.suite)
        self._run: Run | None = None

    @property
    def reference(self) -> str:
        """The run, in the form that every tool takes."""
        return f"buildkite:{self._ref.organization}/{self._ref.suite}/{self._ref.run_id}"

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads where the run stands. The API does not count its tests."""
        if self._run is None:
            self._run = await self._client.get_run(self._ref)
        return self._run, None

    async def findings(self, progress: Progress, *, causes_only: bool = False) -> Findings:
        """Reads all failed executions; of a test that failed several times, the last."""
        run, _ = await self.state()
        read = await self._failures(run, progress, causes_only=causes_only)
        specs = {failure.spec for failure in read.failures.values()}
        failures = read.failures.values()
        return Findings(
            run=run,
            totals=None,
            failures=tuple(f for f in failures if f.status == "failed" and not f.quarantined),
            flaky=tuple(f for f in failures if f.status == "flaky"),
            quarantined=tuple(f for f in failures if f.quarantined),
            incomplete=(),
            failing_specs=len(specs) + len(read.unread),
            unread=read.unread,
            unreadable=read.unreadable,
            remarks=read.remarks,
            unlisted=len(read.unlisted),
        )

    async def specs(self) -> dict[str, str] | None:
        """Returns None: the API does not tell of specs."""
        return None

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the tests that failed or were flaky; of the others the API does not tell."""
        del specs
        run, _ = await self.state()
        read = await self._failures(run, progress)
        tests = {
            CaseKey(key): NamedOutcome("failed", test.name, test.file, "")
            for key, test in read.unlisted.items()
        }
        for key, failure in read.failures.items():
            status: TestStatus = "flaky" if failure.status == "flaky" else "failed"
            status = "skipped" if failure.quarantined else status
            tests[CaseKey(key)] = NamedOutcome(status, failure.test, failure.spec, "")
        return Outcomes(
            run=run,
            tests=tests,
            groups={},
            includes_passed=False,
            open_specs=frozenset(),
            unread_specs=len(read.unread),
            unreadable=read.unreadable,
            remarks=read.remarks,
        )

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last finished run on the suite's default branch before `run`."""
        where = self._suite
        branches = await self._default_branches(where)
        start: Position | None = Position(MAX_LIMIT)
        for _ in range(_SEARCHED_PAGES):
            if start is None:
                break
            listed = await self._client.list_runs(where, start)
            # The order of the list is not documented, and an odd record may lack ID or date.
            earlier = [
                listed_run
                for listed_run in listed.values
                if listed_run.branch in branches
                and listed_run.completion == "complete"
                and listed_run.status in ("passed", "failed")
                and "" < listed_run.created_at < run.created_at
                and is_run_id(listed_run.id)
            ]
            if earlier:
                last = max(earlier, key=lambda one: one.created_at)
                reader = BuildkiteRunReader(self._api, BuildkiteRunRef(*where, last.id))
                return Baseline(reader, f"the last finished run on {last.branch} before it")
            start = listed.next
        return None

    async def _default_branches(self, where: BuildkiteSuite) -> tuple[str, ...]:
        suites = await self._client.list_suites(where.organization, Position(MAX_LIMIT))
        for suite in suites.values:
            if suite.suite == where.suite and suite.default_branch:
                return (suite.default_branch,)
        return USUAL_DEFAULT_BRANCHES

    async def _failures(
        self, run: Run, progress: Progress, *, causes_only: bool = False
    ) -> _Failures:
        """Returns each test that failed, once: as failed, flaky, or in quarantine (muted)."""
        collected = await self._client.all_failed_executions(
            self._ref, expanded=True, progress=progress
        )
        by_test: defaultdict[TestKey, list[FailedExecution]] = defaultdict(list)
        for execution in collected.items:
            by_test[execution.key].append(execution)
        verdicts = _Verdicts() if causes_only else await self._verdicts(run, by_test)
        failures = {}
        for key, executions in by_test.items():
            last = max(executions, key=lambda execution: execution.created_at).failure
            recovered = key in verdicts.recovered
            failures[key] = replace(
                last,
                attempts=len(executions),
                status="flaky" if recovered else "failed",
                quarantined=key[0] in verdicts.muted and not recovered,
            )
        unreadable = (*collected.unreadable, *verdicts.unreadable)
        read_nothing = not collected.items and not collected.error and not unreadable
        silent = run.status == "failed" and read_nothing
        return _Failures(
            failures,
            verdicts.unlisted,
            unread=(collected.error,) if collected.error else (),
            unreadable=unreadable,
            remarks=(*verdicts.remarks, *([_SILENT] if silent else [])),
        )

    async def _verdicts(
        self, run: Run, by_test: Mapping[TestKey, Sequence[FailedExecution]]
    ) -> _Verdicts:
        """Reads which failed executions are not failures, and which tests were interrupted.

        All at once; what the verdict can do without is given a few seconds only.
        """
        retries = Retries()
        muted = _Muted()
        interrupted = Interrupted()

        async def read_muted() -> None:
            nonlocal muted
            muted = await self._muted()

        async def read_interrupted() -> None:
            nonlocal interrupted
            with anyio.move_on_after(_EXTRA_SECONDS):
                interrupted = await interrupted_tests(self._client, self._suite, run)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read_interrupted)
            if by_test:
                tasks.start_soon(read_muted)
            retries = await find_retries(self._client, self._suite, run, by_test)
        cut_off = {key: test for key, test in interrupted.tests.items() if key not in by_test}
        return _Verdicts(
            retries.recovered,
            muted.tests,
            {**retries.unlisted, **cut_off},
            (*retries.unreadable, *interrupted.unreadable),
            (*retries.remarks, *muted.remarks, *interrupted.remarks),
        )

    async def _muted(self) -> _Muted:
        """Reads which tests are muted, or says that this is not known."""
        error = "timeout"
        with anyio.move_on_after(_EXTRA_SECONDS):
            try:
                return _Muted(await self._client.get_muted_tests(self._suite))
            except RunsError as failure:
                error = failure.kind
        return _Muted(remarks=(f"which tests are muted is not known, {error}",))


def open_buildkite_run(call: Call[BuildkiteSettings], reference: str) -> BuildkiteRunReader:
    """Returns the reader of the run that `<org>/<suite>/<uuid>`, a URL or a UUID names.

    Raises:
        InvalidArgument: It names none.
    """
    parts = reference.split("/")
    organization, suite, run_id = parts if len(parts) == 3 else ("", "", reference)
    run = buildkite_run(run_id, organization, suite, call.own.default_suite)
    return BuildkiteRunReader(call.api, run)
