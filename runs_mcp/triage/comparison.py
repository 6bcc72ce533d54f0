"""Two runs, test by test. Pure functions."""

from collections.abc import Iterable, Mapping
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
        no_longer_failing: Failed in base; of head only failures are known, and it is none.
        not_run: Failed in base, skipped in head.
        flaky: Passed in head on a retry.
        missing: In base only.
        unread_specs: How many specs of either run could not be read.
        unreadable: For each record of them that could not be read, where it stood and why.
        remarks: What else there is to know of them; each a part of a sentence.
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
        """Returns the lists by name, the worst first."""
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
    base, head = _by_group(base, head)
    before, after = base.tests, head.tests
    failed_before = {key for key, test in before.items() if test.status == "failed"}
    failed = {key for key, test in after.items() if test.status == "failed"}

    # What a spec that was not read, or not to its end, has of them is not known.
    unknown = {
        key
        for key in before.keys() - failed
        if key.spec in head.open_specs and (key in failed_before or key not in after)
    }

    def became(status: TestStatus) -> set[CaseKey]:
        known = (failed_before & after.keys()) - unknown
        return {key for key in known if after[key].status == status}

    gone = failed_before - after.keys()
    ran_now = _fixed_whole_specs(gone, after)
    missing = before.keys() - after.keys() - unknown - ran_now
    doubtful = {key for key in failed - failed_before if key.spec in base.open_specs}
    tells_passed = head.tells_passed
    return Comparison(
        base=base.run,
        head=head.run,
        new_failures=_sorted(failed - failed_before, after),
        still_failing=_sorted(failed & failed_before, after),
        fixed=_sorted(became("passed") | ran_now, {**before, **after}),
        no_longer_failing=() if tells_passed else _sorted(gone, before),
        not_run=_sorted(became("skipped"), after),
        flaky=_sorted({key for key, test in after.items() if test.status == "flaky"}, after),
        missing=_sorted(missing, before) if tells_passed else (),
        unread_specs=base.unread_specs + head.unread_specs,
        unreadable=base.unreadable + head.unreadable,
        remarks=(
            *(f"base: {remark}" for remark in base.remarks),
            *(f"head: {remark}" for remark in head.remarks),
            *_apart(base, head),
            *_open_end(base, "base", "what is new need not be new"),
            *_open_end(head, "head", "what is not listed may fail all the same"),
            *_not_known(before, unknown, doubtful),
        ),
    )


def _fixed_whole_specs(gone: set[CaseKey], after: _Tests) -> set[CaseKey]:
    """Returns the specs that did not run at all before, and whose tests now ran."""
    ran = {key.spec for key in after}
    return {key for key in gone if key.test[-1] == WHOLE_SPEC and key.spec in ran}


def _not_known(before: _Tests, unknown: set[CaseKey], doubtful: set[CaseKey]) -> list[str]:
    """Returns what cannot be told of tests in specs that were not read, or not to their end."""
    remarks = []
    if unknown:
        failed = sum(before[key].status == "failed" for key in unknown)
        remarks.append(
            f"{len(unknown)} tests of base ({failed} failed) are in specs that head has not run "
            "to the end or that could not be read: they are in no list"
        )
    if doubtful:
        remarks.append(
            f"{len(doubtful)} of the new failures are in specs that base has not run to the end "
            "or that could not be read: they need not be new"
        )
    return remarks


def _by_group(base: Outcomes, head: Outcomes) -> tuple[Outcomes, Outcomes]:
    """Returns both runs, with the groups of their tests where these tell tests apart."""
    groups = {key.group for run in (base, head) for key in run.tests}
    if len(groups | base.groups.keys() | head.groups.keys()) > 1 and not _is_renamed(base, head):
        return base, head
    return _without_group(base), _without_group(head)


def _without_group(run: Outcomes) -> Outcomes:
    return run._replace(
        tests={CaseKey(key.test): test._replace(group="") for key, test in run.tests.items()},
        open_specs=frozenset((spec, "") for spec, _ in run.open_specs),
    )


def _is_renamed(base: Outcomes, head: Outcomes) -> bool:
    """Says whether both runs have one group, and it is the same browser by another name."""
    if len(base.groups) != 1 or len(head.groups) != 1 or base.groups.keys() == head.groups.keys():
        return False
    return [*base.groups.values()] == [*head.groups.values()] != [""]


def _apart(base: Outcomes, head: Outcomes) -> list[str]:
    """Returns a remark where no test of the one run can be one of the other."""
    if not base.groups or not head.groups or base.groups.keys() & head.groups.keys():
        return []
    if _is_renamed(base, head):
        return []
    return ["the runs have no group (browser, project, shard) in common"]


def _open_end(outcomes: Outcomes, name: str, so: str) -> list[str]:
    """Returns why what does not fail in a run may fail all the same."""
    why = []
    if outcomes.run.status in ("pending", "stale"):
        why.append("has no result")
    elif not outcomes.run.is_over:
        why.append("is still going on")
    if outcomes.unread_specs and not outcomes.tells_passed:
        why.append("could be read in part only")
    return [f"{name} {' and '.join(why)}: {so}"] if why else []


def _sorted(
    keys: Iterable[CaseKey], tests: Mapping[CaseKey, NamedOutcome]
) -> tuple[NamedOutcome, ...]:
    """Returns these tests by file, title and group; by key, where those are the same."""
    return tuple(tests[key] for key in sorted(keys, key=lambda key: (*tests[key][1:], key)))


def specs_of_interest(
    base: dict[str, str] | None, head: dict[str, str] | None, at_most: int
) -> frozenset[str] | None:
    """Returns the spec files whose tests have to be read; None where that is all of them.

    Of two small runs all are read. Of large ones a spec that passed in both, with as many tests,
    is taken to have the same tests.

    Args:
        base: The spec files of the run to compare with; see `RunReader.specs`.
        head: Those of the run of interest.
        at_most: How many spec files a small run has.
    """
    if base is None or head is None or len(base.keys() | head.keys()) <= at_most:
        return None
    return frozenset(
        spec
        for spec in base.keys() | head.keys()
        if not base.get(spec) or base.get(spec) != head.get(spec)
    )
