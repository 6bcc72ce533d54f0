"""Runs to compare, made of a few words, and what a comparison lists."""

from collections.abc import Mapping

from runs_mcp.model import Run, TestStatus
from runs_mcp.triage.comparison import Comparison
from runs_mcp.triage.findings import CaseKey, NamedOutcome, Outcomes

RUN = Run(provider="currents", id="r", status="failed", completion="complete")
SPEC = "tests/checkout.spec.ts"


def outcomes(
    tests: Mapping[str, TestStatus] | None = None,
    *,
    groups: Mapping[str, str] | None = None,
    open_specs: tuple[str, ...] = (),
    run: Run = RUN,
) -> Outcomes:
    """Returns a run whose tests have these outcomes.

    Args:
        tests: The outcomes by title; in a group, by "title @ group".
        groups: The browser of each group; by default it has the name of the group.
        open_specs: The specs that were not read to the end; in a group, "spec @ group".
        run: The run.
    """
    found = {}
    for name, status in (tests or {}).items():
        title, group = _in_group(name)
        found[CaseKey((SPEC, title), group)] = NamedOutcome(status, title, SPEC, group)
    return Outcomes(
        run=run,
        tests=found,
        groups=groups or {key.group: key.group for key in found if key.group},
        includes_passed=True,
        open_specs=frozenset(map(_in_group, open_specs)),
        unread_specs=0,
        unreadable=(),
        remarks=(),
    )


def _in_group(name: str) -> tuple[str, str]:
    title, _, group = name.partition(" @ ")
    return title, group


def failures_only(run: Outcomes) -> Outcomes:
    """Returns the run as of a provider that lists no passed tests."""
    return run._replace(includes_passed=False)


def lists_of(comparison: Comparison) -> dict[str, list[str]]:
    """Returns the tests of each list that has any, named as `outcomes` takes them."""
    return {
        name: [f"{test.test} @ {test.group}" if test.group else test.test for test in tests]
        for name, tests in comparison.lists().items()
        if tests
    }
