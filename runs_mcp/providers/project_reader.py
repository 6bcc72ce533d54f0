"""What a report on flaky tests needs from a provider: the reader of a project or suite."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from runs_mcp.providers.past_runs import PastRun
from runs_mcp.triage.flakiness import Flakiness


class Window(NamedTuple):
    """Which runs count.

    Args:
        branch: Their branch; empty for the default branch.
        since: From when on, in ISO 8601.
        until: Until when.
    """

    branch: str
    since: str
    until: str


class RecentRuns(NamedTuple):
    """The latest completed runs of a branch, newest first.

    Args:
        branch: The branch.
        runs: The runs.
        has_more: Whether there are older ones in the window.
        remarks: What else there is to know; each a part of a sentence.
    """

    branch: str
    runs: tuple[PastRun, ...]
    has_more: bool = False
    remarks: tuple[str, ...] = ()


class FlakyStatistics(NamedTuple):
    """What a provider's own statistics say: its tests, those flaky most often first.

    Args:
        branch: The branch.
        tests: The tests; `seen`, `flaky` and `failed` count executions.
        remarks: What else there is to know; each a part of a sentence.
    """

    branch: str
    tests: tuple[Flakiness, ...]
    remarks: tuple[str, ...] = ()


class ProjectReader(Protocol):
    """One project of one provider."""

    @property
    def reference(self) -> str:
        """The reference to the project, as every tool takes it: `provider:…`."""

    @property
    def requests(self) -> int:
        """How many requests were made so far."""

    async def recent_runs(self, window: Window, at_most: int) -> RecentRuns:
        """Lists the latest completed runs."""

    async def flaky_statistics(self, window: Window) -> FlakyStatistics | None:
        """Reads the provider's own statistics; None if it has none that count flaky tests.

        Raises:
            RunsError: They cannot be read.
        """

    async def with_last_errors(
        self, window: Window, branch: str, tests: Sequence[Flakiness]
    ) -> tuple[Flakiness, ...]:
        """Reads when each of these tests, from the statistics, was flaky last."""
