"""What a history needs from a provider: other runs than the one asked about, read in part."""

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from runs_mcp.model import FailedTest, ListedRun, Run


class SpecKey(NamedTuple):
    """A spec file of a run.

    Args:
        spec: Its path.
        group: The group (browser, project, shard) that it ran in.
        is_only_group: Whether the run had no other group: that of another run that has only one
            is the same, whatever its name is.
    """

    spec: str
    group: str
    is_only_group: bool


class SpecStates(NamedTuple):
    """How some specs of a run ended.

    Args:
        completed: Those that ran to their end.
        suspect: Those that may have failed or been flaky: their failures have to be read.
    """

    completed: frozenset[SpecKey]
    suspect: frozenset[SpecKey]


class SpecFailures(NamedTuple):
    """The tests of a spec that failed, were flaky, or failed in quarantine.

    Args:
        tests: Those that could be read.
        is_complete: Whether all could be read.
        of_whole_run: Whether they are the failures of all specs of the run.
    """

    tests: tuple[FailedTest, ...]
    is_complete: bool
    of_whole_run: bool = False


class PastRun(Protocol):
    """A run of which only some specs are read."""

    @property
    def run(self) -> Run:
        """The run, as the list of runs has it."""

    @property
    def reference(self) -> str:
        """The reference to the run, as every tool takes it: `provider:…`."""

    async def states(self, specs: Collection[SpecKey]) -> SpecStates:
        """Reads how these specs ended.

        Raises:
            RunsError: The run cannot be read.
        """

    async def flaky_specs(self) -> frozenset[SpecKey]:
        """Reads which specs have tests that failed and then passed.

        Raises:
            RunsError: The run cannot be read.
        """

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        """Reads the failures of a spec that `states` or `flaky_specs` named.

        Raises:
            RunsError: They cannot be read.
        """


def newest_first(runs: Iterable[ListedRun]) -> list[ListedRun]:
    """Returns runs in the order of their age; the APIs do not promise one."""
    return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)


class EarlierRuns(NamedTuple):
    """The runs of the same branch and sort before a run, newest first.

    Args:
        runs: The runs.
        then: The branch that it came from, if the list goes on with that branch's runs.
        has_more: Whether there are older ones.
        remarks: What else there is to know; each a part of a sentence.
    """

    runs: tuple[PastRun, ...]
    then: str = ""
    has_more: bool = False
    remarks: tuple[str, ...] = ()
