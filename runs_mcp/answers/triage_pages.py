"""Triage as pages within a budget. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.fitting import Rows, rows_page
from runs_mcp.answers.reports import odd_records
from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.triage_reports import (
    BaselineReport,
    Coverage,
    FailuresInGroup,
    GroupReport,
    NamedTest,
    TriageReport,
)
from runs_mcp.answers.triage_rows import (
    CauseRow,
    ExampleRow,
    FlakyRow,
    GroupRow,
    IncompleteRow,
    OtherRow,
    QuarantinedRow,
    TriageRow,
    triage_rows,
)
from runs_mcp.model import Failure
from runs_mcp.text import clip
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.grouping import CauseGroup
from runs_mcp.triage.verdict import verdict_of

_CAUSES_SHARE: Final = 0.4
_EXAMPLE_SHARE: Final = 0.25
"""Of a page's budget, so that it has the causes and an example of the biggest groups."""
_CAUSE_CHARS: Final = (300, 200, 150, 100, 70, 50, 30)
_GROUPS_SHOWN: Final = 6


@dataclass(frozen=True)
class TriageAnswer:
    """A triage of a run, as its pages show it.

    Args:
        findings: What went wrong in the run.
        groups: Its failures by cause.
        baseline: The run that it was compared with, if any.
        no_baseline: Why there is none, or why not all of it was read.
    """

    findings: Findings
    groups: Sequence[CauseGroup]
    baseline: BaselineReport | None
    no_baseline: str

    def page(self, request: PageRequest) -> TriageReport:
        """Returns one page.

        Raises:
            InvalidArgument: The cursor is not one of this query.
            Conflict: The number of failures has changed since the cursor was given.
        """
        causes = _fitting_causes(self.groups, int(request.budget * _CAUSES_SHARE))
        example_budget = int(request.budget * _EXAMPLE_SHARE)

        def make(rows: Rows[TriageRow]) -> TriageReport:
            shown = rows.shown
            return TriageReport(
                run=self.findings.run,
                verdict=verdict_of(self.findings, self.groups),
                totals=self.findings.totals or UNSET,
                groups=_group_reports(self.groups, rows, causes, example_budget),
                flaky=tuple(_named(row.failure) for row in shown if isinstance(row, FlakyRow)),
                quarantined=tuple(
                    _named(row.failure) for row in shown if isinstance(row, QuarantinedRow)
                ),
                incomplete=tuple(row.spec for row in shown if isinstance(row, IncompleteRow)),
                baseline=self.baseline or UNSET,
                no_baseline=self.no_baseline,
                coverage=_coverage(self.findings),
                trim=rows.trim(),
            )

        rows = triage_rows(self.findings, self.groups)
        return rows_page(rows, make, request, total_in_cursor=True)


def _group_reports(
    groups: Sequence[CauseGroup], rows: Rows[TriageRow], causes: Sequence[str], example_budget: int
) -> tuple[GroupReport, ...]:
    """Returns the groups that the rows of a page are about, each with what is on this page."""
    later = Counter(row.group for row in rows.later if isinstance(row, ExampleRow | OtherRow))
    by_group: defaultdict[int, list[GroupRow]] = defaultdict(list)
    for row in rows.shown:
        if isinstance(row, GroupRow):
            by_group[row.group].append(row)
    return tuple(
        _group_report(groups[number], causes[number], about, later[number], example_budget)
        for number, about in sorted(by_group.items())
    )


def _group_report(
    group: CauseGroup, cause: str, about: Sequence[GroupRow], more: int, example_budget: int
) -> GroupReport:
    """Returns what the rows of a page say of a group, of which `more` tests come later."""
    report = GroupReport(fingerprint=group.cause.fingerprint)
    if any(isinstance(row, CauseRow) for row in about):
        report = _with_run_groups(_cause_report(group, cause), group)
    for row in about:
        if isinstance(row, ExampleRow):
            example = shortened_to(example_budget, row.failure, keep_ids=True)
            report = replace(report, example=example)
    others = tuple(_named(row.failure) for row in about if isinstance(row, OtherRow))
    return replace(report, others=others, more=more)


def _cause_report(group: CauseGroup, cause: str) -> GroupReport:
    return GroupReport(
        fingerprint=group.cause.fingerprint,
        cause=cause,
        kind=group.cause.kind,
        tests=len(group.failures),
        specs=group.specs,
        novelty=group.novelty,
    )


def _with_run_groups(report: GroupReport, group: CauseGroup) -> GroupReport:
    """Returns the report with the groups of the run that have most of a cause."""
    counts = group.run_groups()
    shown = counts[:_GROUPS_SHOWN]
    return replace(
        report,
        in_groups=tuple(FailuresInGroup(group=name, tests=tests) for name, tests in shown),
        more_groups=len(counts) - len(shown),
    )


def _fitting_causes(groups: Sequence[CauseGroup], budget: int) -> list[str]:
    """Returns the causes, all cut to the same length so that together they fit."""
    causes: list[str] = []
    for max_chars in _CAUSE_CHARS:
        causes = [clip(group.cause.cause, max_chars) for group in groups]
        if sum(map(encoded_size, map(_cause_report, groups, causes))) <= budget:
            break
    return causes


def _coverage(findings: Findings) -> Coverage:
    odd = odd_records(findings.unreadable)
    return Coverage(
        failing_specs=findings.failing_specs,
        inspected=findings.failing_specs - len(findings.unread),
        failed_to_load=len(findings.unread),
        why=counted(findings.unread) or UNSET,
        unreadable=odd["unreadable"] or UNSET,
        odd=odd["odd"] or UNSET,
    )


def _named(failure: Failure) -> NamedTest:
    return NamedTest(test=failure.test, spec=failure.spec, group=failure.group)
