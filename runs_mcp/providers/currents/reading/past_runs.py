"""Currents runs of a history, of which only some specs are read."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple, Self

from runs_mcp.api.client import ApiClient
from runs_mcp.model import FullRun, ListedRun, Run, Spec, SpecStatus
from runs_mcp.providers.currents.client import CurrentsClient
from runs_mcp.providers.currents.reading.repeated_specs import specs_that_count
from runs_mcp.providers.currents.reading.spec_results import (
    SpecResult,
    failures_in,
    may_have_failed,
    run_groups,
)
from runs_mcp.providers.currents.references import (
    PROVIDER,
    currents_instance_id,
    currents_run_id,
)
from runs_mcp.providers.past_runs import SpecFailures, SpecKey, SpecStates

_TO_THE_END: Final[tuple[SpecStatus, ...]] = ("passed", "failed", "flaky")


class _Ended(NamedTuple):
    """How the executions of a spec ended.

    Args:
        ran: Whether there are any, and all ran to their end.
        suspect: Those that may have failed.
    """

    ran: bool
    suspect: tuple[Spec, ...] = ()

    @classmethod
    def of(cls, executions: Sequence[Spec]) -> Self:
        """Returns how these ended. Those that passed are not kept: of them there are many."""
        ran = bool(executions) and all(spec.status in _TO_THE_END for spec in executions)
        return cls(ran, tuple(filter(may_have_failed, executions)))


_NOT_THERE: Final = _Ended(ran=False)


class _Specs(NamedTuple):
    """How the specs of a run ended, by their file and group, and the groups of the run."""

    by_name: Mapping[tuple[str, str], _Ended]
    groups: frozenset[str]

    @classmethod
    def of(cls, full: FullRun, wanted: Collection[SpecKey] | None = None) -> Self:
        """Returns those of a run, of all its specs or of some."""
        paths = None if wanted is None else {key.spec for key in wanted}
        executions: defaultdict[tuple[str, str], list[Spec]] = defaultdict(list)
        for spec in specs_that_count(full):
            if paths is None or spec.spec in paths:
                executions[spec.spec, spec.group].append(spec)
        ended = {name: _Ended.of(of_name) for name, of_name in executions.items()}
        return cls(ended, frozenset(run_groups(full)))

    def of_spec(self, key: SpecKey) -> _Ended:
        """Returns how one spec ended."""
        group = key.group
        if key.is_only_group and len(self.groups) == 1:
            (group,) = self.groups
        return self.by_name.get((key.spec, group), _NOT_THERE)


class CurrentsPastRun:
    """A run of which only some specs are read.

    Args:
        api: The client of the API.
        listed: The run, as the list of runs has it.
        known: The executions of specs, where they are known without reading the run.
    """

    def __init__(
        self,
        api: ApiClient,
        listed: ListedRun,
        known: Mapping[SpecKey, Sequence[Spec]] | None = None,
    ) -> None:
        self._client = CurrentsClient(api)
        self._api = api
        self._listed = listed
        self._known = {key: _Ended.of(executions) for key, executions in (known or {}).items()}
        self._every: _Specs | None = None
        self._has_groups = False

    @property
    def run(self) -> Run:
        """The run, as the list of runs has it."""
        return self._listed

    @property
    def reference(self) -> str:
        """The reference to the run."""
        return f"{PROVIDER}:{self._listed.id}"

    def with_known(self, known: Mapping[SpecKey, Sequence[Spec]]) -> "CurrentsPastRun":
        """Returns the run with executions of specs that are known without reading it."""
        return CurrentsPastRun(self._api, self._listed, known)

    async def states(self, specs: Collection[SpecKey]) -> SpecStates:
        """Reads how these specs ended: in the run, unless that is known."""
        if not self._known.keys() >= set(specs):
            read = self._every or await self._read(specs)
            self._known |= {key: read.of_spec(key) for key in specs}
        return SpecStates(
            completed=frozenset(key for key in specs if self._known[key].ran),
            suspect=frozenset(key for key in specs if self._known[key].suspect),
        )

    async def flaky_specs(self) -> frozenset[SpecKey]:
        """Reads which specs have flaky tests by their own counts."""
        self._every = await self._read()
        flaky = {
            SpecKey(spec, group, is_only_group=False): ended
            for (spec, group), ended in self._every.by_name.items()
            if any(execution.flaky for execution in ended.suspect)
        }
        self._known |= flaky
        return frozenset(flaky)

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        """Reads the executions of a spec that did not just pass."""
        results = []
        for execution in self._known[spec].suspect:
            instance_id = currents_instance_id(execution.instance_id)
            instance = await self._client.get_instance(instance_id)
            results.append(SpecResult.of(execution, instance.without_passed()))
        with_group = self._has_groups
        tests = await self._api.work_on(lambda: failures_in(results, with_group=with_group))
        return SpecFailures(tuple(tests), all(map(_is_whole, results)))

    async def _read(self, wanted: Collection[SpecKey] | None = None) -> _Specs:
        full = await self._client.get_run(currents_run_id(self._listed.id))
        read = await self._api.work_on(lambda: _Specs.of(full, wanted))
        self._has_groups = len(read.groups) > 1
        return read


def _is_whole(result: SpecResult) -> bool:
    return not result.error and not result.is_read_in_part and not result.has_no_results
