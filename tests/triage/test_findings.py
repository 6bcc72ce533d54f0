"""What was read of a run."""

from itertools import pairwise

from runs_mcp.model import Run, TestStatus
from runs_mcp.triage.findings import CaseKey, Findings, counted, is_worse

FINDINGS = Findings(Run(provider="currents", id="r"), None, (), (), (), (), 0, (), (), ())
WORST_FIRST: tuple[TestStatus, ...] = ("failed", "flaky", "passed", "skipped")


def test_findings_are_complete_where_everything_was_read() -> None:
    assert FINDINGS.is_complete


def test_findings_are_not_complete_where_anything_was_not_read() -> None:
    assert not FINDINGS._replace(unread=("timeout",)).is_complete
    assert not FINDINGS._replace(unreadable=("tests[1]: null",)).is_complete


def test_an_outcome_is_worse_than_those_behind_it() -> None:
    for one, other in pairwise(WORST_FIRST):
        assert is_worse(one, other)
        assert not is_worse(other, one)
    assert is_worse(WORST_FIRST[0], WORST_FIRST[-1])
    assert not is_worse("failed", "failed")


def test_names_are_counted_the_most_frequent_first_and_then_as_they_came() -> None:
    assert counted([]) == ()
    assert counted(["b", "c", "a", "c"]) == ("c 2", "b 1", "a 1")


def test_a_test_has_its_file_and_its_group_for_its_spec() -> None:
    assert CaseKey(("a.spec.ts", "pays"), "chromium").spec == ("a.spec.ts", "chromium")
    assert CaseKey(("a.spec.ts", "pays")).spec == ("a.spec.ts", "")
