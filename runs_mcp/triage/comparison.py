"""What became of each test from one run to another. Pure functions."""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple, TypeAlias

from runs_mcp.model import Run, TestStatus
from runs_mcp.triage.findings import WHOLE_SPEC, CaseKey, NamedOutcome, Outcomes

_Tests: TypeAlias = Mapping[CaseKey, NamedOutcome]


class Comparison(NamedTuple):
    """What became of each test from one run, the base, to another, the head.

    Args:
        base: The run to compare with.
        head: The run of interest.
        new_failures: Failed in head, and did not fail in base.
        still_failing: Failed in both.
        fixed: Failed in base, passed in head without a retry.
        no_longer_failing: Failed in base, and not among the failures of head, where the provider
            lists failures only.
        not_run: Failed in base, skipped in head.
        flaky: Passed in head on a retry.
        missing: In base only.
        unread_specs: How many specs of either run could not be read.
        unreadable: For each record of either run that could not be read, its position and the
            reason.
        remarks: What else there is to know; each a part of a sentence.
    """

    base: Run
    head: Run
    new_failures: tuple[NamedOutcome, ...]
    still_failing: tuple[NamedOutcome, ...]
    fixed: tuple[NamedOutcome, ...]
    no_longer_failing: tuple[NamedOutcome, ...]
    not_run: tuple[NamedOutcome, ...]
    flaky: tuple[NamedOutcome, ...]
    missing: tuple[NamedOutcome, ...]
    unread_specs: int
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]

    def lists(self) -> dict[str, tuple[NamedOutcome, ...]]:
        """Returns the lists of tests by name, the worst first."""
        return {
            "new_failures": self.new_failures,
            "still_failing": self.still_failing,
            "fixed": self.fixed,
            "no_longer_failing": self.no_longer_failing,
            "not_run": self.not_run,
            "flaky": self.flaky,
            "missing": self.missing,
        }


def compare(base: Outcomes, head: Outcomes) -> Comparison:
    """Returns what became of each test from `base` to `head`."""
    base, head = _with_comparable_groups(base, head)
    before, after = base.tests, head.tests
    failed_before, failed_after = _with_status("failed", before), _with_status("failed", after)
    unknown = _unknown(base, head)
    absent = failed_before - after.keys()
    fixed_specs = _fixed_specs(absent, after)
    comparable = (failed_before & after.keys()) - unknown
    missing = before.keys() - after.keys() - unknown - fixed_specs
    return Comparison(
        base=base.run,
        head=head.run,
        new_failures=_sorted(failed_after - failed_before, after),
        still_failing=_sorted(failed_after & failed_before, after),
        fixed=_sorted(
            _with_status("passed", after) & comparable | fixed_specs, {**before, **after}
        ),
        no_longer_failing=() if head.includes_passed else _sorted(absent, before),
        not_run=_sorted(_with_status("skipped", after) & comparable, after),
        flaky=_sorted(_with_status("flaky", after), after),
        missing=_sorted(missing, before) if head.includes_passed else (),
        unread_specs=base.unread_specs + head.unread_specs,
        unreadable=base.unreadable + head.unreadable,
        remarks=_remarks(base, head, unknown, failed_after - failed_before),
    )


def _with_status(status: TestStatus, tests: _Tests) -> set[CaseKey]:
    return {key for key, test in tests.items() if test.status == status}


def _unknown(base: Outcomes, head: Outcomes) -> set[CaseKey]:
    """Returns the tests of base of which an open spec of head does not show the outcome.

    One that failed in base may yet fail in the part of the spec that was not read.
    """
    failed = _with_status("failed", base.tests)
    return {
        key
        for key in base.tests.keys() - _with_status("failed", head.tests)
        if key.spec in head.open_specs and (key in failed or key not in head.tests)
    }


def _fixed_specs(absent: Set[CaseKey], after: _Tests) -> set[CaseKey]:
    """Returns those of the absent that are specs that could not run before, and did now."""
    ran = {key.spec for key in after}
    return {key for key in absent if key.test[-1] == WHOLE_SPEC and key.spec in ran}


def _with_comparable_groups(base: Outcomes, head: Outcomes) -> tuple[Outcomes, Outcomes]:
    """Returns both runs, without groups where these do not distinguish tests."""
    groups = {key.group for run in (base, head) for key in run.tests}
    if len(groups | base.groups.keys() | head.groups.keys()) > 1 and not _is_renamed(base, head):
        return base, head
    return _without_groups(base), _without_groups(head)


def _without_groups(run: Outcomes) -> Outcomes:
    return run._replace(
        tests={CaseKey(key.test): test._replace(group="") for key, test in run.tests.items()},
        open_specs=frozenset((spec, "") for spec, _ in run.open_specs),
    )


def _is_renamed(base: Outcomes, head: Outcomes) -> bool:
    """Returns whether both runs have one group, of the same browser but with another name."""
    browsers = [*base.groups.values()]
    return (
        len(browsers) == 1
        and browsers != [""]
        and browsers == [*head.groups.values()]
        and base.groups.keys() != head.groups.keys()
    )


def _remarks(
    base: Outcomes, head: Outcomes, unknown: Set[CaseKey], new_failures: Set[CaseKey]
) -> tuple[str, ...]:
    return (
        *(f"base: {remark}" for remark in base.remarks),
        *(f"head: {remark}" for remark in head.remarks),
        *_no_common_group(base, head),
        *_not_final("base", base, "what is listed as new may not be new"),
        *_not_final("head", head, "what is not listed may still fail"),
        *_unknown_tests(base, unknown),
        *_doubtful_failures(base, new_failures),
    )


def _no_common_group(base: Outcomes, head: Outcomes) -> list[str]:
    if not base.groups or not head.groups or base.groups.keys() & head.groups.keys():
        return []
    if _is_renamed(base, head):
        return []
    return ["the runs have no group (browser, project, shard) in common"]


def _not_final(name: str, outcomes: Outcomes, consequence: str) -> list[str]:
    """Returns why tests of a run that are not listed as failed may have failed, or will."""
    reasons = []
    if outcomes.run.status in ("pending", "stale"):
        reasons.append("has no result")
    elif not outcomes.run.is_over:
        reasons.append("is still going on")
    if outcomes.unread_specs and not outcomes.includes_passed:
        reasons.append("could be read in part only")
    return [f"{name} {' and '.join(reasons)}: {consequence}"] if reasons else []


def _unknown_tests(base: Outcomes, unknown: Set[CaseKey]) -> list[str]:
    if not unknown:
        return []
    failed = sum(base.tests[key].status == "failed" for key in unknown)
    tests = f"{len(unknown)} tests of base ({failed} failed)"
    return [f"{tests} are in specs that {_is_open('head')}: they are in no list"]


def _doubtful_failures(base: Outcomes, new_failures: Set[CaseKey]) -> list[str]:
    doubtful = sum(key.spec in base.open_specs for key in new_failures)
    if not doubtful:
        return []
    tests = f"{doubtful} of the new failures"
    return [f"{tests} are in specs that {_is_open('base')}: they may not be new"]


def _is_open(run: str) -> str:
    return f"{run} has not run to the end or that could not be read"


def _sorted(keys: Iterable[CaseKey], tests: _Tests) -> tuple[NamedOutcome, ...]:
    """Returns the tests by title, file and group; by key, where those are the same."""
    return tuple(tests[key] for key in sorted(keys, key=lambda key: (*tests[key][1:], key)))


def specs_of_interest(
    base: dict[str, str] | None, head: dict[str, str] | None, at_most: int
) -> frozenset[str] | None:
    """Returns the spec files whose tests have to be read, or None for all of them.

    Of two small runs all are read. Of large ones a spec that passed in both, with as many tests,
    is taken to have the same tests.

    Args:
        base: The spec files of the run to compare with; see `RunReader.specs`.
        head: Those of the run of interest.
        at_most: How many spec files two small runs have together.
    """
    if base is None or head is None or len(base.keys() | head.keys()) <= at_most:
        return None
    return frozenset(
        spec
        for spec in base.keys() | head.keys()
        if not base.get(spec) or base.get(spec) != head.get(spec)
    )
