"""A comparison as pages within a budget. Pure functions."""

from collections.abc import Sequence

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.fitting import Rows, rows_page
from runs_mcp.answers.reports import odd_records
from runs_mcp.answers.triage_reports import CompareReport, ComparisonCounts, NamedTest
from runs_mcp.triage.comparison import Comparison
from runs_mcp.triage.findings import NamedOutcome


def compare_page(
    comparison: Comparison, request: PageRequest, remarks: Sequence[str] = ()
) -> CompareReport:
    """Returns one page of a comparison.

    Args:
        comparison: The comparison.
        request: Which page.
        remarks: What is to be said of the runs, besides its own remarks.

    Raises:
        InvalidArgument: The cursor is not one of this query.
        Conflict: The number of tests has changed since the cursor was given.
    """
    lists = comparison.lists()
    counts = ComparisonCounts(**{name: len(tests) for name, tests in lists.items()})

    def make(rows: Rows[tuple[str, NamedOutcome]]) -> CompareReport:
        return CompareReport(
            base=comparison.base,
            head=comparison.head,
            counts=counts,
            unread_specs=comparison.unread_specs,
            **odd_records(comparison.unreadable),
            remarks=(*remarks, *comparison.remarks),
            trim=rows.trim(),
            **{
                name: tuple(NamedTest.of(test) for listed, test in rows.shown if listed == name)
                for name in lists
            },
        )

    rows = [(name, test) for name, tests in lists.items() for test in tests]
    return rows_page(rows, make, request, total_in_cursor=True)
