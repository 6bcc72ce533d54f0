"""The records on the pages of a triage, and their order. Pure functions.

First all causes, then an example of each, the biggest groups first; then a few more tests of
each; the flaky tests, those in quarantine and the specs that never reported; last all other tests.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from runs_mcp.model import Failure
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.grouping import CauseGroup

_FIRST_OTHERS: Final = 3


class CauseRow(NamedTuple):
    """The cause of a group, which is given by its number."""

    group: int


class ExampleRow(NamedTuple):
    """The first failure of a group, in full."""

    group: int
    failure: Failure


class OtherRow(NamedTuple):
    """One more failure of a group, by its name."""

    group: int
    failure: Failure


class FlakyRow(NamedTuple):
    """A flaky test."""

    failure: Failure


class QuarantinedRow(NamedTuple):
    """A test that failed in quarantine."""

    failure: Failure


class IncompleteRow(NamedTuple):
    """A spec that never reported."""

    spec: str


GroupRow: TypeAlias = CauseRow | ExampleRow | OtherRow
TriageRow: TypeAlias = GroupRow | FlakyRow | QuarantinedRow | IncompleteRow


def triage_rows(findings: Findings, groups: Sequence[CauseGroup]) -> list[TriageRow]:
    """Returns the rows of all pages."""
    numbered = list(enumerate(groups))
    others = [
        [OtherRow(number, failure) for failure in group.failures[1:]] for number, group in numbered
    ]
    return [
        *(CauseRow(number) for number, _ in numbered),
        *(ExampleRow(number, group.failures[0]) for number, group in numbered),
        *(row for rows in others for row in rows[:_FIRST_OTHERS]),
        *(FlakyRow(test.failure) for test in findings.flaky),
        *(QuarantinedRow(test.failure) for test in findings.quarantined),
        *map(IncompleteRow, findings.incomplete),
        *(row for rows in others for row in rows[_FIRST_OTHERS:]),
    ]


def group_rows(number: int, group: CauseGroup) -> list[TriageRow]:
    """Returns the rows of one group alone: its cause, an example, and all other tests."""
    first, *others = group.failures
    return [
        CauseRow(number),
        ExampleRow(number, first),
        *(OtherRow(number, failure) for failure in others),
    ]
