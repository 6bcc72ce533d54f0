"""A Currents run, as triage and comparison read it."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import anyio

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import RunsError
from runs_mcp.model import Error, Failure, FullInstance, FullRun, Run, Spec, Totals
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import currents_run_id
from runs_mcp.run_reader import (
    USUAL_DEFAULT_BRANCHES,
    Baseline,
    CaseKey,
    Findings,
    Outcomes,
    Progress,
    TestStatus,
    worst,
)
from runs_mcp.settings import Settings

_AT_ONCE: Final = 16
_TO_INSPECT: Final = ("failed", "flaky", "unknown")


class _Read(NamedTuple):
    """What came of reading instances: a None for each that could not be read."""

    instances: list[FullInstance | None]

    @property
    def unread(self) -> int:
        return self.instances.count(None)


class CurrentsRun:
    """One run, read within one deadline."""

    def __init__(self, api: ApiClient, run_id: str) -> None:
        self._client = CurrentsClient(api)
        self._api = api
        self._run_id = currents_run_id(run_id)
        self._held: FullRun | None = None

    @property
    def reference(self) -> str:
        """The run, in the form that every tool takes."""
        return f"currents:{self._run_id}"

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads where the run stands."""
        full = await self._full()
        return full.run, full.totals

    async def findings(self, progress: Progress) -> Findings:
        """Reads the instances of the specs that did not just pass, all at once."""
        full = await self._full()
        inspect = [spec for spec in full.specs if spec.status in _TO_INSPECT]
        silent = ("idle", "unclaimed") if full.run.is_over else ()
        read = await self._instances(inspect, progress)
        failures = [failure for one in read.instances if one for failure in _failures(one)]
        return Findings(
            run=full.run,
            totals=full.totals,
            failures=tuple(failure for failure in failures if failure.status != "flaky"),
            flaky=tuple(failure for failure in failures if failure.status == "flaky"),
            incomplete=tuple(spec.spec for spec in full.specs if spec.status in silent),
            failing_specs=len(inspect),
            unread_specs=read.unread,
        )

    async def specs(self) -> dict[str, str] | None:
        """Reads the specs; of each, what would be the same where it went the same."""
        told: dict[str, str] = {}
        for spec in (await self._full()).specs:
            plain = "" if spec.status == "passed" else f"{spec.status} {spec.instance_id}"
            told[spec.spec] = f"{told.get(spec.spec, '')};{spec.tests} {spec.skipped} {plain}"
        return told

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the instances of these specs, and how each of their tests went."""
        full = await self._full()
        wanted = [
            spec
            for spec in full.specs
            if spec.instance_id
            and spec.status not in ("idle", "unclaimed", "running")
            and (specs is None or spec.spec in specs)
        ]
        read = await self._instances(wanted, progress)
        tests: dict[CaseKey, TestStatus] = {}
        for instance in read.instances:
            for key, status in _statuses(instance) if instance else ():
                tests[key] = worst(status, tests.get(key, "skipped"))
        return Outcomes(full.run, tests, tells_passed=True, unread_specs=read.unread)

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last completed run on the project's default branch before `run`."""
        known = await self._client.get_project(run.project_id)
        branches = [known.default_branch] if known.default_branch else [*USUAL_DEFAULT_BRANCHES]
        for branch in branches:
            filters = RunFilters(
                branches=(branch,), completion=("complete",), date_end=run.created_at
            )
            listed = await self._client.list_runs(run.project_id, filters, limit=10)
            for earlier, _ in listed.items:
                if earlier.id != run.id and earlier.created_at < run.created_at:
                    reader = CurrentsRun(self._api, earlier.id)
                    return Baseline(reader, f"the last completed run on {branch} before it")
        return None

    async def _full(self) -> FullRun:
        if self._held is None:
            self._held = await self._client.get_run(self._run_id)
        return self._held

    async def _instances(self, specs: Sequence[Spec], progress: Progress) -> _Read:
        """Reads one instance for each spec; one that cannot be read does not stop the others."""
        read: list[FullInstance | None] = [None] * len(specs)
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        done = 0

        async def read_one(place: int, spec: Spec) -> None:
            nonlocal done
            async with limiter:
                with suppress(RunsError):  # It stays unread, and is counted as that.
                    read[place] = await self._client.get_instance(spec.instance_id)
            done += 1
            await progress(done, len(specs))

        async with anyio.create_task_group() as readers:
            for place, spec in enumerate(specs):
                readers.start_soon(read_one, place, spec)
        return _Read(read)


def open_currents_run(api: ApiClient, reference: str, settings: Settings) -> CurrentsRun:
    """Returns the reader of the run that an ID or a dashboard URL names.

    Raises:
        InvalidArgument: It names none.
    """
    del settings
    return CurrentsRun(api, reference)


def _failures(instance: FullInstance) -> list[Failure]:
    """Returns the failures of an instance; of a spec that could not run, the one of the spec."""
    failed = [failure for failure in instance.failures if failure.status != "flaky"]
    if failed or not instance.exception:
        return list(instance.failures)
    spec = instance.instance.spec
    whole = Failure(
        test="(the spec file did not run)",
        status="failed",
        spec=spec,
        location=spec,
        error=Error(message=instance.exception),
        instance_id=instance.instance.instance_id,
    )
    return [*instance.failures, whole]


def _statuses(instance: FullInstance) -> list[tuple[CaseKey, TestStatus]]:
    spec = instance.instance.spec
    told: list[tuple[CaseKey, TestStatus]] = [
        (CaseKey(spec, failure.test), "flaky" if failure.status == "flaky" else "failed")
        for failure in instance.failures
    ]
    told += [(CaseKey(spec, test.test), "passed") for test in instance.passed]
    return told + [(CaseKey(spec, title), "skipped") for title in instance.skipped]
