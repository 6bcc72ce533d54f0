"""The story as Buildkite knows it: the company's suites and their runs, over two weeks."""

from datetime import datetime
from functools import lru_cache

from runs_mcp.sandbox.buildkite.addresses import suite_url, suite_web_url
from runs_mcp.sandbox.buildkite.records import Suite
from runs_mcp.sandbox.buildkite.store import Store
from runs_mcp.sandbox.identifiers import uuid_id
from runs_mcp.sandbox.story.buildkite_notable import (
    BUILDKITE_SUITE,
    CREW_SUITE,
    EMPTY_SUITE,
    FREIGHT_SUITE,
)
from runs_mcp.sandbox.story.buildkite_runs import BuildkiteRun, buildkite_runs_until

_SUITES = {
    BUILDKITE_SUITE: ("Skerry platform", "main"),
    FREIGHT_SUITE: ("Freight API (pytest)", "main"),
    CREW_SUITE: ("Crew portal", "main"),
    EMPTY_SUITE: ("Tide models", None),
}


def tell_buildkite_story(store: Store, now: datetime) -> None:
    """Fill the store with everything that happened in the two weeks until now."""
    for slug, (name, default_branch) in _SUITES.items():
        store.add_suite(
            Suite(
                id=uuid_id(f"buildkite suite {slug}"),
                slug=slug,
                name=name,
                url=suite_url(slug),
                web_url=suite_web_url(slug),
                default_branch=default_branch,
            )
        )
    for told in _runs_until(now):
        store.add_run(told.suite, told.run, told.failures)


@lru_cache(maxsize=2)
def _runs_until(now: datetime) -> tuple[BuildkiteRun, ...]:
    # They never change, so sandboxes that start together share them.
    return tuple(buildkite_runs_until(now))
