"""The branch `next`: its causes began at different times, and one comes and goes.

Runs are numbered from the newest, 0, back in time; one was started every twelve hours.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from runs_mcp.sandbox.story.currents.booking import causes
from runs_mcp.sandbox.story.currents.booking.failures import Places, failing
from runs_mcp.sandbox.story.currents.causes import Cause
from runs_mcp.sandbox.story.currents.run_plan import Outcomes

BRANCH: Final = "next"
RUNS: Final = 24
CANCELED: Final = 4
"""The number of a run that was canceled before the specs that fail were claimed."""
RERUN: Final = 7
"""The number of a run of the same commit as the one before it."""

_THREE_DAYS: Final = range(6)
_OLDER: Final = range(17)
_NOW_AND_THEN: Final = (0, 2, 3, 7)
_ON_MAIN_TOO: Final = range(2)
_CAUSES: Final[Sequence[tuple[Sequence[int], Places, Cause]]] = (
    (
        _THREE_DAYS,
        {"cabins/accessible": [0], "cabins/choose": [0, 1], "cabins/upgrade": [0]},
        causes.NO_CABINS,
    ),
    (_OLDER, {"help/faq": [0]}, causes.HELP_MOVED),
    (_NOW_AND_THEN, {"sailing/weather": [1]}, causes.WEATHER_DOWN),
    (_ON_MAIN_TOO, {"timetable/print": [1]}, causes.PRINTED_WEEKDAY),
)


def age_of(number: int) -> timedelta:
    """Returns how long ago a run of the branch was started."""
    return timedelta(hours=4 + 12 * number)


def outcomes_of(number: int) -> Outcomes:
    """Returns what failed in a run of the branch."""
    return failing(*((places, cause) for runs, places, cause in _CAUSES if number in runs))
