"""The specs of a run with the instances that were read of them: how each test went. Pure functions.

An instance is one execution of a spec file, with its tests.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

from msgspec.structs import replace

from runs_mcp.errors import MalformedResponse
from runs_mcp.model import (
    Error,
    ErrorText,
    FailedTest,
    Failure,
    FullInstance,
    FullRun,
    Spec,
    TestResult,
)
from runs_mcp.providers.currents.reading.failed_hooks import skipped_by_hook
from runs_mcp.providers.field_values import block
from runs_mcp.triage.findings import WHOLE_SPEC, CaseKey, NamedOutcome, is_worse

_TEST_BYTES: Final = 500


class SpecResult(NamedTuple):
    """A spec of a run with its instance, or with the kind of error that kept it from being read."""

    spec: Spec
    instance: FullInstance | None
    error: str = ""

    @classmethod
    def of(cls, spec: Spec, instance: FullInstance) -> Self:
        """Returns a spec with the instance that the API sent; one of another spec is an error."""
        sent = instance.instance.instance_id
        if sent and sent != spec.instance_id:
            return cls(spec, None, MalformedResponse.kind)
        return cls(spec, instance)

    @property
    def name(self) -> str:
        """The path of the spec file; its instance ID if the API sent no path."""
        known = self.instance.instance.spec if self.instance else ""
        return self.spec.spec or known or self.spec.instance_id

    @property
    def group(self) -> str:
        """The group that the spec ran in."""
        known = self.instance.instance.group if self.instance else ""
        return self.spec.group or known

    @property
    def is_read_in_part(self) -> bool:
        """Whether some tests of the spec, by its own count, could not be read."""
        instance = self.instance
        return instance is not None and (
            bool(instance.unreadable) or instance.test_count < self.spec.tests
        )

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        if self.instance is None:
            return 0
        texts = sum(len(test.text.message) + len(test.text.stack) for test in self.instance.tests)
        return _TEST_BYTES * len(self.instance.tests) + texts

    @property
    def has_no_results(self) -> bool:
        """Whether the instance has neither tests nor an exception that says why."""
        instance = self.instance
        return instance is not None and not instance.test_count and not instance.exception

    @property
    def has_failed_test(self) -> bool:
        """Whether a test of the instance failed."""
        instance = self.instance
        return instance is not None and any(test.status == "failed" for test in instance.tests)


def may_have_failed(spec: Spec) -> bool:
    """Says whether a spec has to be read: by its counts, tests of it failed, or may have.

    Also one that failed and then hung or still runs.
    """
    if spec.status == "passed":  # The counts may not include all of its tests.
        return spec.passed + spec.pending < spec.tests
    return bool(spec.failed or spec.skipped or spec.flaky) or spec.status in ("failed", "unknown")


def run_groups(full: FullRun) -> dict[str, str]:
    """Returns the groups of a run, each with its browser, empty if that is not known."""
    groups = {spec.group: "" for spec in full.specs}
    return groups | {
        group.group: browser for group, browser in zip(full.groups, full.browsers, strict=True)
    }


def unreadable_in(results: Sequence[SpecResult]) -> tuple[str, ...]:
    """Returns, for each record in the instances that could not be read, where it was and why."""
    return tuple(why for result in results if result.instance for why in result.instance.unreadable)


def failures_in(results: Sequence[SpecResult], *, with_group: bool) -> list[FailedTest]:
    """Returns the failures, one for each test: the worst if it ran several times in a group.

    Args:
        results: The specs that were read.
        with_group: Whether each failure names its group, as in a run of several groups.
    """
    tests: dict[tuple[object, ...], tuple[SpecResult, TestResult]] = {}
    occurrences: Counter[tuple[object, ...]] = Counter()
    for result, test in _tests(results):
        name = (result.name, test.title, result.group, test.test_id)
        # Two of one name in one execution are two tests.
        occurrences[id(result), *name] += 1
        key = (*name, occurrences[id(result), *name])
        if key not in tests or is_worse(test.status, tests[key][1].status):
            tests[key] = (result, test)
    return [
        FailedTest(
            replace(test.failure, spec=result.spec.spec or test.failure.spec, group=result.group)
            if with_group
            else test.failure,
            test.text,
            result.group,
            skipped_by_hook(test, result.instance.tests) if result.instance else 0,
        )
        for result, test in tests.values()
        if test.failure is not None
    ]


def outcomes_in(results: Sequence[SpecResult]) -> dict[CaseKey, NamedOutcome]:
    """Returns how each test went: the worst if it ran several times in a group."""
    outcomes: dict[CaseKey, NamedOutcome] = {}
    for result, test in _tests(results):
        key = CaseKey((result.name, test.title), result.group)
        if key not in outcomes or is_worse(test.status, outcomes[key].status):
            outcomes[key] = NamedOutcome(test.status, test.test, result.spec.spec, result.group)
    return outcomes


def _tests(results: Sequence[SpecResult]) -> Iterator[tuple[SpecResult, TestResult]]:
    """Yields the tests that were read, and a failed one for each spec that could not run."""
    for result in results:
        if result.instance is None:
            continue
        for test in result.instance.tests:
            yield result, test
        if result.instance.exception and not result.has_failed_test:
            yield result, _whole_spec(result.spec, result.instance)


def _whole_spec(spec: Spec, instance: FullInstance) -> TestResult:
    failure = Failure(
        test=WHOLE_SPEC,
        status="failed",
        spec=spec.spec,
        location=spec.spec,
        error=Error(message=block(instance.exception)),
        instance_id=instance.instance.instance_id,
    )
    text = ErrorText(message=instance.exception, spec=spec.spec, test=WHOLE_SPEC)
    return TestResult(test_id="", title=WHOLE_SPEC, status="failed", failure=failure, text=text)
