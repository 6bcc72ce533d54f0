"""The projects of Currents and their runs."""

from datetime import datetime, timedelta
from functools import lru_cache

from runs_mcp.sandbox.currents.records import Project
from runs_mcp.sandbox.currents.store import Store
from runs_mcp.sandbox.story.currents.booking.runs import BookingRuns
from runs_mcp.sandbox.story.currents.console.runs import ConsoleRuns
from runs_mcp.sandbox.story.currents.story_run import StoryRun
from runs_mcp.sandbox.story.notable import BOOKING_PROJECT, CONSOLE_PROJECT
from runs_mcp.sandbox.timestamps import utc


def add_currents_story(store: Store, now: datetime) -> None:
    """Adds everything that happened in the two weeks until now."""
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
    store.add_project(console, cancels_as_open_api=True)
    for run in _runs_until(now):
        store.add_run(run)


@lru_cache(maxsize=2)
def _runs_until(now: datetime) -> tuple[StoryRun, ...]:
    # No write changes them, so sandboxes of the same moment share them.
    return tuple(map(StoryRun, (*BookingRuns(now).plans(), *ConsoleRuns(now).plans())))
