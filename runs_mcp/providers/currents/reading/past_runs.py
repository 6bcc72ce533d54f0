"""Currents runs of a history, of which only some specs are read."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

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
        self._known = dict(known or {})

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
        """Reads how these specs ended: in the run, unless all are known."""
        if not self._known.keys() >= set(specs):
            full = await self._client.get_run(currents_run_id(self._listed.id))
            self._known = await self._api.work_on(lambda: _executions(full, specs))
        known = {key: self._known[key] for key in specs}
        return SpecStates(
            completed=frozenset(key for key, of_key in known.items() if _ran(of_key)),
            suspect=frozenset(
                key for key, of_key in known.items() if any(map(may_have_failed, of_key))
            ),
        )

    async def failures_of(self, spec: SpecKey) -> SpecFailures:
        """Reads the executions of a spec that did not just pass."""
        results = []
        for execution in self._known[spec]:
            if may_have_failed(execution):
                instance_id = currents_instance_id(execution.instance_id)
                instance = await self._client.get_instance(instance_id)
                results.append(SpecResult.of(execution, instance.without_passed()))
        tests = await self._api.work_on(lambda: failures_in(results, with_group=True))
        return SpecFailures(tuple(tests), all(map(_is_whole, results)))


def _executions(full: FullRun, specs: Collection[SpecKey]) -> dict[SpecKey, Sequence[Spec]]:
    """Returns the executions of each of these specs in a run."""
    by_name: defaultdict[tuple[str, str], list[Spec]] = defaultdict(list)
    for spec in specs_that_count(full):
        by_name[spec.spec, spec.group].append(spec)
    groups = run_groups(full).keys()
    only = next(iter(groups)) if len(groups) == 1 else None
    return {
        key: by_name[key.spec, key.group if only is None or not key.is_only_group else only]
        for key in specs
    }


def _ran(executions: Sequence[Spec]) -> bool:
    return bool(executions) and all(spec.status in _TO_THE_END for spec in executions)


def _is_whole(result: SpecResult) -> bool:
    return not result.error and not result.is_read_in_part and not result.has_no_results
