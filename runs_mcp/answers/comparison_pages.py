"""A comparison as pages within a budget. Pure functions."""

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.reports import odd_records
from runs_mcp.answers.triage_pages import _trim
from runs_mcp.answers.triage_reports import CompareReport, ComparisonCounts, NamedTest
from runs_mcp.triage.comparison import Comparison


def compare_page(comparison: Comparison, request: PageRequest) -> CompareReport:
    """Returns the page of a comparison that is asked for.

    Raises:
        InvalidArgument: The cursor is none of this query.
        Conflict: The runs have other tests than when the cursor was given.
    """
    lists = comparison.lists()
    rows = [(name, test) for name, tests in lists.items() for test in tests]
    start = request.rows_before(len(rows))

    def make(count: int) -> CompareReport:
        end = min(start + count, len(rows))
        shown = rows[start:end]
        return CompareReport(
            base=comparison.base,
            head=comparison.head,
            counts=ComparisonCounts(**{name: len(tests) for name, tests in lists.items()}),
            unread_specs=comparison.unread_specs,
            **odd_records(comparison.unreadable),
            remarks=comparison.remarks,
            trim=_trim(shown, len(rows), start, end, request),
            **{
                name: tuple(
                    NamedTest(test=test.test, spec=test.spec, group=test.group)
                    for listed, test in shown
                    if listed == name
                )
                for name in lists
            },
        )

    return longest_page(max(0, len(rows) - start), make, request.budget)
