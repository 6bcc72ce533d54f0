"""A Currents run, as triage and comparison read it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import anyio
from msgspec.structs import replace

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import RunsError
from runs_mcp.model import (
    Error,
    Failure,
    FullInstance,
    FullRun,
    Run,
    Spec,
    TestResult,
    Totals,
)
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import CurrentsRunRef, currents_run_ref
from runs_mcp.providers.currents.repeated_specs import specs_that_count
from runs_mcp.providers.field_values import PATH_CHARS
from runs_mcp.run_reader import (
    USUAL_DEFAULT_BRANCHES,
    Baseline,
    CaseKey,
    Findings,
    NamedOutcome,
    Outcomes,
    Progress,
    is_worse,
)
from runs_mcp.settings import Settings
from runs_mcp.text import clip

_AT_ONCE: Final = 16
_BASELINES_SEEN: Final = 10
_SEARCHED_FOR_QUARANTINE: Final = 20
"""Specs that passed with pending tests: more are not read to find failures in quarantine."""
_NAMED_SPECS: Final = 3
_NOT_RUN: Final = "(the spec file did not run)"


class _Read(NamedTuple):
    """What came of reading instances: of each what was read, or the kind of error."""

    instances: list[FullInstance]
    errors: list[str]

    @property
    def unreadable(self) -> tuple[str, ...]:
        return tuple(why for one in self.instances for why in one.unreadable)


class CurrentsRunReader:
    """One run, read within one deadline."""

    def __init__(self, api: ApiClient, run: CurrentsRunRef) -> None:
        self._client = CurrentsClient(api)
        self._api = api
        self._ref = run
        self._run: FullRun | None = None

    @property
    def reference(self) -> str:
        """The run, in the form that every tool takes; of an instance, once the run was read."""
        return f"currents:{self._ref.run_id or (self._run.run.id if self._run else '')}"

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads where the run stands."""
        full = await self._full()
        return full.run, full.totals

    async def findings(self, progress: Progress) -> Findings:
        """Reads the instances of the specs that did not just pass, all at once."""
        full = await self._full()
        counting = specs_that_count(full)
        inspect = [spec for spec in counting if _went_wrong(spec)]
        silent = ("idle", "unclaimed") if full.run.is_over else ()
        read = await self._instances(inspect, progress)
        quarantine, unsearched = await self._quarantined_elsewhere(counting, inspect)
        tests = _by_test(read.instances, shows_groups=len(full.groups) > 1)
        failures = [test.failure for test in tests.values() if test.failure is not None]
        return Findings(
            run=full.run,
            totals=full.totals,
            failures=tuple(f for f in failures if f.status != "flaky" and not f.quarantined),
            flaky=tuple(f for f in failures if f.status == "flaky" and not f.quarantined),
            quarantined=(*(f for f in failures if f.quarantined), *quarantine),
            incomplete=tuple(spec.spec for spec in counting if spec.status in silent),
            failing_specs=len(inspect),
            unread=tuple(read.errors),
            unreadable=full.unreadable + read.unreadable,
            remarks=(*_remarks(full, counting, read), *unsearched),
        )

    async def specs(self) -> dict[str, str] | None:
        """Reads the specs; of each, what would be the same where it went the same."""
        signatures: dict[str, str] = {}
        for spec in specs_that_count(await self._full()):
            went = "" if spec.status == "passed" else f"{spec.status} {spec.instance_id}"
            counts = f"{spec.group} {spec.tests} {spec.skipped} {spec.pending}"
            signatures[spec.spec] = f"{signatures.get(spec.spec, '')};{counts} {went}"
        return signatures

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads the instances of these specs, and how each of their tests went."""
        full = await self._full()
        counting = specs_that_count(full)
        wanted = [
            spec
            for spec in counting
            if spec.instance_id
            and (spec.status not in ("idle", "unclaimed", "running") or _went_wrong(spec))
            and (specs is None or spec.spec in specs)
        ]
        read = await self._instances(wanted, progress)
        tests: dict[CaseKey, NamedOutcome] = {}
        for instance, test in _tests(read.instances):
            group = instance.instance.group
            key = CaseKey((instance.instance.spec, test.title), group)
            earlier = tests.get(key)
            if earlier is None or is_worse(test.status, earlier.status):
                tests[key] = NamedOutcome(test.status, test.test, instance.instance.spec, group)
        return Outcomes(
            run=full.run,
            tests=tests,
            groups={
                group.group: browser
                for group, browser in zip(full.groups, full.browsers, strict=True)
            },
            tells_passed=True,
            unread_specs=len(read.errors),
            unreadable=full.unreadable + read.unreadable,
            remarks=_remarks(full, counting, read) if specs is None else (),
        )

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last completed run on the project's default branch before `run`.

        A pull request's branch in a fork can bear the default branch's name: its runs are none.
        """
        known = await self._client.get_project(run.project_id)
        branches = [known.default_branch] if known.default_branch else [*USUAL_DEFAULT_BRANCHES]
        for branch in branches:
            filters = RunFilters(
                branches=(branch,), completion=("complete",), date_end=run.created_at
            )
            listed = await self._client.list_runs(run.project_id, filters, limit=_BASELINES_SEEN)
            for earlier, _ in listed.items:
                if earlier.pr or earlier.id == run.id or earlier.created_at >= run.created_at:
                    continue
                reader = CurrentsRunReader(self._api, CurrentsRunRef(run_id=earlier.id))
                return Baseline(reader, f"the last completed run on {branch} before it")
        return None

    async def _full(self) -> FullRun:
        if self._run is None:
            run_id = self._ref.run_id
            if not run_id:
                run_id = await self._client.run_of_instance(self._ref.instance_id)
            self._run = await self._client.get_run(run_id)
        return self._run

    async def _instances(self, specs: Sequence[Spec], progress: Progress) -> _Read:
        """Reads one instance for each spec; one that cannot be read does not stop the others."""
        read: list[FullInstance | str] = [""] * len(specs)
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        done = 0

        async def read_one(place: int, spec: Spec) -> None:
            nonlocal done
            async with limiter:
                try:
                    read[place] = _of_spec(await self._client.get_instance(spec.instance_id), spec)
                except RunsError as error:  # It stays unread, and is counted as that.
                    read[place] = error.kind
            done += 1
            await progress(done, len(specs))

        async with anyio.create_task_group() as readers:
            for place, spec in enumerate(specs):
                readers.start_soon(read_one, place, spec)
        return _Read(
            [one for one in read if isinstance(one, FullInstance)],
            [one for one in read if isinstance(one, str)],
        )

    async def _quarantined_elsewhere(
        self, counting: Sequence[Spec], inspected: Sequence[Spec]
    ) -> tuple[list[Failure], list[str]]:
        """Reads failures in quarantine from specs that passed: they count as pending tests.

        Returns them, and a remark where there were too many such specs to read them.
        """
        others = [spec for spec in counting if spec.pending and spec not in inspected]
        if len(others) > _SEARCHED_FOR_QUARANTINE:
            remark = f"{len(others)} specs with pending tests were not searched for quarantine"
            return [], [remark]
        read = await self._instances(others, _no_progress)
        failures = [failure for one in read.instances for failure in one.failures]
        return [failure for failure in failures if failure.quarantined], []


async def _no_progress(done: int, total: int) -> None:
    del done, total


def open_currents_run(api: ApiClient, reference: str, settings: Settings) -> CurrentsRunReader:
    """Returns the reader of the run that an ID or a dashboard URL names.

    Raises:
        InvalidArgument: It names none.
    """
    del settings
    return CurrentsRunReader(api, currents_run_ref(reference))


def _went_wrong(spec: Spec) -> bool:
    """Says whether a spec has to be looked into: also one that failed and then hung, or runs on."""
    return bool(spec.failed or spec.skipped or spec.flaky) or spec.status == "unknown"


def _of_spec(instance: FullInstance, spec: Spec) -> FullInstance:
    """Returns an instance that says of which spec and group it is, as the run has them."""
    known = instance.instance
    if known.spec and known.group:
        return instance
    return replace(
        instance,
        instance=replace(known, spec=known.spec or spec.spec, group=known.group or spec.group),
    )


def _tests(instances: Sequence[FullInstance]) -> Iterator[tuple[FullInstance, TestResult]]:
    for instance in instances:
        for test in instance.tests:
            yield instance, test
        if (whole := _spec_failure(instance)) is not None:
            yield instance, whole


def _spec_failure(instance: FullInstance) -> TestResult | None:
    """Returns the failure of a spec that could not run, where no test of it failed."""
    if not instance.exception or any(test.status == "failed" for test in instance.tests):
        return None
    spec = instance.instance.spec
    failure = Failure(
        test=_NOT_RUN,
        status="failed",
        spec=spec,
        location=spec,
        error=Error(message=instance.exception),
        instance_id=instance.instance.instance_id,
    )
    return TestResult(test_id="", title=_NOT_RUN, status="failed", failure=failure)


def _by_test(
    instances: Sequence[FullInstance], *, shows_groups: bool
) -> dict[tuple[str, ...], TestResult]:
    """Returns each test once: of one that ran in several instances of a group, the worst."""
    tests: dict[tuple[str, ...], TestResult] = {}
    for instance, test in _tests(instances):
        group = instance.instance.group
        key = (instance.instance.spec, test.title, group, test.test_id)
        if key in tests and not is_worse(test.status, tests[key].status):
            continue
        if shows_groups and test.failure is not None:
            test = replace(test, failure=replace(test.failure, group=group))
        tests[key] = test
    return tests


def _remarks(full: FullRun, counting: Sequence[Spec], read: _Read) -> tuple[str, ...]:
    """Returns what the failed tests that were found do not tell, and where counts disagree."""
    found = sum(test.status == "failed" for _, test in _tests(read.instances))
    counts = full.totals.tests.failed
    remarks = []
    replaced = sum(bool(spec.failed) for spec in full.specs) - sum(
        bool(spec.failed) for spec in counting
    )
    if replaced:
        remarks.append(f"{replaced} failed executions of specs that then ran again are left out")
    elif counts > found and not read.errors:
        remarks.append(
            f"the run's own counts say that {counts} tests failed, and {found} could be read"
        )
    skipped = [
        one
        for one in read.instances
        if one.totals.skipped and not any(test.status == "failed" for _, test in _tests([one]))
    ]
    if skipped:
        tests = sum(one.totals.skipped for one in skipped)
        names = ", ".join(one.instance.spec for one in skipped[:_NAMED_SPECS])
        remarks.append(
            f"{tests} skipped tests alone fail {len(skipped)} specs "
            f"({clip(names, PATH_CHARS)}{', …' if len(skipped) > _NAMED_SPECS else ''})"
        )
    return tuple(remarks)
