"""A Buildkite run, as triage and comparison read it. The API tells of failures only."""

from typing import Final

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import RunsError
from runs_mcp.model import Failure, Run, Totals
from runs_mcp.providers.buildkite.client import MAX_LIMIT, BuildkiteClient
from runs_mcp.providers.buildkite.references import (
    BuildkiteRun,
    BuildkiteSuite,
    buildkite_run,
    configured_suite,
)
from runs_mcp.run_reader import (
    USUAL_DEFAULT_BRANCHES,
    Baseline,
    CaseKey,
    Findings,
    Outcomes,
    Progress,
    TestStatus,
)
from runs_mcp.settings import Settings

_SEARCHED_PAGES: Final = 5


class BuildkiteRunReader:
    """One run, read within one deadline."""

    def __init__(self, api: ApiClient, run: BuildkiteRun) -> None:
        self._client = BuildkiteClient(api)
        self._api = api
        self._run = run
        self._held: Run | None = None

    @property
    def reference(self) -> str:
        """The run, in the form that every tool takes."""
        return f"buildkite:{self._run.organization}/{self._run.suite}/{self._run.run_id}"

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads where the run stands. The API does not count its tests."""
        if self._held is None:
            self._held = await self._client.get_run(self._run)
        return self._held, None

    async def findings(self, progress: Progress) -> Findings:
        """Reads all failed executions; of a test that failed several times, the last."""
        run, _ = await self.state()
        executions, whole = await self._executions(progress)
        last: dict[tuple[str, str, str], Failure] = {}
        for failure in executions:
            last[(failure.test_url, failure.spec, failure.test)] = failure
        specs = {failure.spec for failure in last.values()}
        return Findings(
            run=run,
            totals=None,
            failures=tuple(last.values()),
            flaky=(),
            incomplete=(),
            failing_specs=len(specs) + (not whole),
            unread_specs=int(not whole),
        )

    async def specs(self) -> dict[str, str] | None:
        """Returns None: the API does not tell of specs."""
        return None

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the tests that failed; of the others the API does not tell."""
        del specs
        findings = await self.findings(progress)
        tests: dict[CaseKey, TestStatus] = {
            CaseKey(failure.spec, failure.test): "failed" for failure in findings.failures
        }
        return Outcomes(findings.run, tests, False, findings.unread_specs)

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last finished run on the suite's default branch before `run`."""
        where = BuildkiteSuite(self._run.organization, self._run.suite)
        branches = await self._default_branches(where)
        for page in range(_SEARCHED_PAGES):
            listed = await self._client.list_runs(
                where, build_id="", limit=MAX_LIMIT, start=page * MAX_LIMIT
            )
            for earlier in listed.items:
                if (
                    earlier.branch in branches
                    and earlier.completion == "complete"
                    and earlier.status in ("passed", "failed")
                    and earlier.created_at < run.created_at
                ):
                    reader = BuildkiteRunReader(self._api, BuildkiteRun(*where, earlier.id))
                    chosen = f"the last finished run on {earlier.branch} before it"
                    return Baseline(reader, chosen)
            if not listed.has_more:
                break
        return None

    async def _default_branches(self, where: BuildkiteSuite) -> tuple[str, ...]:
        suites = await self._client.list_suites(where.organization, limit=MAX_LIMIT, start=0)
        for suite in suites.items:
            if suite.suite == where.suite and suite.default_branch:
                return (suite.default_branch,)
        return USUAL_DEFAULT_BRANCHES

    async def _executions(self, progress: Progress) -> tuple[list[Failure], bool]:
        """Returns the failed executions, and whether these are all."""
        read: list[Failure] = []
        while True:
            try:
                listed = await self._client.get_failed_executions(
                    self._run, expanded=True, start=len(read)
                )
            except RunsError:
                if not read:
                    raise
                return read, False
            read += listed.items
            await progress(len(read), len(read) + MAX_LIMIT * listed.has_more)
            if not listed.has_more or not listed.items:
                return read, True


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
