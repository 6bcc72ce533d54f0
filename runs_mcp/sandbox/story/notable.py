"""The projects of the story, and runs and tests with a name for demos and tests."""

from enum import StrEnum
from typing import NamedTuple

from runs_mcp.sandbox.seeded import hex_id

BOOKING_PROJECT = "Bk7sKy"
"""The booking site, tested with Playwright."""
CONSOLE_PROJECT = "pC4oNs"
"""The port console, tested with Cypress."""


class NotableRun(StrEnum):
    """Runs with a name; each value is the ID of the run."""

    THREE_CAUSES = hex_id("run three causes")
    """The newest run of feat/fare-engine-v2: three root causes, none of them on main."""
    MAIN = hex_id("run main 0")
    """The last completed run on main: one known failure."""
    MATRIX = hex_id("run matrix")
    """Last night's cross-browser run: more than 10 MB."""
    THREE_BROWSERS = hex_id("run nightly 1")
    """The run of the night before: chromium, firefox, webkit."""
    KNOWN_AND_NEW = hex_id("run node 24")
    """The newest run of chore/node-24: the failure that main has, and a new one."""
    LONG_HISTORY = hex_id("run next 0")
    """The newest run of next: four causes, which began at different times."""
    STRANGE_STRINGS = hex_id("run names")
    """fix/names-with-accents: markup, emoji and invisible characters in a failure."""
    IN_PROGRESS = hex_id("run in progress")
    """On main, without failures so far."""
    FAILING = hex_id("run failing")
    """On feat/split-bill, in progress, with failures."""
    CANCELED = hex_id("run canceled")
    """On feat/split-bill, canceled by a person; some specs were never claimed."""
    TIMED_OUT = hex_id("run timed out")
    """On release/2.31, with idle specs."""
    EMPTY = hex_id("run empty")
    """On docs/contributing: one group without specs."""
    NEVER_RAN = hex_id("run never ran")
    """On refactor/fixtures: a spec file that could not be loaded."""
    ONE_BROWSER = hex_id("run sticky calendar")
    """On feat/sticky-calendar, in three browsers: one test fails in one of them."""
    STOPPED_EARLY = hex_id("run halted")
    """On feat/lounge-menu: one failure, then workers interrupted and tests never run."""
    UNUSUAL_ENDS = hex_id("run unusual ends")
    """On test/expected-failures: an unexpected pass, a quarantined failure, a cut error."""
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


FAILING_BROWSER = "webkit"
"""The group of ONE_BROWSER in which its one failure is."""


class NotableTest(NamedTuple):
    """A test by its spec file and title."""

    spec: str
    title: str


class OddEnding:
    """Tests with a name, of ONE_BROWSER, STOPPED_EARLY and UNUSUAL_ENDS."""

    FAILS_IN_ONE_BROWSER = NotableTest(
        "e2e/specs/search/calendar.spec.ts", "moves to the next month"
    )
    HALTED_AFTER_FAILURE = NotableTest("e2e/specs/extras/lounge.spec.ts", "adds the lounge for all")
    """STOPPED_EARLY: failed once; its retries never ran. State failed."""
    INTERRUPTED_AFTER_FAILURE = NotableTest(
        "e2e/specs/seats/recliners.spec.ts", "reserves a recliner"
    )
    """STOPPED_EARLY: failed once, interrupted in its retry. State skipped, with both errors."""
    INTERRUPTED = NotableTest("e2e/specs/seats/groups.spec.ts", "seats eight people together")
    """STOPPED_EARLY: interrupted at once. State skipped; it alone makes its spec file fail."""
    NEVER_RAN = NotableTest("e2e/specs/i18n/dates.spec.ts", "are written the German way")
    """STOPPED_EARLY: three attempts, none of which ran. State pending."""
    PASSED_UNEXPECTEDLY = NotableTest("e2e/specs/extras/wifi.spec.ts", "is free in Comfort")
    """UNUSUAL_ENDS: state failed, every attempt passed, no error anywhere."""
    QUARANTINED = NotableTest("e2e/specs/seats/seat-map.spec.ts", "marks seats of the same booking")
    """UNUSUAL_ENDS: state pending, with an error and the annotation of a rule."""
    CUT_SHORT = NotableTest("e2e/specs/freight/manifest.spec.ts", "uploads a manifest")
    """UNUSUAL_ENDS: an error cut in the middle to 2,048 characters."""


PUSH_IN_PROGRESS = ("15400041973", 2)
"""The GitHub workflow run and attempt behind IN_PROGRESS and CONSOLE_IN_PROGRESS."""
