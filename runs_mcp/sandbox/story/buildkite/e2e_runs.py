"""The runs of the suite of the booking pages, in builds of the main suite's pipeline."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from runs_mcp.sandbox.seeded import choice, uuid_id
from runs_mcp.sandbox.story.buildkite.failures import playwright
from runs_mcp.sandbox.story.buildkite.failures.failed_executions import failing
from runs_mcp.sandbox.story.buildkite.notable import BUILDKITE_TWO_SUITES_BUILD, E2E_SUITE
from runs_mcp.sandbox.story.buildkite.story_run import StoryRun, buildkite_run
from runs_mcp.sandbox.story.buildkite.suites.known_tests import id_of_test
from runs_mcp.sandbox.story.buildkite.suites.tests import tests_of

ATTEMPTS = 2
"""Playwright retries a failed test once; each attempt is an execution."""


def e2e_runs(now: datetime) -> Iterator[StoryRun]:
    """Yields a few runs on main, and those of a build on a branch that broke some pages."""
    for at in (5, 7, 12):
        begin = now - timedelta(hours=3 + 8 * at, minutes=choice(f"buildkite {at}", 50) - 4)
        yield buildkite_run(
            f"e2e main {at}",
            begin,
            suite=E2E_SUITE,
            build_id=uuid_id(f"buildkite build main {at}"),
        )
    yield buildkite_run(
        "two suites",
        now - timedelta(hours=8.1),
        "feat/seat-picker",
        build_id=BUILDKITE_TWO_SUITES_BUILD,
    )
    yield _failed(now)


def _failed(now: datetime) -> StoryRun:
    first, second, third, hanging, flaky, interrupted = tests_of("pages")[:6]
    red = (
        (first, playwright.NO_TOTAL),
        (second, playwright.NO_TOTAL),
        (third, playwright.NO_TOTAL),
        (hanging, playwright.TIMED_OUT),
    )
    run = buildkite_run(
        "e2e failed",
        now - timedelta(hours=8),
        "feat/seat-picker",
        failing((*red * ATTEMPTS, (flaky, playwright.TIMED_OUT))),
        suite=E2E_SUITE,
        build_id=BUILDKITE_TWO_SUITES_BUILD,
    )
    return replace(
        run,
        recovered=frozenset({id_of_test(E2E_SUITE, flaky)}),
        interrupted=frozenset({id_of_test(E2E_SUITE, interrupted)}),
    )
