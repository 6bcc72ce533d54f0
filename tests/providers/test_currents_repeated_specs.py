"""Which executions count of a spec that is listed more than once in a group."""

from runs_mcp.model import (
    FullRun,
    Group,
    Run,
    Spec,
    SpecTotals,
    TestCounts,
    TestTotals,
    Totals,
)
from runs_mcp.providers.currents.reading.repeated_specs import specs_that_count

EARLY, LATE = "2026-08-20T10:00:00.000Z", "2026-08-20T10:30:00.000Z"


def spec(name: str, failed: int, instance: str, group: str = "chromium") -> Spec:
    return Spec(
        spec=name,
        status="failed" if failed else "passed",
        failed=failed,
        instance_id=instance,
        group=group,
    )


def run_of(specs: dict[Spec, str], counted: dict[str, int], status: str = "failed") -> FullRun:
    return FullRun(
        run=Run(provider="currents", id="r", status=status, completion="complete"),
        totals=Totals(tests=TestTotals(), specs=SpecTotals()),
        groups=tuple(
            Group(group=group, tests=TestCounts(overall=9, failed=failed))
            for group, failed in counted.items()
        ),
        specs=tuple(specs),
        claimed_at=tuple(specs.values()),
        upstream_bytes=1,
    )


def counting(full: FullRun) -> list[str]:
    return [spec.instance_id for spec in specs_that_count(full)]


def test_specs_that_are_listed_once_all_count() -> None:
    full = run_of({spec("a", 1, "1"): EARLY, spec("b", 0, "2"): LATE}, {"chromium": 1})
    assert counting(full) == ["1", "2"]


def test_a_spec_in_two_groups_counts_in_each() -> None:
    specs = {spec("a", 1, "1"): EARLY, spec("a", 0, "2", "firefox"): LATE}
    assert counting(run_of(specs, {"chromium": 0, "firefox": 0})) == ["1", "2"]


def test_only_the_later_execution_counts_if_the_counts_of_the_group_agree() -> None:
    specs = {
        spec("a", 2, "1"): EARLY,
        spec("b", 1, "2"): EARLY,
        spec("a", 0, "3"): LATE,
    }
    assert counting(run_of(specs, {"chromium": 1})) == ["2", "3"]


def test_every_execution_counts_if_the_counts_of_the_group_say_so() -> None:
    specs = {spec("setup", 1, "1"): EARLY, spec("setup", 0, "2"): LATE}
    assert counting(run_of(specs, {"chromium": 1})) == ["1", "2"]


def test_every_execution_counts_if_none_is_later() -> None:
    specs = {spec("setup", 1, "1"): EARLY, spec("setup", 0, "2"): EARLY}
    assert counting(run_of(specs, {"chromium": 0})) == ["1", "2"]


def test_only_the_later_execution_counts_if_the_run_passed() -> None:
    specs = {spec("a", 1, "1"): EARLY, spec("a", 0, "2"): LATE}
    assert counting(run_of(specs, {"chromium": 1}, status="passed")) == ["2"]


def test_a_later_execution_that_failed_worse_counts() -> None:
    specs = {spec("a", 1, "1"): EARLY, spec("a", 3, "2"): LATE}
    assert counting(run_of(specs, {"chromium": 3})) == ["2"]


def test_each_group_is_decided_by_its_own_counts() -> None:
    specs = {
        spec("a", 1, "1"): EARLY,
        spec("a", 0, "2"): LATE,
        spec("a", 1, "3", "firefox"): EARLY,
        spec("a", 0, "4", "firefox"): LATE,
    }
    assert counting(run_of(specs, {"chromium": 0, "firefox": 1})) == ["2", "3", "4"]
