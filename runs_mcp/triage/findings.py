"""What was read of a run, as triage and comparison take it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from runs_mcp.model import Failure, Run, TestStatus, Totals

WHOLE_SPEC: Final = "(the spec file did not run)"
"""Stands for the tests of a spec file that could not run at all."""


class Findings(NamedTuple):
    """What went wrong in a run, as far as it could be read.

    Args:
        run: The run.
        totals: Its counts, where the provider has them.
        failures: The last failed attempt of each test that failed.
        flaky: The tests that failed and then passed.
        quarantined: The tests that failed in quarantine; they count as no failures.
        incomplete: Spec files that never reported.
        failing_specs: How many specs had to be looked into.
        unread: The kind of error for each of them that could not be read.
        unreadable: For each record that could not be read, where it stood and why.
        remarks: What else there is to know of what failed; each a part of a sentence.
        unlisted: How many tests failed or were interrupted of which no failure was told; the
            remarks name them.
    """

    run: Run
    totals: Totals | None
    failures: tuple[Failure, ...]
    flaky: tuple[Failure, ...]
    quarantined: tuple[Failure, ...]
    incomplete: tuple[str, ...]
    failing_specs: int
    unread: tuple[str, ...]
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]
    unlisted: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all that failed was read."""
        return not self.unread and not self.unreadable


class CaseKey(NamedTuple):
    """What tells a test from the others of its project, and is the same in every run.

    Args:
        test: Its ID, or its file and whole title.
        group: The group of the run (browser, project, shard) that it ran in, if there are any.
    """

    test: tuple[str, ...]
    group: str = ""

    @property
    def spec(self) -> tuple[str, str]:
        """The file of the test, with the group."""
        return self.test[0], self.group


class NamedOutcome(NamedTuple):
    """How a test went in a run, and how it is named in an answer."""

    status: TestStatus
    test: str
    spec: str
    group: str


class Outcomes(NamedTuple):
    """How each test of a run went.

    Args:
        run: The run.
        tests: The tests by key; of a test that ran more than once, the worst.
        groups: The browser of each group of the run.
        tells_passed: Whether the tests that passed are among them.
        open_specs: Specs, each with its group, whose tests may be others than those that are told:
            they did not run to their end, or could not be read.
        unread_specs: How many specs could not be read.
        unreadable: For each record that could not be read, where it stood and why.
        remarks: What else there is to know; each a part of a sentence.
    """

    run: Run
    tests: Mapping[CaseKey, NamedOutcome]
    groups: Mapping[str, str]
    tells_passed: bool
    open_specs: frozenset[tuple[str, str]]
    unread_specs: int
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]


def is_worse(one: TestStatus, other: TestStatus) -> bool:
    """Says whether one outcome of a test that ran more than once is worse than another."""
    order: tuple[TestStatus, ...] = ("failed", "flaky", "passed", "skipped")
    return order.index(one) < order.index(other)


def counted(names: Iterable[str]) -> tuple[str, ...]:
    """Returns each name with how often it occurs, the most frequent first."""
    return tuple(f"{name} {count}" for name, count in Counter(names).most_common())
