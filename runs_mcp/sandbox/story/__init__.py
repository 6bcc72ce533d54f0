"""The story: an invented ferry line's booking site and port console, over two weeks."""

from datetime import datetime, timedelta
from functools import lru_cache

from runs_mcp.sandbox.currents.records import Project
from runs_mcp.sandbox.currents.store import Store
from runs_mcp.sandbox.identifiers import utc
from runs_mcp.sandbox.story.booking.runs import BookingRuns
from runs_mcp.sandbox.story.console.runs import ConsoleRuns
from runs_mcp.sandbox.story.notable import (
    BOOKING_PROJECT,
    CONSOLE_PROJECT,
    PUSH_IN_PROGRESS,
    NotableRun,
)
from runs_mcp.sandbox.story.story_run import StoryRun

__all__ = ["BOOKING_PROJECT", "CONSOLE_PROJECT", "PUSH_IN_PROGRESS", "NotableRun", "tell_story"]


def tell_story(store: Store, now: datetime) -> None:
    """Fill the store with everything that happened in the two weeks until now."""
    booking = Project(
        project_id=BOOKING_PROJECT,
        name="Skerry booking site",
        created_at=utc(now - timedelta(days=410)),
        default_branch_name="main",
    )
    console = Project(
        project_id=CONSOLE_PROJECT,
        name="Skerry port console",
        created_at=utc(now - timedelta(days=1130)),
    )
    store.add_project(booking)
    store.add_project(console, tells_as_open_api=True)
    for source in _runs_until(now):
        store.add_run(source)


@lru_cache(maxsize=2)
def _runs_until(now: datetime) -> tuple[StoryRun, ...]:
    # No write changes them, so sandboxes of the same moment share them.
    return tuple(map(StoryRun, (*BookingRuns(now).plans(), *ConsoleRuns(now).plans())))
