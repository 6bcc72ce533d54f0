"""What triage and comparison need of any provider: one run, read as far as they ask."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, Protocol, TypeAlias

from runs_mcp.model import Run, Totals
from runs_mcp.triage.findings import Findings, Outcomes

Progress: TypeAlias = Callable[[int, int], Awaitable[None]]
"""Is told how many of how many parts have been read."""
USUAL_DEFAULT_BRANCHES: Final = ("main", "master")
"""Where the provider does not tell the default branch."""


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

    async def findings(self, progress: Progress, *, causes_only: bool = False) -> Findings:
        """Reads what went wrong in it.

        Args:
            progress: Is told how far it is.
            causes_only: Whether it is enough to know which causes there are, be it of tests that
                a retry mended: what only a verdict needs is not read.
        """

    async def specs(self) -> dict[str, str] | None:
        """Reads, for each spec file that passed, what tells whether it had the same tests.

        It is empty where the spec did not pass, so that its tests have to be read. None where the
        provider does not tell of specs.
        """

    async def outcomes(self, progress: Progress, specs: frozenset[str] | None) -> Outcomes:
        """Reads how the tests of these spec files went; None means all there are."""

    async def baseline(self, run: Run) -> Baseline | None:
        """Finds the last completed run on the default branch before `run`."""
