"""What triage and comparison need of any provider: one run, read as far as they ask."""

from collections.abc import Awaitable, Callable
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from runs_mcp.model import Failure, Run, Totals

TestStatus = Literal["passed", "failed", "flaky", "skipped"]
Progress: TypeAlias = Callable[[int, int], Awaitable[None]]
"""Is told how many of how many parts have been read."""

USUAL_DEFAULT_BRANCHES: Final = ("main", "master")
"""Where the provider does not tell the default branch."""


class Findings(NamedTuple):
    """What went wrong in a run, as far as it could be read.

    Args:
        run: The run.
        totals: Its counts, where the provider has them.
        failures: The last failed attempt of each test that failed.
        flaky: The tests that failed and then passed.
        incomplete: Spec files that never reported.
        failing_specs: How many specs had to be looked into.
        unread_specs: How many of them could not be read.
    """

    run: Run
    totals: Totals | None
    failures: tuple[Failure, ...]
    flaky: tuple[Failure, ...]
    incomplete: tuple[str, ...]
    failing_specs: int
    unread_specs: int


class CaseKey(NamedTuple):
    """What tells a test from the others of a suite, in whatever run."""

    spec: str
    test: str


class Outcomes(NamedTuple):
    """How each test of a run went.

    Args:
        run: The run.
        tests: The tests by key; of a test in several groups, the worst.
        tells_passed: Whether the tests that passed are among them.
        unread_specs: How many specs could not be read.
    """

    run: Run
    tests: dict[CaseKey, TestStatus]
    tells_passed: bool
    unread_specs: int


class Baseline(NamedTuple):
    """A run to hold another one against, and how it was chosen."""

    reader: "RunReader"
    chosen: str


class RunReader(Protocol):
    """One run of one provider."""

    @property
    def reference(self) -> str:
        """The run, in the form that every tool takes: `provider:…`."""

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads where the run stands."""

    async def findings(self, progress: Progress) -> Findings:
        """Reads what went wrong in it."""

    async def specs(self) -> dict[str, str] | None:
        """Reads, for each spec file, what tells whether it went as in another run.

        None where the provider does not tell of specs.
        """

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads how the tests of these spec files went; None means all there are."""

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last completed run on the default branch before `run`."""


def worst(one: TestStatus, other: TestStatus) -> TestStatus:
    """Returns the worse of two outcomes of a test that ran in several groups."""
    order: tuple[TestStatus, ...] = ("failed", "flaky", "passed", "skipped")
    return min(one, other, key=order.index)
