"""The projects of the story, and the runs that demonstrations and tests go to by name."""

from enum import StrEnum

from runs_mcp.sandbox.identifiers import hex_id

BOOKING_PROJECT = "Bk7sKy"
"""The booking site, tested with Playwright."""
CONSOLE_PROJECT = "pC4oNs"
"""The port console, tested with Cypress."""


class NotableRun(StrEnum):
    """Runs worth knowing; each value is the run's ID."""

    THREE_CAUSES = hex_id("run three causes")
    """The newest run of feat/fare-engine-v2: three root causes, none of them on main."""
    MAIN = hex_id("run main 0")
    """The last completed run on main: one known failure."""
    MATRIX = hex_id("run matrix")
    """Last night's cross-browser run: more than 10 MB."""
    THREE_BROWSERS = hex_id("run nightly 1")
    """The night before's: chromium, firefox, webkit."""
    KNOWN_AND_NEW = hex_id("run node 24")
    """The newest run of chore/node-24: the failure known on main, and a new one."""
    STRANGE_STRINGS = hex_id("run names")
    """fix/names-with-accents: markup, emoji and invisible characters in a failure."""
    IN_PROGRESS = hex_id("run in progress")
    """On main, nothing failed so far."""
    FAILING = hex_id("run failing")
    """On feat/split-bill, in progress, with failures."""
    CANCELED = hex_id("run canceled")
    """On feat/split-bill, by a person; some specs were never claimed."""
    TIMED_OUT = hex_id("run timed out")
    """On release/2.31, with idle specs."""
    EMPTY = hex_id("run empty")
    """On docs/contributing: one group of no specs."""
    NEVER_RAN = hex_id("run never ran")
    """On refactor/fixtures: a spec file that could not be loaded."""
    CONSOLE_MAIN = hex_id("run console main 0")
    """The console's last completed run on main: passed."""
    CONSOLE_FAILED = hex_id("run console failed")
    """The newest run of feat/berth-drag: two root causes, one flaky test."""
    CONSOLE_IN_PROGRESS = hex_id("run console in progress")
    """Started by the same GitHub workflow run as IN_PROGRESS."""
    CONSOLE_CANCELED = hex_id("run console canceled")
    """On feat/berth-drag."""
    CONSOLE_NEVER_RAN = hex_id("run console never ran")
    """On feat/tariff-import: a spec file that does not compile."""
    CONSOLE_EMPTY = hex_id("run console empty")
    """On docs/onboarding: no groups at all."""
    OLDEST_SHAPE = hex_id("run oldest shape")
    """The console's oldest run: no status, no framework, specs without results."""


PUSH_IN_PROGRESS = ("15400041973", 2)
"""The GitHub workflow run and attempt behind IN_PROGRESS and CONSOLE_IN_PROGRESS."""
