"""What of a spec file's execution an answer shows, and in which order. Pure functions."""

from runs_mcp.answers.cursors import PageRequest
from runs_mcp.answers.fitting import longest_page
from runs_mcp.answers.reports import InstanceReport, Trim, odd_records
from runs_mcp.answers.run_pages import _reason
from runs_mcp.model import (
    Asset,
    Failure,
    FullInstance,
    PassedTest,
)


def instance_page(
    full: FullInstance,
    request: PageRequest,
    *,
    include_passed: bool,
    include_assets: bool,
) -> InstanceReport:
    """Returns the page of an instance that is asked for.

    The failures come first, failed tests before flaky ones and those in quarantine; then the
    tests that passed, then the assets, as far as they are asked for.

    Raises:
        InvalidArgument: The cursor is none of this query.
    """
    failures = sorted(full.failures, key=lambda f: (f.quarantined, f.status == "flaky"))
    passed = full.passed if include_passed else ()
    rows = [*failures, *passed, *(full.assets if include_assets else ())]
    start = request.rows_before()

    def make(count: int) -> InstanceReport:
        taken = rows[start : start + count]
        end = start + count
        next_cursor = request.cursor_behind([end]) if end < len(rows) else ""
        return InstanceReport(
            instance=full.instance,
            totals=full.totals,
            note=_instance_note(full),
            exception=full.exception,
            artifacts=full.artifacts,
            failures=tuple(row for row in taken if isinstance(row, Failure)),
            passed=tuple(row for row in taken if isinstance(row, PassedTest)),
            assets=tuple(row for row in taken if isinstance(row, Asset)),
            **odd_records(full.unreadable),
            trim=Trim(
                trimmed=len(taken) < len(rows),
                upstream_bytes=full.upstream_bytes,
                shown=len(taken),
                total=len(rows),
                reason=_reason(0, "", more=bool(next_cursor)),
                next_cursor=next_cursor,
            ),
        )

    return longest_page(max(0, len(rows) - start), make, request.budget)


def _instance_note(full: FullInstance) -> str:
    """Returns what the failures do not tell: counts that disagree, skipped tests that fail it."""
    counted, found = full.totals.failed, full.failed_as_counted
    if not full.agrees_with(counted):
        return f"The spec counts {counted} failed tests; {found} could be read."
    skipped = full.totals.skipped
    if skipped and not found and not any(test.status == "failed" for test in full.tests):
        return f"No test failed, but {skipped} were skipped, which fails the spec."
    return ""
