"""The suites of Buildkite and their runs."""

from base64 import b64encode
from datetime import datetime, timedelta
from functools import lru_cache, partial

from runs_mcp.sandbox.buildkite.addresses import BUILDKITE_ORGANIZATION, suite_url, suite_web_url
from runs_mcp.sandbox.buildkite.executions import KnownTest
from runs_mcp.sandbox.buildkite.records import Suite
from runs_mcp.sandbox.buildkite.store import Store
from runs_mcp.sandbox.seeded import hex_id, uuid_id
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_BUILD_WITHOUT_RUNS,
    BUILDKITE_PIPELINE,
    BUILDKITE_SUITE,
    CREW_SUITE,
    E2E_SUITE,
    EMPTY_SUITE,
    FREIGHT_SUITE,
    MIXED_SUITE,
)
from runs_mcp.sandbox.story.buildkite.runs import buildkite_runs_until
from runs_mcp.sandbox.story.buildkite.story_run import StoryRun
from runs_mcp.sandbox.story.buildkite.suites.known_tests import tests_in

_SUITES = {
    BUILDKITE_SUITE: ("Skerry platform", "main"),
    FREIGHT_SUITE: ("Freight API (pytest)", "main"),
    CREW_SUITE: ("Crew portal", "main"),
    EMPTY_SUITE: ("Tide models", None),
    E2E_SUITE: ("Booking pages", "main"),
    MIXED_SUITE: ("Small services", "main"),
}


def add_buildkite_story(store: Store, now: datetime) -> None:
    """Adds everything that happened in the two weeks until now."""
    for slug, (name, default_branch) in _SUITES.items():
        suite_id = uuid_id(f"buildkite suite {slug}")
        store.add_suite(
            Suite(
                id=suite_id,
                slug=slug,
                name=name,
                url=suite_url(slug),
                web_url=suite_web_url(slug),
                default_branch=default_branch,
                graphql_id=b64encode(f"Suite---{suite_id}".encode()).decode(),
                organization_id=uuid_id(f"buildkite organization {BUILDKITE_ORGANIZATION}"),
                application_name=None,
                color="#2f6f9f",
                emoji=":ferry:",
            ),
            partial(_tests_of, slug),
        )
    for run in _runs_until(now):
        store.add_run(run)
    store.add_build_without_runs(
        BUILDKITE_BUILD_WITHOUT_RUNS,
        BUILDKITE_PIPELINE,
        branch="docs/harbour-map",
        commit=hex_id("buildkite sha without runs", 40),
        created_at=now - timedelta(minutes=3),
    )


def _tests_of(suite: str) -> list[KnownTest]:
    return [known for _, known in tests_in(suite)]


@lru_cache(maxsize=2)
def _runs_until(now: datetime) -> tuple[StoryRun, ...]:
    # They never change, so sandboxes of the same moment share them. Builds get numbers in order.
    return tuple(sorted(buildkite_runs_until(now), key=lambda one: one.run.created_at))
