"""A Buildkite run, as triage and comparison read it. The API tells of failures only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import RunsError
from runs_mcp.model import Failure, Run, Totals
from runs_mcp.providers.buildkite.client import MAX_LIMIT, MAX_PAGES, BuildkiteClient, Position
from runs_mcp.providers.buildkite.mapping import FailedExecution
from runs_mcp.providers.buildkite.references import (
    BuildkiteRun,
    BuildkiteSuite,
    buildkite_run,
    configured_suite,
)
from runs_mcp.providers.buildkite.retries import find_retries
from runs_mcp.run_reader import (
    USUAL_DEFAULT_BRANCHES,
    Baseline,
    CaseKey,
    Findings,
    NamedOutcome,
    Outcomes,
    Progress,
)
from runs_mcp.settings import Settings

TestKey: TypeAlias = tuple[str, ...]

_SEARCHED_PAGES: Final = 5


class _Executions(NamedTuple):
    """The failed executions of a run by test, and what could not be read of them."""

    by_test: Mapping[TestKey, Sequence[FailedExecution]]
    unread: tuple[str, ...]
    unreadable: tuple[str, ...]


class BuildkiteRunReader:
    """One run, read within one deadline."""

    def __init__(self, api: ApiClient, run: BuildkiteRun) -> None:
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

    async def findings(self, progress: Progress) -> Findings:
        """Reads all failed executions; of a test that failed several times, the last."""
        run, _ = await self.state()
        failures, read, remarks = await self._failures(run, progress)
        listed = list(failures.values())
        specs = {failure.spec for failure in listed}
        if run.status == "failed" and not listed and not read.unread:
            remarks = (*remarks, "the API lists no failed execution of it")
        return Findings(
            run=run,
            totals=None,
            failures=tuple(f for f in listed if f.status == "failed" and not f.quarantined),
            flaky=tuple(f for f in listed if f.status == "flaky"),
            quarantined=tuple(f for f in listed if f.quarantined),
            incomplete=(),
            failing_specs=len(specs) + len(read.unread),
            unread=read.unread,
            unreadable=read.unreadable,
            remarks=remarks,
        )

    async def specs(self) -> dict[str, str] | None:
        """Returns None: the API does not tell of specs."""
        return None

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the tests that failed or were flaky; of the others the API does not tell."""
        del specs
        run, _ = await self.state()
        failures, read, remarks = await self._failures(run, progress)
        tests: dict[CaseKey, NamedOutcome] = {}
        for key, failure in failures.items():
            status = "skipped" if failure.quarantined else failure.status
            if status in ("failed", "flaky", "skipped"):
                tests[CaseKey(key)] = NamedOutcome(status, failure.test, failure.spec, "")
        return Outcomes(
            run=run,
            tests=tests,
            groups={},
            tells_passed=False,
            open_specs=frozenset(),
            unread_specs=len(read.unread),
            unreadable=read.unreadable,
            remarks=remarks,
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
            for earlier in listed.values:
                if (
                    earlier.branch in branches
                    and earlier.completion == "complete"
                    and earlier.status in ("passed", "failed")
                    and earlier.created_at < run.created_at
                ):
                    reader = BuildkiteRunReader(self._api, BuildkiteRun(*where, earlier.id))
                    chosen = f"the last finished run on {earlier.branch} before it"
                    return Baseline(reader, chosen)
            start = listed.next
        return None

    async def _default_branches(self, where: BuildkiteSuite) -> tuple[str, ...]:
        suites = await self._client.list_suites(where.organization, Position(MAX_LIMIT))
        for suite in suites.values:
            if suite.suite == where.suite and suite.default_branch:
                return (suite.default_branch,)
        return USUAL_DEFAULT_BRANCHES

    async def _failures(
        self, run: Run, progress: Progress
    ) -> tuple[dict[TestKey, Failure], _Executions, tuple[str, ...]]:
        """Returns each test that failed, once: as failed, flaky, or in quarantine (muted)."""
        read = await self._executions(progress)
        retries = await find_retries(self._client, self._suite, run, read.by_test)
        muted = await self._muted() if read.by_test else frozenset()
        failures = {}
        for key, executions in read.by_test.items():
            last = max(executions, key=lambda execution: execution.created_at).failure
            failures[key] = replace(
                last,
                attempts=len(executions),
                status="flaky" if key in retries.mended else "failed",
                quarantined=key[0] in muted and key not in retries.mended,
            )
        return failures, read, retries.remarks

    async def _muted(self) -> frozenset[str]:
        """Returns the IDs of the tests that are muted now; none where that cannot be read."""
        try:
            return await self._client.get_muted_tests(self._suite)
        except RunsError:
            return frozenset()

    async def _executions(self, progress: Progress) -> _Executions:
        """Reads the failed executions; what came before a page that cannot be read is kept."""
        read: defaultdict[TestKey, dict[str, FailedExecution]] = defaultdict(dict)
        unreadable: tuple[str, ...] = ()
        unread: tuple[str, ...] = ()
        start: Position | None = Position(MAX_LIMIT)
        number = 0
        while start is not None:
            try:
                listed = await self._client.get_failed_executions(self._ref, start, expanded=True)
            except RunsError as error:
                if not number:
                    raise
                unread = (error.kind,)
                break
            unreadable += listed.unreadable
            before = number
            for execution in listed.values:
                name = execution.failure.execution_id or str(number)
                number += name not in read[execution.key]
                read[execution.key][name] = execution
            start = listed.next if number > before and start.page < MAX_PAGES else None
            await progress(number, number + MAX_LIMIT * (start is not None))
        by_test = {key: tuple(executions.values()) for key, executions in read.items()}
        return _Executions(by_test, unread, unreadable)


def open_buildkite_run(api: ApiClient, reference: str, settings: Settings) -> BuildkiteRunReader:
    """Returns the reader of the run that `<org>/<suite>/<uuid>`, a URL or a UUID names.

    Raises:
        InvalidArgument: It names none.
    """
    parts = reference.split("/")
    organization, suite, run_id = parts if len(parts) == 3 else ("", "", reference)
    return BuildkiteRunReader(
        api, buildkite_run(run_id, organization, suite, configured_suite(settings))
    )
