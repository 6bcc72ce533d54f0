"""What Currents itself knows of the history of a test: it spares reading the runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from runs_mcp.errors import RunsError
from runs_mcp.model import FailedTest, Spec, SpecStatus
from runs_mcp.providers.currents.references import is_currents_id
from runs_mcp.providers.currents.statistics import CurrentsStatistics, Window
from runs_mcp.providers.currents.wire.statistics import WireExecution
from runs_mcp.providers.field_values import distinct_line, identifier
from runs_mcp.providers.past_runs import PastRun, SpecKey

_PAGES: Final = 4
_SEPARATOR: Final = " › "
_STATUSES: Final[Mapping[str, SpecStatus]] = {"passed": "passed", "failed": "failed"}

Executions = Mapping[str, Mapping[SpecKey, Sequence[Spec]]]
"""For the ID of each run, the executions of specs, as far as one test tells."""


async def read_test_history(
    statistics: CurrentsStatistics, runs: Sequence[PastRun], tests: Sequence[FailedTest]
) -> Executions:
    """Returns how the spec of a test went in each of some runs, by what the API says of the test.

    A run of which it says nothing is left out. Of the executions where the test failed, the spec
    is still to be read.

    Args:
        statistics: The API's statistics.
        runs: The runs, newest first.
        tests: The test, once for each group in which it failed.
    """
    names = {(test.failure.spec, test.failure.test) for test in tests}
    if len(names) != 1 or not runs:
        return {}
    ((spec, title),) = names
    window = Window(
        runs[-1].run.created_at,
        # The end is not part of a window.
        _after(runs[0].run.created_at),
        tuple(dict.fromkeys(past.run.branch for past in runs)),
    )
    try:
        executions = await _read_all(statistics, spec, tuple(title.split(_SEPARATOR)), window)
    except RunsError:
        return {}
    keys = {
        SpecKey(test.failure.spec, test.group, is_only_group=not test.failure.group)
        for test in tests
    }
    return _by_run(executions, keys)


async def _read_all(
    statistics: CurrentsStatistics, spec: str, titles: tuple[str, ...], window: Window
) -> list[WireExecution]:
    signature = await statistics.signature(spec, titles)
    found: list[WireExecution] = []
    after = ""
    for _ in range(_PAGES):
        page = await statistics.results(signature, window, after=after)
        found += page.executions
        after = page.after
        if not after:
            break
    return found


def _by_run(executions: Sequence[WireExecution], keys: set[SpecKey]) -> Executions:
    of_group: defaultdict[str, defaultdict[str, list[Spec]]] = defaultdict(
        lambda: defaultdict(list)
    )
    (path,) = {key.spec for key in keys}
    for sent in executions:
        group = distinct_line(sent.group_id)
        of_group[identifier(sent.run_id)][group].append(_execution(sent, path, group))
    found: dict[str, dict[SpecKey, Sequence[Spec]]] = {}
    for run_id, groups in of_group.items():
        only = next(iter(groups)) if len(groups) == 1 else None
        known: dict[SpecKey, Sequence[Spec]] = {
            key: groups[group]
            for key in keys
            if (group := key.group if only is None or not key.is_only_group else only) in groups
        }
        if known.keys() == keys and all(map(_is_usable, known.values())):
            found[run_id] = known
    return found


def _execution(sent: WireExecution, path: str, group: str) -> Spec:
    """Returns the execution of a spec as one of its tests tells it."""
    status = (sent.status or "").lower()
    flaky = bool(sent.flaky)
    return Spec(
        spec=path,
        # One that was skipped did not run; an interrupted one is skipped too, and has an error.
        status="flaky" if flaky else _STATUSES.get(status, "unknown"),
        instance_id=identifier(sent.instance_id),
        group=group,
        tests=1,
        passed=int(status == "passed" and not flaky),
        failed=int(status == "failed"),
        flaky=int(flaky),
    )


def _is_usable(executions: Sequence[Spec]) -> bool:
    """Returns whether it is known how they went, and those that did not pass can be read."""
    return all(
        execution.status != "unknown" and is_currents_id(execution.instance_id)
        for execution in executions
    )


def _after(moment: str) -> str:
    """Returns the last moment of the second of a time."""
    return f"{moment[:19]}.999Z" if moment else ""
