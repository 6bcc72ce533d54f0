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


class _Executions(NamedTuple):
    """The executions of the specs of a run, by their file and group, and the groups."""

    by_name: Mapping[tuple[str, str], Sequence[Spec]]
    groups: frozenset[str]

    @classmethod
    def of(cls, full: FullRun) -> Self:
        """Returns those of a run."""
        by_name: defaultdict[tuple[str, str], list[Spec]] = defaultdict(list)
        for spec in specs_that_count(full):
            by_name[spec.spec, spec.group].append(spec)
        return cls(dict(by_name), frozenset(run_groups(full)))

    def of_spec(self, key: SpecKey) -> Sequence[Spec]:
        """Returns those of one spec."""
        group = key.group
        if key.is_only_group and len(self.groups) == 1:
            (group,) = self.groups
        return self.by_name.get((key.spec, group), ())


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
        self._known: dict[SpecKey, Sequence[Spec]] = dict(known or {})
        self._executions: _Executions | None = None

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
            executions = await self._read()
            self._known |= {key: executions.of_spec(key) for key in specs}
        return SpecStates(
            completed=frozenset(key for key in specs if _ran(self._known[key])),
            suspect=frozenset(key for key in specs if any(map(may_have_failed, self._known[key]))),
        )

    async def flaky_specs(self) -> frozenset[SpecKey]:
        """Reads which specs have flaky tests by their own counts."""
        executions = await self._read()
        flaky = {
            SpecKey(spec, group, is_only_group=False): of_spec
            for (spec, group), of_spec in executions.by_name.items()
            if any(execution.flaky for execution in of_spec)
        }
        self._known |= flaky
        return frozenset(flaky)

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        """Reads the executions of a spec that did not just pass."""
        results = []
        for execution in self._known[spec]:
            if may_have_failed(execution):
                instance_id = currents_instance_id(execution.instance_id)
                instance = await self._client.get_instance(instance_id)
                results.append(SpecResult.of(execution, instance.without_passed()))
        several = self._executions is not None and len(self._executions.groups) > 1
        tests = await self._api.work_on(lambda: failures_in(results, with_group=several))
        return SpecFailures(tuple(tests), all(map(_is_whole, results)))

    async def _read(self) -> _Executions:
        if self._executions is None:
            full = await self._client.get_run(currents_run_id(self._listed.id))
            self._executions = await self._api.work_on(lambda: _Executions.of(full))
        return self._executions


def _ran(executions: Sequence[Spec]) -> bool:
    return bool(executions) and all(spec.status in _TO_THE_END for spec in executions)


def _is_whole(result: SpecResult) -> bool:
    return not result.error and not result.is_read_in_part and not result.has_no_results
