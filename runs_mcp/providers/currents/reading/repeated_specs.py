"""Specs that are listed more than once in a group of a run: after a reset, or in every shard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from runs_mcp.model import FullRun, Group, Spec

R = TypeVar("R", Group, Spec)


def specs_that_count(full: FullRun) -> list[Spec]:
    """Returns the specs of a run without the executions that a later one replaced.

    After a reset a spec runs again, and only its later execution counts. A set-up spec runs in
    every shard, and each execution counts. The API does not tell the two cases apart: earlier
    executions are left out only where the run's own counts, or that it passed, confirm it.
    """
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, spec in enumerate(full.specs):
        places[spec.group, spec.spec].append(place)
    if len(places) == len(full.specs):
        return list(full.specs)
    replaced: set[int] = set()
    for repeated in places.values():
        replaced.update(_earlier(repeated, full.claimed_at))
    latest = [spec for place, spec in enumerate(full.specs) if place not in replaced]
    passed = full.run.status == "passed" and _counts(latest) == (0, 0)
    every, last, groups = _by_group(full.specs), _by_group(latest), _by_group(full.groups)
    agreeing = {
        group
        for group, specs in last.items()
        if passed or _agree(groups.get(group, []), every[group], specs)
    }
    return [
        spec
        for place, spec in enumerate(full.specs)
        if place not in replaced or spec.group not in agreeing
    ]


def _earlier(places: Sequence[int], claimed_at: Sequence[str]) -> list[int]:
    """Returns the places of the executions that were claimed before the last one."""
    times = {place: claimed_at[place] if place < len(claimed_at) else "" for place in places}
    last = max(times.values())
    return [place for place, time in times.items() if time and time < last]


def _by_group(records: Iterable[R]) -> dict[str, list[R]]:
    found: defaultdict[str, list[R]] = defaultdict(list)
    for record in records:
        found[record.group].append(record)
    return dict(found)


def _agree(groups: Sequence[Group], every: Sequence[Spec], last: Sequence[Spec]) -> bool:
    """Says whether the counts of a group are those of its latest executions, not of all."""
    if len(groups) != 1 or not groups[0].tests.overall:
        return False
    tests, specs = groups[0].tests, groups[0].specs
    if _counts(last) != (tests.failed, tests.skipped):
        return False
    # If both failed alike, the number of specs decides.
    return _counts(every) != _counts(last) or specs.overall == len(last) != len(every)


def _counts(specs: Sequence[Spec]) -> tuple[int, int]:
    return sum(spec.failed for spec in specs), sum(spec.skipped for spec in specs)
