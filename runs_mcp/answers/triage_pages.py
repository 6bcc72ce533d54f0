"""Triage as pages within a budget. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from runs_mcp.answers.cause_rows import cause_rows
from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.fitting import Rows, rows_page
from runs_mcp.answers.reports import odd_records
from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.triage_reports import (
    BaselineReport,
    Coverage,
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
    group_rows,
    triage_rows,
)
from runs_mcp.errors import NotFound
from runs_mcp.model import Run
from runs_mcp.text import quoted, shorten
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.grouping import CauseGroup
from runs_mcp.triage.verdict import verdict_of

_EXAMPLE_SHARE: Final = 0.25
"""Of a page's budget, so that it has examples of the biggest groups."""
_ONLY_EXAMPLE_SHARE: Final = 0.6
_CONTINUED_CAUSE_CHARS: Final = 100


@dataclass(frozen=True)
class TriageAnswer:
    """A triage of a run, as its pages show it.

    Args:
        findings: What went wrong in the run.
        groups: Its failures by cause.
        baseline: The run that it was compared with, if any.
        no_baseline: Why there is none, or why not all of it was read.
        fingerprint: The group to show alone; empty for all.
        found: How the run was found, if it was not named.
    """

    findings: Findings
    groups: Sequence[CauseGroup]
    baseline: BaselineReport | None
    no_baseline: str
    fingerprint: str = ""
    found: str = ""

    def page(self, request: PageRequest) -> TriageReport:
        """Returns one page.

        Raises:
            NotFound: No group has the fingerprint.
            InvalidArgument: The cursor is not one of this query.
            Conflict: The number of failures has changed since the cursor was given.
        """
        rows = self._rows()
        share = _ONLY_EXAMPLE_SHARE if self.fingerprint else _EXAMPLE_SHARE
        # One cause alone has room for all of its text.
        pages_of_causes = len(self.groups) if self.fingerprint else 1
        causes = cause_rows(self.groups, request.budget * pages_of_causes)
        pages = _Pages(self, causes, int(request.budget * share), is_first=not request.cursor)
        return rows_page(rows, pages.report, request, total_in_cursor=True)

    def _rows(self) -> list[TriageRow]:
        if not self.fingerprint:
            return triage_rows(self.findings, self.groups)
        for number, group in enumerate(self.groups):
            if group.cause.fingerprint == self.fingerprint:
                return group_rows(number, group)
        unread = "" if self.findings.is_complete else ", as far as the run could be read"
        raise NotFound(
            f"No cause of this run has the fingerprint {quoted(self.fingerprint, 64)}{unread}.",
            next_step="Call triage_run without fingerprint: each of its groups has one.",
        )


@dataclass(frozen=True)
class _Pages:
    """What the pages of a triage are made of.

    Args:
        triage: The triage.
        causes: A row for the cause of each group.
        example_budget: The bytes that an example may have.
        is_first: Whether the first page is made: later ones do not repeat what the run is.
    """

    triage: TriageAnswer
    causes: Sequence[GroupReport]
    example_budget: int
    is_first: bool

    def report(self, rows: Rows[TriageRow]) -> TriageReport:
        """Returns the page with these rows."""
        triage, shown = self.triage, rows.shown
        findings = triage.findings
        return TriageReport(
            run=findings.run if self.is_first else _named_run(findings.run),
            found=triage.found if self.is_first else "",
            verdict=verdict_of(findings, triage.groups),
            totals=(findings.totals if self.is_first else None) or UNSET,
            causes_total=len(triage.groups),
            groups=self._groups(rows),
            flaky=tuple(NamedTest.of(row.failure) for row in shown if isinstance(row, FlakyRow)),
            quarantined=tuple(
                NamedTest.of(row.failure) for row in shown if isinstance(row, QuarantinedRow)
            ),
            incomplete=tuple(row.spec for row in shown if isinstance(row, IncompleteRow)),
            baseline=triage.baseline or UNSET,
            no_baseline=triage.no_baseline,
            next=self._next(),
            coverage=_coverage(findings),
            trim=rows.trim(),
        )

    def _next(self) -> str:
        """Returns where to ask since when the causes are there that are not new."""
        old = sum(group.novelty != "new" for group in self.triage.groups)
        if not old or not self.is_first:
            return ""
        return "Since when: failure_history with this run, or with the fingerprint of a cause."

    def _groups(self, rows: Rows[TriageRow]) -> tuple[GroupReport, ...]:
        """Returns the groups that the rows are about, each with what they show of it."""
        later = Counter(row.group for row in rows.later if isinstance(row, ExampleRow | OtherRow))
        by_group: defaultdict[int, list[GroupRow]] = defaultdict(list)
        for row in rows.shown:
            if isinstance(row, GroupRow):
                by_group[row.group].append(row)
        return tuple(
            self._group(self.causes[number], about, later[number])
            for number, about in sorted(by_group.items())
        )

    def _group(self, cause: GroupReport, about: Sequence[GroupRow], more: int) -> GroupReport:
        """Returns what rows show of a group, of which `more` tests come later."""
        report = cause
        if not any(isinstance(row, CauseRow) for row in about):
            report = _continued(cause)
        for row in about:
            if isinstance(row, ExampleRow):
                example = shortened_to(self.example_budget, row.failure, keep_ids=True)
                report = replace(report, example=example)
        if all(isinstance(row, CauseRow) for row in about):
            return report
        others = tuple(NamedTest.of(row.failure) for row in about if isinstance(row, OtherRow))
        return replace(report, others=others, more=more)


def _continued(cause: GroupReport) -> GroupReport:
    """Returns what tells a group of which an earlier page has more."""
    return GroupReport(
        fingerprint=cause.fingerprint,
        cause=shorten(cause.cause, _CONTINUED_CAUSE_CHARS),
        kind=cause.kind,
        tests=cause.tests,
        novelty=cause.novelty,
    )


def _named_run(run: Run) -> Run:
    return Run(provider=run.provider, id=run.id, status=run.status, completion=run.completion)


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
