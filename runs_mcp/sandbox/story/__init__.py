"""The story: two weeks of test runs of an invented ferry line, the same in every sandbox."""

from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)

__all__ = ["BOOKING_PROJECT", "CONSOLE_PROJECT", "PUSH_IN_PROGRESS", "NotableRun"]
