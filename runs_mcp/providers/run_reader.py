"""What triage, comparison and waiting need from a provider: the reader of one run."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from runs_mcp.errors import RunsError
from runs_mcp.model import FailedTest, Run, Totals
from runs_mcp.providers.past_runs import EarlierRuns, PastRun
from runs_mcp.triage.findings import Findings, Outcomes

Progress: TypeAlias = Callable[[int, int], Awaitable[None]]
"""Called with the number of parts read so far, and of all parts."""


async def no_progress(done: int, total: int) -> None:
    """Tells nobody how far a reading is."""
    del done, total


USUAL_DEFAULT_BRANCHES: Final = ("main", "master")
"""The default branches to try if the provider does not know which it is."""


class Baseline(NamedTuple):
    """A run to compare another one with, and how it was chosen."""

    reader: "RunReader"
    chosen: str


class FoundRun(NamedTuple):
    """A run that an address leads to: the reference to it, and when it was created if known."""

    reference: str
    created_at: str = ""


class FoundRuns(NamedTuple):
    """The runs that an address leads to; those whose age is not known in order of preference.

    Args:
        runs: The runs.
        searched: What was searched.
        missed: What could not be searched, and why.
    """

    runs: tuple[FoundRun, ...]
    searched: str
    missed: tuple[str, ...] = ()


def missed(place: str, failures: Mapping[str, RunsError]) -> tuple[str, ...]:
    """Returns which places of a kind could not be searched, and why."""
    return tuple(
        f"{place} {name} could not be searched ({error.kind})" for name, error in failures.items()
    )


class RunReader(Protocol):
    """One run of one provider."""

    @property
    def reference(self) -> str:
        """The reference to the run, as every tool takes it: `provider:…`."""

    @property
    def requests(self) -> int:
        """How many requests were made for the run, and for others that it led to."""

    async def state(self) -> tuple[Run, Totals | None]:
        """Reads the run, and its counts where the provider has them."""

    async def findings(self, progress: Progress, *, causes_only: bool = False) -> Findings:
        """Reads what failed in the run.

        Args:
            progress: Called after each part that was read.
            causes_only: Whether to skip what only a verdict needs. The causes of flaky tests are
                read as well.
        """

    async def specs(self) -> dict[str, str] | None:
        """Reads a signature of each spec file, which is equal in two runs of the same tests.

        It is empty where the spec did not pass, so that its tests have to be read. None if the
        provider does not list specs.
        """

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads how the tests of these spec files went; None means all spec files."""

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last completed run on the default branch before `run`."""

    async def repository(self) -> str:
        """Reads the address of the repository that was tested; empty if it is not known."""

    async def earlier_runs(self, at_most: int) -> EarlierRuns:
        """Lists the runs of the same branch and sort (tags, groups) before the run.

        If the branch has too few, those of the branch it came from follow.
        """

    async def other_branches(self, at_most: int) -> tuple[PastRun, ...]:
        """Lists the newest completed run of each of so many other branches.

        The branch that the run's branch came from is the first of them, then the latest.
        """

    async def with_test_history(
        self, runs: Sequence[PastRun], tests: Sequence[FailedTest]
    ) -> tuple[PastRun, ...]:
        """Returns these runs with what the provider itself knows of the history of tests.

        It spares most of the requests for the runs. Without such knowledge, or where it cannot be
        read, the runs are as they were.
        """
