"""The tests of each suite, with the records of Test Engine."""

from functools import lru_cache

from runs_mcp.sandbox.buildkite.addresses import test_url, test_web_url
from runs_mcp.sandbox.buildkite.executions import KnownTest, TestState
from runs_mcp.sandbox.buildkite.records import FailedExecution
from runs_mcp.sandbox.seeded import uuid_id
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_SUITE,
    CREW_SUITE,
    E2E_SUITE,
    FREIGHT_SUITE,
)
from runs_mcp.sandbox.story.buildkite.suites.areas import TestFramework
from runs_mcp.sandbox.story.buildkite.suites.tests import SuiteTest, tests_of

_AREAS = {
    BUILDKITE_SUITE: (
        *("bookings", "berths", "tolls", "sailings", "manifests", "mails", "cabins"),
        *("fares", "clock", "labels"),
    ),
    FREIGHT_SUITE: ("bookings", "tolls"),
    CREW_SUITE: ("labels",),
    E2E_SUITE: ("pages",),
}
_OWNERS = {
    "rspec": "booking-backend",
    "pytest": "pricing-and-berths",
    "jest": "web",
    "playwright": "web",
}
MUTED_TEST = tests_of("clock")[-1]
"""A muted test of the main suite: where it fails, its job passes."""
SKIPPED_TEST = tests_of("tolls")[-1]
"""A test whose state is skipped in every suite that has it."""
PENDING_TEST = tests_of("cabins")[-1]
"""A test that is pending in every run."""
FLAKY_TESTS = frozenset(test.name for test in tests_of("bookings")[:3])
"""The names of tests with the label flaky."""


def id_of_test(suite: str, test: SuiteTest) -> str:
    """Returns the ID of a test in a suite."""
    return uuid_id(f"buildkite test {suite} {test.file} {test.name}")


def location_of(suite: str, test: SuiteTest) -> str | None:
    """Returns the location of a test, as the suite's collector uploads it."""
    # The crew portal's Jest is not configured to report locations.
    return None if suite == CREW_SUITE else test.place


@lru_cache(maxsize=8)
def tests_in(suite: str) -> tuple[tuple[SuiteTest, KnownTest], ...]:
    """Returns all tests of a suite, with their records."""
    return tuple(
        (test, known_test(suite, test)) for area in _AREAS.get(suite, ()) for test in tests_of(area)
    )


@lru_cache(maxsize=8)
def frameworks_in(suite: str) -> tuple[TestFramework, ...]:
    """Returns the frameworks of a suite; mixed where it has no tests of its own."""
    areas = _AREAS.get(suite, ())
    return tuple(dict.fromkeys(tests_of(area)[0].framework for area in areas)) or ("mixed",)


def known_test(suite: str, test: SuiteTest) -> KnownTest:
    """Returns the record of a test."""
    test_id = id_of_test(suite, test)
    return KnownTest(
        id=test_id,
        url=test_url(suite, test_id),
        web_url=test_web_url(suite, test_id),
        scope=test.scope,
        name=test.title,
        location=location_of(suite, test),
        file_name=test.file,
        labels=("flaky",) if test.name in FLAKY_TESTS else (),
        state=_state(suite, test),
        owner=_OWNERS[test.framework],
    )


def own_test(suite: str, test_id: str) -> SuiteTest | None:
    """Returns a test of the suite by its ID."""
    known = _by_id(suite).get(test_id)
    return known[0] if known is not None else None


def test_behind(suite: str, failure: FailedExecution) -> KnownTest:
    """Returns the test of a failed execution, which may not be one of the suite's own."""
    known = _by_id(suite).get(failure.test_id)
    if known is not None:
        return known[1]
    return KnownTest(
        id=failure.test_id,
        url=test_url(suite, failure.test_id),
        web_url=failure.test_url,
        scope="",
        name=failure.test_name,
        location=failure.location,
        file_name=None,
    )


@lru_cache(maxsize=8)
def _by_id(suite: str) -> dict[str, tuple[SuiteTest, KnownTest]]:
    return {known.id: (test, known) for test, known in tests_in(suite)}


def _state(suite: str, test: SuiteTest) -> TestState:
    if suite == BUILDKITE_SUITE and test == MUTED_TEST:
        return "muted"
    return "skipped" if test == SKIPPED_TEST else "enabled"
