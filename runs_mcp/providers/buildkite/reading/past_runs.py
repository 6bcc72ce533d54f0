"""Buildkite runs of a history: the runs before one, and the newest runs of other branches."""

from collections.abc import Collection, Sequence
from typing import Final

from runs_mcp.model import ListedRun, Run
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.reading.failed_tests import read_failed_tests
from runs_mcp.providers.buildkite.references import (
    BuildkiteRunRef,
    BuildkiteSuite,
    buildkite_reference,
    is_run_id,
)
from runs_mcp.providers.past_runs import (
    EarlierRuns,
    PastRun,
    SpecFailures,
    SpecKey,
    SpecStates,
    newest_first,
)
from runs_mcp.providers.run_reader import no_progress

_LISTED_PAGES: Final = 5
_EVERY_SPEC: Final = SpecKey("", "", is_only_group=True)
NO_SPECS: Final = "Buildkite does not tell which tests ran: each run with a result counts"


class BuildkitePastRun:
    """A run of which the failures are read; the API does not list specs.

    Args:
        client: The client of the API.
        listed: The run, as the list of runs has it.
        with_retries: Whether to tell a flaky test from one that failed, which takes more requests.
    """

    def __init__(
        self, client: BuildkiteClient, listed: ListedRun, *, with_retries: bool = False
    ) -> None:
        self._client = client
        self._with_retries = with_retries
        self._listed = listed
        self._ref = BuildkiteRunRef(listed.organization, listed.suite, listed.id)

    @property
    def run(self) -> Run:
        """The run, as the list of runs has it."""
        return self._listed

    @property
    def reference(self) -> str:
        """The reference to the run."""
        return buildkite_reference(self._ref)

    async def states(self, specs: Collection[SpecKey]) -> SpecStates:
        """Returns that all specs ran if the run has a result, and may have failed if it failed."""
        every = frozenset(specs)
        return SpecStates(
            completed=every if has_result(self._listed) else frozenset(),
            suspect=every if self._listed.status == "failed" else frozenset(),
        )

    async def flaky_specs(self) -> frozenset[SpecKey]:
        """Returns all specs as one if the run failed: its tests may have passed on a retry."""
        return frozenset({_EVERY_SPEC} if self._listed.status == "failed" else ())

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        """Reads the failures of the whole run, wherever they are."""
        del spec
        read = await read_failed_tests(
            self._client,
            self._ref,
            self._listed,
            no_progress,
            causes_only=not self._with_retries,
        )
        is_complete = not read.unread and not read.unreadable
        return SpecFailures(tuple(read.failures.values()), is_complete, of_whole_run=True)


async def list_earlier_runs(
    client: BuildkiteClient,
    suite: BuildkiteSuite,
    run: Run,
    at_most: int,
    base_branches: Sequence[str],
) -> EarlierRuns:
    """Lists the runs of a run's branch before it, then those of the branch that it came from."""
    # By ID: a run can shift to the next page meanwhile.
    found: dict[str, ListedRun] = {}
    base: dict[str, ListedRun] = {}
    start: ListPosition | None = ListPosition(MAX_LIMIT)
    bases = () if run.branch in base_branches else base_branches
    for _ in range(_LISTED_PAGES):
        if start is None or len(found) > at_most or not run.branch:
            break
        page = await client.list_runs(suite, start)
        for listed in page.items:
            if "" < listed.created_at < run.created_at and is_run_id(listed.id):
                found |= {listed.id: listed} if listed.branch == run.branch else {}
                base |= {listed.id: listed} if listed.branch in bases else {}
        start = page.next
    own = newest_first(found.values())
    forked_at = own[-1].created_at if own else run.created_at
    before = newest_first(one for one in base.values() if one.created_at < forked_at)
    is_young = len(own) < at_most and start is None and before
    runs = [*own, *before] if is_young else own
    return EarlierRuns(
        tuple(BuildkitePastRun(client, listed) for listed in runs[:at_most]),
        before[0].branch if is_young else "",
        start is not None or len(runs) > at_most,
        (NO_SPECS,),
    )


async def list_other_branches(
    client: BuildkiteClient,
    suite: BuildkiteSuite,
    run: Run,
    at_most: int,
    base_branches: Sequence[str],
) -> tuple[PastRun, ...]:
    """Lists the newest run with a result of each of so many other branches."""
    page = await client.list_runs(suite, ListPosition(MAX_LIMIT))
    newest: dict[str, ListedRun] = {}
    for listed in newest_first(page.items):
        if has_result(listed) and listed.branch not in ("", run.branch) and is_run_id(listed.id):
            newest.setdefault(listed.branch, listed)
    order = dict.fromkeys([*(name for name in base_branches if name in newest), *newest])
    return tuple(BuildkitePastRun(client, newest[branch]) for branch in [*order][:at_most])


def has_result(run: Run) -> bool:
    """Returns whether a run is over, and passed or failed."""
    return run.completion == "complete" and run.status in ("passed", "failed")
