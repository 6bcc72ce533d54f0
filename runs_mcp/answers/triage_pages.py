"""Triage as pages within a budget. Pure functions.

A page has the causes first, then an example of each, the biggest groups first; then a few more
tests of each; the flaky and the silent; and last all the other tests by name.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypedDict

from msgspec import UNSET

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.reports import Trim, odd_records
from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.triage_reports import (
    BaselineReport,
    Coverage,
    FailuresInGroup,
    GroupReport,
    NamedTest,
    TriageReport,
)
from runs_mcp.model import Failure
from runs_mcp.text import clip
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.grouping import CauseGroup
from runs_mcp.triage.verdict import verdict_of

_CAUSES_SHARE: Final = 0.4  # of a page, so that the examples of the biggest groups are there, too
_EXAMPLE_SHARE: Final = 0.25
_CAUSE_CHARS: Final = (300, 200, 150, 100, 70, 50, 30)
_FIRST_OTHERS: Final = 3
_GROUPS_SHOWN: Final = 6


class _Row(NamedTuple):
    """One record of the pages of triage; of a group, by its number."""

    kind: str
    group: int = -1
    failure: Failure | None = None
    spec: str = ""


@dataclass(frozen=True)
class TriageAnswer:
    """All there is to say of a run, over however many pages."""

    findings: Findings
    groups: Sequence[CauseGroup]
    baseline: BaselineReport | None
    no_baseline: str

    def page(self, request: PageRequest) -> TriageReport:
        """Returns the page that is asked for.

        Raises:
            InvalidArgument: The cursor is none of this query.
            Conflict: The run has other failures than when the cursor was given.
        """
        rows = self._rows()
        start = request.rows_before(len(rows))
        causes = _fitting_causes(self.groups, int(request.budget * _CAUSES_SHARE))

        def make(count: int) -> TriageReport:
            end = min(start + count, len(rows))
            shown = rows[start:end]
            return TriageReport(
                run=self.findings.run,
                verdict=verdict_of(self.findings, self.groups),
                totals=self.findings.totals or UNSET,
                groups=self._group_reports(rows, start, end, causes, request.budget),
                flaky=tuple(_named(row.failure) for row in shown if row.kind == "flaky"),
                quarantined=tuple(
                    _named(row.failure) for row in shown if row.kind == "quarantined"
                ),
                incomplete=tuple(row.spec for row in shown if row.kind == "incomplete"),
                baseline=self.baseline or UNSET,
                no_baseline=self.no_baseline,
                coverage=_coverage(self.findings),
                trim=_trim(shown, len(rows), start, end, request),
            )

        return longest_page(max(0, len(rows) - start), make, request.budget)

    def _rows(self) -> list[_Row]:
        numbered = list(enumerate(self.groups))
        others = {number: group.failures[1:] for number, group in numbered}
        rows = [_Row("cause", number) for number, _ in numbered]
        rows += [_Row("example", number, group.failures[0]) for number, group in numbered]
        rows += [
            _Row("other", number, failure)
            for number, _ in numbered
            for failure in others[number][:_FIRST_OTHERS]
        ]
        rows += [_Row("flaky", failure=failure) for failure in self.findings.flaky]
        rows += [_Row("quarantined", failure=failure) for failure in self.findings.quarantined]
        rows += [_Row("incomplete", spec=spec) for spec in self.findings.incomplete]
        return rows + [
            _Row("other", number, failure)
            for number, _ in numbered
            for failure in others[number][_FIRST_OTHERS:]
        ]

    def _group_reports(
        self, rows: Sequence[_Row], start: int, end: int, causes: Sequence[str], budget: int
    ) -> tuple[GroupReport, ...]:
        """Returns the groups that the rows of a page concern, each with what is on this page."""
        later = [row.group for row in rows[end:] if row.kind in ("example", "other")]
        mine: defaultdict[int, list[_Row]] = defaultdict(list)
        for row in rows[start:end]:
            if row.group >= 0:
                mine[row.group].append(row)
        reports = []
        for number, about in sorted(mine.items()):
            group = self.groups[number]
            first = any(row.kind == "cause" for row in about)
            example = next((row.failure for row in about if row.kind == "example"), None)
            reports.append(
                GroupReport(
                    fingerprint=group.cause.fingerprint,
                    cause=causes[number] if first else "",
                    kind=group.cause.kind if first else "",
                    tests=len(group.failures) if first else 0,
                    specs=group.specs if first else 0,
                    novelty=group.novelty if first else "",
                    **(_in_groups(group) if first else {}),
                    example=shortened_to(int(budget * _EXAMPLE_SHARE), example, keep_ids=True)
                    if example
                    else UNSET,
                    others=tuple(_named(row.failure) for row in about if row.kind == "other"),
                    more=later.count(number),
                )
            )
        return tuple(reports)


def _trim(shown: Sequence[object], total: int, start: int, end: int, request: PageRequest) -> Trim:
    more = end < total
    return Trim(
        trimmed=more or start > 0,
        shown=len(shown),
        total=total,
        reason="next_cursor gives the rest" if more else "",
        next_cursor=request.cursor_behind([end, total]) if more else "",
    )


def _fitting_causes(groups: Sequence[CauseGroup], budget: int) -> list[str]:
    """Returns the causes, all cut to the same length so that together they fit."""
    causes: list[str] = []
    for max_chars in _CAUSE_CHARS:
        causes = [clip(group.cause.cause, max_chars) for group in groups]
        reports = [
            GroupReport(
                fingerprint=group.cause.fingerprint,
                cause=cause,
                kind=group.cause.kind,
                tests=len(group.failures),
                specs=group.specs,
                novelty=group.novelty,
            )
            for group, cause in zip(groups, causes, strict=True)
        ]
        if sum(map(encoded_size, reports)) <= budget:
            break
    return causes


class _InGroups(TypedDict, total=False):
    in_groups: tuple[FailuresInGroup, ...]
    more_groups: int


def _in_groups(group: CauseGroup) -> _InGroups:
    """Returns the groups of the run with most of a cause, and how many more there are."""
    counts = group.run_groups()
    shown = counts[:_GROUPS_SHOWN]
    return _InGroups(
        in_groups=tuple(FailuresInGroup(group=name, tests=tests) for name, tests in shown),
        more_groups=len(counts) - len(shown),
    )


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


def _named(failure: Failure | None) -> NamedTest:
    if failure is None:
        return NamedTest(test="")
    return NamedTest(test=failure.test, spec=failure.spec, group=failure.group)
