"""What the instances of a run's specs come to: its tests, and where counts disagree. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from runs_mcp.errors import MalformedResponse
from runs_mcp.model import Error, Failure, FullInstance, FullRun, Spec, TestResult
from runs_mcp.providers.field_values import PATH_CHARS
from runs_mcp.text import clip
from runs_mcp.triage.findings import WHOLE_SPEC, CaseKey, NamedOutcome, counted, is_worse

_NAMED_SPECS: Final = 3


class ReadSpec(NamedTuple):
    """A spec of a run, and its instance, or the kind of error with which that could not be read."""

    spec: Spec
    instance: FullInstance | None
    error: str = ""

    @property
    def name(self) -> str:
        """Its path; where the API tells none, what else tells it from the others."""
        known = self.instance.instance.spec if self.instance else ""
        return self.spec.spec or known or self.spec.instance_id

    @property
    def group(self) -> str:
        """The group that it ran in."""
        known = self.instance.instance.group if self.instance else ""
        return self.spec.group or known


def went_wrong(spec: Spec) -> bool:
    """Says whether a spec has to be looked into: also one that failed and then hung, or runs on."""
    if spec.status == "passed":  # Of some of its tests the counts may not tell how they went.
        return spec.passed + spec.pending < spec.tests
    return bool(spec.failed or spec.skipped or spec.flaky) or spec.status in ("failed", "unknown")


def answered(spec: Spec, instance: FullInstance) -> ReadSpec:
    """Returns a spec with what the API answered; another instance than its own is no answer."""
    sent = instance.instance.instance_id
    if sent and sent != spec.instance_id:
        return ReadSpec(spec, None, MalformedResponse.kind)
    return ReadSpec(spec, instance)


def is_read_in_part(read: ReadSpec) -> bool:
    """Says whether tests of a spec, by its own count, could not be read."""
    instance = read.instance
    return instance is not None and (
        bool(instance.unreadable) or len(instance.tests) < read.spec.tests
    )


def without_results(specs: Sequence[ReadSpec]) -> list[ReadSpec]:
    """Returns the specs that were answered without any test, and without why."""
    return [
        read
        for read in specs
        if read.instance and not read.instance.tests and not read.instance.exception
    ]


def run_groups(full: FullRun) -> dict[str, str]:
    """Returns the groups of a run with the browser of each, where the run tells it."""
    groups = {spec.group: "" for spec in full.specs}
    return groups | {
        group.group: browser for group, browser in zip(full.groups, full.browsers, strict=True)
    }


def unreadable_in(specs: Sequence[ReadSpec]) -> tuple[str, ...]:
    """Returns for each record of these instances that could not be read where it stood and why."""
    return tuple(why for read in specs if read.instance for why in read.instance.unreadable)


def failures_in(specs: Sequence[ReadSpec], *, with_group: bool) -> list[Failure]:
    """Returns what went wrong, each test once: of one that ran several times in a group, the worst.

    Args:
        specs: What was read.
        with_group: Whether the run has several groups, so that each failure says its own.
    """
    tests: dict[tuple[object, ...], tuple[ReadSpec, TestResult]] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for read, test in _tests(specs):
        same = (read.name, test.title, read.group, test.test_id)
        # Two of one name in one execution are two tests.
        seen[id(read), *same] += 1
        key = (*same, seen[id(read), *same])
        if key not in tests or is_worse(test.status, tests[key][1].status):
            tests[key] = (read, test)
    return [
        replace(test.failure, spec=read.spec.spec or test.failure.spec, group=read.group)
        if with_group
        else test.failure
        for read, test in tests.values()
        if test.failure is not None
    ]


def outcomes_in(specs: Sequence[ReadSpec]) -> dict[CaseKey, NamedOutcome]:
    """Returns how each test went; of one that ran several times in a group, the worst."""
    outcomes: dict[CaseKey, NamedOutcome] = {}
    for read, test in _tests(specs):
        key = CaseKey((read.name, test.title), read.group)
        if key not in outcomes or is_worse(test.status, outcomes[key].status):
            outcomes[key] = NamedOutcome(test.status, test.test, read.spec.spec, read.group)
    return outcomes


def remarks_on(
    full: FullRun, counting: Sequence[Spec], specs: Sequence[ReadSpec]
) -> tuple[str, ...]:
    """Returns what the failures do not tell, and where what was read and the counts disagree.

    Args:
        full: The run.
        counting: Its specs without the executions that a later one replaced.
        specs: What was read of those.
    """
    replaced = sum(bool(spec.failed) for spec in full.specs)
    replaced -= sum(bool(spec.failed) for spec in counting)
    off = [
        read for read in specs if read.instance and not read.instance.agrees_with(read.spec.failed)
    ]
    remarks = [full.run.note.rstrip(".")]
    if replaced:
        remarks.append(f"failed executions of specs that then ran again are left out: {replaced}")
    if off:
        counts = sum(read.spec.failed for read in off)
        found = sum(read.instance.failed_as_counted for read in off if read.instance)
        remarks.append(
            f"the run's own counts say that {counts} tests of {_named(off)} failed, and {found} "
            "could be read"
        )
    if blank := without_results(specs):
        remarks.append(f"no results could be read of {_named(blank)}")
    if skipped := [read for read in specs if _fails_by_skipping(read)]:
        tests = sum(read.spec.skipped for read in skipped)
        remarks.append(f"{tests} skipped tests alone fail {_named(skipped)}")
    return tuple(filter(None, remarks))


def quarantine_remark(specs: Sequence[ReadSpec]) -> str:
    """Returns what could not be searched for failures in quarantine, or nothing."""
    errors = [read.error for read in specs if read.error]
    if not errors:
        return ""
    return f"specs not searched for failures in quarantine: {', '.join(counted(errors))}"


def _tests(specs: Sequence[ReadSpec]) -> Iterator[tuple[ReadSpec, TestResult]]:
    for read in specs:
        if read.instance is None:
            continue
        for test in read.instance.tests:
            yield read, test
        if read.instance.exception and not _has_failed_test(read.instance):
            yield read, _whole_spec(read, read.instance)


def _has_failed_test(instance: FullInstance) -> bool:
    return any(test.status == "failed" for test in instance.tests)


def _whole_spec(read: ReadSpec, instance: FullInstance) -> TestResult:
    """Returns the failure of a spec that could not run, where no test of it failed."""
    failure = Failure(
        test=WHOLE_SPEC,
        status="failed",
        spec=read.spec.spec,
        location=read.spec.spec,
        error=Error(message=instance.exception),
        instance_id=instance.instance.instance_id,
    )
    return TestResult(test_id="", title=WHOLE_SPEC, status="failed", failure=failure)


def _fails_by_skipping(read: ReadSpec) -> bool:
    """Says whether the skipped tests of a spec are all that fails it."""
    instance = read.instance
    if instance is None or not read.spec.skipped or instance.exception:
        return False
    return not _has_failed_test(instance)


def _named(specs: Sequence[ReadSpec]) -> str:
    names = ", ".join(read.name for read in specs[:_NAMED_SPECS])
    more = ", …" if len(specs) > _NAMED_SPECS else ""
    return f"{len(specs)} specs ({clip(names, PATH_CHARS)}{more})"
