"""How often tests were flaky over several runs. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from runs_mcp.model import FailedTest


class CaseName(NamedTuple):
    """A test, by its file, its whole title and the group (browser, project, shard) it ran in."""

    spec: str
    test: str
    group: str


class LastTime(NamedTuple):
    """When a test was flaky last: the run, when it was created, and the error."""

    run: str
    created_at: str
    error: str


class Flakiness(NamedTuple):
    """How often a test was flaky.

    Args:
        name: The test.
        flaky: In how many runs it failed and then passed.
        failed: In how many it failed on every try.
        seen: In how many it ran.
        last: When it was flaky last; None if that is not known.
        signature: The provider's own name of the test, if it has one.
    """

    name: CaseName
    flaky: int
    failed: int
    seen: int
    last: LastTime | None = None
    signature: str = ""

    @property
    def rate(self) -> float:
        """The share of the runs in which it was flaky, 0 to 1."""
        return round(self.flaky / self.seen, 3) if self.seen else 0.0


class RunOutcome(NamedTuple):
    """What a run shows of tests that may be flaky.

    Args:
        reference: The reference to the run.
        created_at: When it was created.
        tests: The tests that failed or were flaky.
        completed: The specs that ran to their end, each with its group.
    """

    reference: str
    created_at: str
    tests: Sequence[FailedTest]
    completed: frozenset[tuple[str, str]]


@dataclass
class _Counts:
    """In which runs a test was flaky or failed, by their positions."""

    flaky: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    last: LastTime | None = None
    group: str = ""
    """The group as answers show it: not in runs that have only one."""


def flakiness_of(runs: Sequence[RunOutcome]) -> list[Flakiness]:
    """Returns the tests that were flaky in some of these runs, those most often so first.

    Args:
        runs: The runs, newest first.
    """
    counts: defaultdict[CaseName, _Counts] = defaultdict(_Counts)
    for number, run in enumerate(runs):
        for test in run.tests:
            failure = test.failure
            counted = counts[CaseName(failure.spec, failure.test, test.group)]
            counted.group = counted.group or failure.group
            if failure.status == "flaky":
                counted.flaky.add(number)
                error = failure.error.message
                counted.last = counted.last or LastTime(run.reference, run.created_at, error)
            elif not failure.quarantined:
                counted.failed.add(number)
    found = [
        Flakiness(
            name=name._replace(group=counted.group),
            flaky=len(counted.flaky),
            failed=len(counted.failed - counted.flaky),
            seen=len(_runs_with(name, runs) | counted.flaky | counted.failed),
            last=counted.last,
        )
        for name, counted in counts.items()
        if counted.flaky
    ]
    return worst_first(found)


def worst_first(tests: Iterable[Flakiness]) -> list[Flakiness]:
    """Returns the tests, those that were flaky most often first."""
    return sorted(tests, key=lambda test: (-test.flaky, -test.rate, test.name))


def _runs_with(name: CaseName, runs: Sequence[RunOutcome]) -> set[int]:
    return {number for number, run in enumerate(runs) if (name.spec, name.group) in run.completed}
