"""The Buildkite suites of the story, and runs and builds with a name for demos and tests."""

from enum import StrEnum

from runs_mcp.sandbox.seeded import uuid_id

BUILDKITE_SUITE = "platform"
"""The main suite: the tests of one repository, in RSpec, pytest and Jest."""
FREIGHT_SUITE = "freight-api"
"""A small suite, in pytest."""
CREW_SUITE = "crew.portal"
"""A small suite, in Jest, whose collector keeps colour codes."""
EMPTY_SUITE = "tide-models"
"""A suite without runs."""
E2E_SUITE = "booking-e2e"
"""The booking site's pages, in Playwright; builds of the main suite also upload to it."""
MIXED_SUITE = "small-services"
"""Services in many languages: every collector uploads to it."""
BUILDKITE_PIPELINE = "platform"
"""The pipeline whose builds upload to the main suite."""


def pipeline_of_suite(suite: str) -> str:
    """Returns the slug of the pipeline whose builds upload to a suite."""
    own = {
        FREIGHT_SUITE: "freight-api",
        CREW_SUITE: "crew-portal",
        EMPTY_SUITE: "tides",
        MIXED_SUITE: "small-services",
    }
    return own.get(suite, BUILDKITE_PIPELINE)


class NotableBuildkiteRun(StrEnum):
    """Runs with a name, in the main suite by default; each value is the ID of the run."""

    MANY_FAILURES = uuid_id("buildkite run many failures")
    """The newest run of feat/fare-ledger: 437 failures in six forms, one also on main."""
    TWELVE_FAILURES = uuid_id("buildkite run twelve failures")
    """The newest run of fix/berth-conflicts: 12 failures in four forms, one also on main."""
    MAIN = uuid_id("buildkite run main 0")
    """The last finished run on main: one failure."""
    PASSED = uuid_id("buildkite run passed")
    """On docs/api-examples, finished."""
    PENDING = uuid_id("buildkite run pending")
    """On main, running, without a result so far."""
    PASSED_SO_FAR = uuid_id("buildkite run passed so far")
    """On feat/round-trips, running: passed, which is not final."""
    FAILED_SO_FAR = uuid_id("buildkite run failed so far")
    """On feat/fare-ledger, running, with three failures, which is final."""
    STALE = uuid_id("buildkite run stale")
    """On chore/ruby-4, finished without a result."""
    WITHOUT_BUILD = uuid_id("buildkite run without build")
    """On fix/berth-conflicts, uploaded from a laptop: its build_id is null."""
    OLDEST_SHAPE = uuid_id("buildkite run oldest shape")
    """The oldest run on main: it has no build_id, and failures with fields missing."""
    STRANGE_STRINGS = uuid_id("buildkite run strange strings")
    """On fix/names-with-accents: markup, emoji and invisible characters in its failures."""
    FREIGHT_FAILED = uuid_id("buildkite run freight failed")
    """In FREIGHT_SUITE, on feat/dangerous-goods."""
    CREW_FAILED = uuid_id("buildkite run crew failed")
    """In CREW_SUITE, on feat/shift-swap: colour codes in every message, and no locations."""
    RECOVERED = uuid_id("buildkite run mended")
    """On fix/ledger-rows: two tests failed, and passed in the retry of their job; build passed."""
    PARTLY_RECOVERED = uuid_id("buildkite run half mended")
    """On fix/ledger-rows: three failed, two passed in the retry of their job; build failed."""
    LATE_UPLOAD = uuid_id("buildkite run late upload")
    """On fix/tide-tables, running: a test failed, and the retry that passed is not processed."""
    MATRIX = uuid_id("buildkite run matrix")
    """On chore/python-3.14: a test fails with one Python and passes with the other; no retry."""
    MUTED = uuid_id("buildkite run muted")
    """On feat/dark-clock: the only failure is of a muted test, so the build passed."""
    E2E_FAILED = uuid_id("buildkite run e2e failed")
    """In E2E_SUITE, on feat/seat-picker: four tests failed twice each, one was flaky, and one was
    interrupted."""
    EVERY_COLLECTOR = uuid_id("buildkite run every collector")
    """In MIXED_SUITE, on feat/new-logger: failures of each of the other collectors."""


BUILDKITE_SHARED_BUILD = uuid_id("buildkite build shared")
"""The build of three runs of the main suite, one after the other: its jobs were retried twice,
and each attempt uploaded with a key of its own, so that it is a run of its own."""
BUILDKITE_TWO_SUITES_BUILD = uuid_id("buildkite build two suites")
"""The build of E2E_FAILED, which uploaded to the main suite, too, where everything passed."""
BUILDKITE_BUILD_WITHOUT_RUNS = uuid_id("buildkite build without runs")
"""The newest build of BUILDKITE_PIPELINE: it ran no tests."""
