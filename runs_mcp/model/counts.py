"""Numbers of tests, spec files and other files."""

from runs_mcp.model.record import Record


class TestCounts(Record, frozen=True, kw_only=True):
    """Numbers of tests. `pending` was skipped on purpose; `skipped` could not run."""

    __test__ = False  # pytest would collect it by its name.

    overall: int = 0
    passed: int = 0
    failed: int = 0
    pending: int = 0
    skipped: int = 0
    flaky: int = 0
    retries: int = 0


class TestTotals(TestCounts, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers of tests, zeros included."""


class SpecCounts(Record, frozen=True, kw_only=True):
    """Numbers of spec files."""

    overall: int = 0
    claimed: int = 0
    complete: int = 0
    passed: int = 0
    failed: int = 0


class SpecTotals(SpecCounts, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers of spec files, zeros included."""


class Totals(Record, frozen=True, kw_only=True):
    """A run's counts, summed over its groups."""

    tests: TestTotals
    specs: SpecTotals


class Artifacts(Record, frozen=True, kw_only=True):
    """How many files a test or a spec left behind."""

    screenshots: int = 0
    videos: int = 0
    traces: int = 0
    attachments: int = 0
