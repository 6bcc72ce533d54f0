"""Two runs, test by test. Pure functions."""

from typing import NamedTuple

from runs_mcp.model import Run
from runs_mcp.run_reader import CaseKey, Outcomes


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
    """

    base: Run
    head: Run
    new_failures: tuple[CaseKey, ...]
    still_failing: tuple[CaseKey, ...]
    fixed: tuple[CaseKey, ...]
    no_longer_failing: tuple[CaseKey, ...]
    not_run: tuple[CaseKey, ...]
    flaky: tuple[CaseKey, ...]
    missing: tuple[CaseKey, ...]
    unread_specs: int

    def lists(self) -> dict[str, tuple[CaseKey, ...]]:
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
    before, after = base.tests, head.tests
    failed_before = {key for key, status in before.items() if status == "failed"}
    failed = {key for key, status in after.items() if status == "failed"}
    gone = failed_before - after.keys()
    told = head.tells_passed
    return Comparison(
        base=base.run,
        head=head.run,
        new_failures=tuple(sorted(failed - failed_before)),
        still_failing=tuple(sorted(failed & failed_before)),
        fixed=tuple(sorted(key for key in failed_before if after.get(key) == "passed")),
        no_longer_failing=() if told else tuple(sorted(gone)),
        not_run=tuple(sorted(key for key in failed_before if after.get(key) == "skipped")),
        flaky=tuple(sorted(key for key, status in after.items() if status == "flaky")),
        missing=tuple(sorted(before.keys() - after.keys())) if told else (),
        unread_specs=base.unread_specs + head.unread_specs,
    )


def specs_of_interest(
    base: dict[str, str] | None, head: dict[str, str] | None, at_most: int
) -> frozenset[str] | None:
    """Returns the spec files whose tests have to be read; None where that is all of them.

    Of two small runs all are read. Of large ones a spec that passed in both, with as many tests,
    is taken to have the same tests.
    """
    if base is None or head is None or len(base.keys() | head.keys()) <= at_most:
        return None
    return frozenset(spec for spec in base.keys() | head.keys() if base.get(spec) != head.get(spec))
