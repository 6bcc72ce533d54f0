"""What was read of a run: its failures, for triage, and the outcomes of its tests, to compare."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from runs_mcp.model import FailedTest, Run, TestStatus, Totals

WHOLE_SPEC: Final = "(the spec file did not run)"
"""The title that stands for all tests of a spec file that could not run at all."""


class Findings(NamedTuple):
    """What went wrong in a run, as far as it could be read.

    Args:
        run: The run.
        totals: Its counts, where the provider has them.
        failures: The last failed attempt of each test that failed.
        flaky: The tests that failed and then passed.
        quarantined: The tests that failed in quarantine; they do not count as failures.
        incomplete: Spec files that never reported.
        failing_specs: How many specs had to be read.
        unread: For each of these that could not be read, the kind of error.
        unreadable: For each record that could not be read, its position and the reason.
        remarks: What else there is to know of what failed; each a part of a sentence.
        unlisted: How many tests failed or were interrupted without a failure above; the remarks
            name them.
        completed: The specs that ran to their end, each with its group; None if the provider does
            not list specs.
    """

    run: Run
    totals: Totals | None
    failures: tuple[FailedTest, ...]
    flaky: tuple[FailedTest, ...]
    quarantined: tuple[FailedTest, ...]
    incomplete: tuple[str, ...]
    failing_specs: int
    unread: tuple[str, ...]
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]
    unlisted: int = 0
    completed: frozenset[tuple[str, str]] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything that failed was read."""
        return not self.unread and not self.unreadable

    def ran(self, spec: str, group: str, *, is_only_group: bool) -> bool:
        """Returns whether a spec ran to its end, in this group.

        If the provider does not list specs, each ran where the run is over. The only group of one
        run is taken for the only group of the other, whatever their names are.
        """
        if self.completed is None:
            return self.run.is_over
        if is_only_group and len(groups := _groups_of(self.completed)) == 1:
            return (spec, *groups) in self.completed
        return (spec, group) in self.completed


@lru_cache(maxsize=2)
def _groups_of(completed: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(group for _, group in completed)


class CaseKey(NamedTuple):
    """What identifies a test of a project in every run.

    Args:
        test: Its ID, or its file and whole title.
        group: The group of the run (browser, project, shard) that it ran in, if there are any.
    """

    test: tuple[str, ...]
    group: str = ""

    @property
    def spec(self) -> tuple[str, str]:
        """The file of the test (its ID, if that is all there is) and the group."""
        return self.test[0], self.group


class NamedOutcome(NamedTuple):
    """The outcome of a test in a run, and the names that an answer gives it."""

    status: TestStatus
    test: str
    spec: str
    group: str


class Outcomes(NamedTuple):
    """The outcome of each test of a run.

    Args:
        run: The run.
        tests: The outcomes by test; of a test that ran more than once, the worst.
        groups: The browser of each group of the run.
        includes_passed: Whether the tests that passed are among `tests`.
        open_specs: Specs, each with its group, of which `tests` may lack some: they did not run to
            the end, or could not be read.
        unread_specs: How many specs could not be read.
        unreadable: For each record that could not be read, its position and the reason.
        remarks: What else there is to know; each a part of a sentence.
    """

    run: Run
    tests: Mapping[CaseKey, NamedOutcome]
    groups: Mapping[str, str]
    includes_passed: bool
    open_specs: frozenset[tuple[str, str]]
    unread_specs: int
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]


def is_worse(one: TestStatus, other: TestStatus) -> bool:
    """Returns whether `one` outcome of a test is worse than the `other`."""
    order: tuple[TestStatus, ...] = ("failed", "flaky", "passed", "skipped")
    return order.index(one) < order.index(other)


def counted(names: Iterable[str]) -> tuple[str, ...]:
    """Returns each name with its number of occurrences, the most frequent first: `timeout 3`."""
    return tuple(f"{name} {count}" for name, count in Counter(names).most_common())
