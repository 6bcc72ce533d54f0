"""A spec file's execution as pages within a budget. Pure functions."""

from typing import Final, TypeAlias

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.fitting import Rows, rows_page
from runs_mcp.answers.reports import InstanceReport, odd_records
from runs_mcp.model import Asset, Failure, FullInstance, PassedTest
from runs_mcp.text import clip

_EXCEPTION_CHARS: Final = 1500
_Row: TypeAlias = Failure | PassedTest | Asset


def instance_page(
    full: FullInstance, request: PageRequest, *, include_passed: bool, include_assets: bool
) -> InstanceReport:
    """Returns one page of an instance.

    The failures come first, failed tests before flaky ones and those in quarantine; then the
    tests that passed and the assets, where wanted.

    Raises:
        InvalidArgument: The cursor is not one of this query.
    """

    def make(rows: Rows[_Row]) -> InstanceReport:
        return InstanceReport(
            instance=full.instance,
            totals=full.totals,
            note=_instance_note(full),
            exception=clip(full.exception, _EXCEPTION_CHARS),
            artifacts=full.artifacts,
            failures=tuple(row for row in rows.shown if isinstance(row, Failure)),
            passed=tuple(row for row in rows.shown if isinstance(row, PassedTest)),
            assets=tuple(row for row in rows.shown if isinstance(row, Asset)),
            **odd_records(full.unreadable),
            trim=rows.trim(full.upstream_bytes),
        )

    rows: list[_Row] = [
        *sorted(full.failures, key=lambda f: (f.quarantined, f.status == "flaky")),
        *(full.passed if include_passed else ()),
        *(full.assets if include_assets else ()),
    ]
    return rows_page(rows, make, request)


def _instance_note(full: FullInstance) -> str:
    """Returns what the failures do not show: counts that disagree, skipped tests that fail it."""
    counted, found = full.totals.failed, full.failed_as_counted
    if not full.agrees_with(counted):
        return f"The spec counts {counted} failed tests; {found} could be read."
    skipped = full.totals.skipped
    if skipped and not found and not any(test.status == "failed" for test in full.tests):
        return f"No test failed, but {skipped} were skipped, which fails the spec."
    return ""
