"""A small provider of test runs, as a third party would write one: one package, one value.

Its API has two operations: `GET /runs` lists runs, `GET /runs/<id>` reads one with its tests.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from msgspec import Struct
from pydantic import Field

from runs_mcp.answers.fitting import list_page
from runs_mcp.answers.reports import RunList
from runs_mcp.errors import InvalidArgument
from runs_mcp.model import Error, ErrorText, FailedTest, Failure, ListedRun, Run, TestStatus, Totals
from runs_mcp.providers.definition import (
    Call,
    ProviderDefinition,
    ReadTool,
    RecordTemplate,
    Source,
)
from runs_mcp.providers.past_runs import (
    EarlierRuns,
    PastRun,
    SpecFailures,
    SpecKey,
    SpecStates,
)
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.providers.run_reader import Baseline, Progress
from runs_mcp.providers.tool_arguments import Cursor
from runs_mcp.setting_values import ApiKey, Url
from runs_mcp.settings import ProviderSettings
from runs_mcp.triage.findings import CaseKey, Findings, NamedOutcome, Outcomes

HOST: Final = "nimbus.example"


class NimbusSettings(ProviderSettings):
    key_setting: ClassVar[str] = "NIMBUS_KEY"
    key_header: ClassVar[str] = "Nimbus-Key"
    url_setting: ClassVar[str] = "NIMBUS_URL"

    secret: ApiKey | None = Field(None, validation_alias="NIMBUS_KEY")
    url: Url = Field(f"https://api.{HOST}", validation_alias="NIMBUS_URL")

    @property
    def key(self) -> str:
        return self.secret.get_secret_value() if self.secret else ""

    @property
    def api_url(self) -> str:
        return self.url


NimbusCall: TypeAlias = Call[NimbusSettings]


class NimbusTest(Struct):
    title: str
    file: str
    result: TestStatus
    message: str = ""


class NimbusRun(Struct):
    id: str
    created_at: str
    branch: str = "main"
    done: bool = True
    tests: list[NimbusTest] = []

    def as_run(self) -> ListedRun:
        failed = sum(test.result == "failed" for test in self.tests)
        return ListedRun(
            provider="nimbus",
            id=self.id,
            url=f"https://{HOST}/runs/{self.id}",
            status="failed" if failed else "passed",
            completion="complete" if self.done else "in_progress",
            created_at=self.created_at,
            branch=self.branch,
            failed=failed,
        )


async def read_runs(call: NimbusCall) -> list[NimbusRun]:
    return (await call.api.get(list[NimbusRun], "/runs")).data


def failures_of(
    tests: Iterable[NimbusTest], *results: Literal["failed", "flaky"]
) -> tuple[FailedTest, ...]:
    return tuple(
        FailedTest(
            Failure(
                test=test.title,
                spec=test.file,
                status=result,
                error=Error(message=test.message),
            ),
            ErrorText(message=test.message, spec=test.file, test=test.title),
        )
        for result in results
        for test in tests
        if test.result == result
    )


class NimbusRunReader:
    def __init__(self, call: NimbusCall, run_id: str) -> None:
        self._call = call
        self._run_id = run_id

    @property
    def reference(self) -> str:
        return f"nimbus:{self._run_id}"

    async def _read(self) -> NimbusRun:
        return (await self._call.api.get(NimbusRun, "/runs/{run_id}", run_id=self._run_id)).data

    async def state(self) -> tuple[Run, Totals | None]:
        return (await self._read()).as_run().as_run(), None

    async def findings(self, progress: Progress, *, causes_only: bool = False) -> Findings:
        del causes_only
        run = await self._read()
        await progress(1, 1)
        return Findings(
            run=run.as_run().as_run(),
            totals=None,
            failures=failures_of(run.tests, "failed"),
            flaky=failures_of(run.tests, "flaky"),
            quarantined=(),
            incomplete=(),
            failing_specs=len({test.file for test in run.tests if test.result == "failed"}),
            unread=(),
            unreadable=(),
            remarks=(),
        )

    async def specs(self) -> dict[str, str] | None:
        return None

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        del specs
        run = await self._read()
        await progress(1, 1)
        return Outcomes(
            run=run.as_run().as_run(),
            tests={
                CaseKey((test.file, test.title)): NamedOutcome(
                    test.result, test.title, test.file, ""
                )
                for test in run.tests
            },
            groups={},
            includes_passed=True,
            open_specs=frozenset(),
            unread_specs=0,
            unreadable=(),
            remarks=(),
        )

    async def baseline(self, run: Run) -> Baseline | None:
        earlier = [one for one in await read_runs(self._call) if one.created_at < run.created_at]
        if not earlier:
            return None
        last = max(earlier, key=lambda one: one.created_at)
        return Baseline(NimbusRunReader(self._call, last.id), "the run before it")

    @property
    def requests(self) -> int:
        return self._call.api.sent

    async def repository(self) -> str:
        return ""

    async def earlier_runs(self, at_most: int) -> EarlierRuns:
        run = await self._read()
        runs = await read_runs(self._call)
        earlier = [
            NimbusPastRun(one)
            for one in sorted(runs, key=lambda one: one.created_at, reverse=True)
            if one.created_at < run.created_at and one.branch == run.branch
        ]
        return EarlierRuns(tuple(earlier[:at_most]), has_more=len(earlier) > at_most)

    async def other_branches(self, at_most: int) -> tuple[PastRun, ...]:
        run = await self._read()
        newest = {one.branch: one for one in await read_runs(self._call)}
        others = [NimbusPastRun(one) for branch, one in newest.items() if branch != run.branch]
        return tuple(others[:at_most])

    async def with_test_history(
        self, runs: Sequence[PastRun], tests: Sequence[FailedTest]
    ) -> tuple[PastRun, ...]:
        del tests
        return tuple(runs)


class NimbusPastRun:
    def __init__(self, run: NimbusRun) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        return self._run.as_run()

    @property
    def reference(self) -> str:
        return f"nimbus:{self._run.id}"

    async def states(self, specs: Collection[SpecKey]) -> SpecStates:
        ran = {test.file for test in self._run.tests}
        completed = frozenset(spec for spec in specs if spec.spec in ran)
        return SpecStates(completed=completed, suspect=completed)

    async def flaky_specs(self) -> frozenset[SpecKey]:
        flaky = {test.file for test in self._run.tests if test.result == "flaky"}
        return frozenset(SpecKey(file, "", is_only_group=False) for file in flaky)

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        tests = [test for test in self._run.tests if test.file == spec.spec]
        return SpecFailures(failures_of(tests, "failed", "flaky"), is_complete=True)


def open_nimbus_run(call: NimbusCall, reference: str) -> NimbusRunReader:
    run_id = (link_path(reference, HOST) or (reference,))[-1]
    if not run_id.isalnum():
        raise InvalidArgument("It is not a run of Nimbus; nothing was requested.")
    return NimbusRunReader(call, run_id)


async def nimbus_list_runs(
    call: NimbusCall,
    branch: Annotated[str, Field(description="Only of this branch.", max_length=250)] = "",
    cursor: Cursor = "",
) -> RunList:
    """List the runs of Nimbus."""
    runs = [run.as_run() for run in await read_runs(call) if branch in ("", run.branch)]
    page = call.page(cursor, ("nimbus_list_runs", branch))
    after = page.upstream_cursor()
    rows = [(run, run.id) for run in runs if run.id > after]
    return list_page(rows, lambda shown, more: RunList(shown, more), page, has_more=False)


async def nimbus_record(call: NimbusCall, run_id: str) -> dict[str, Any]:
    """A run of Nimbus, complete."""
    return (await call.api.get(dict[str, Any], "/runs/{run_id}", run_id=run_id)).data


async def probe_nimbus(call: NimbusCall) -> str:
    return f"it has {len(await read_runs(call))} runs"


class NimbusCompletions:
    def __init__(self, call: NimbusCall) -> None:
        self._call = call

    def projects(self) -> Source[str] | None:
        return None

    def recent_runs(
        self, chosen: Mapping[str, str], projects: Sequence[str]
    ) -> Sequence[Source[ListedRun]]:
        del chosen, projects

        async def read() -> list[ListedRun]:
            return [run.as_run() for run in await read_runs(self._call)]

        return [Source((), read)]

    def address_part(self, name: str, chosen: Mapping[str, str]) -> Source[str] | None:
        del name, chosen
        return None


NIMBUS: Final = ProviderDefinition(
    name="nimbus",
    title="Nimbus",
    settings=NimbusSettings,
    dashboard_host=HOST,
    reference_form="nimbus:<run ID>",
    reference_of=lambda run: f"nimbus:{run.id}",
    open_run=open_nimbus_run,
    probe=probe_nimbus,
    tools=(ReadTool(nimbus_list_runs, "List Nimbus runs"),),
    records=(RecordTemplate("nimbus://runs/{run_id}", "Complete Nimbus run", nimbus_record),),
    completions=NimbusCompletions,
)
