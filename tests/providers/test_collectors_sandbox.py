"""The sandbox returns tests in the forms that the vendors' own collectors upload."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from collectors.collector_recordings import ABSENT, currents_records, uploaded_results
from story_api import NOW, api_of, instance, reported_tests, run

from runs_mcp.sandbox import BUILDKITE_ORGANIZATION, READ_WRITE_KEY, Sandbox
from runs_mcp.sandbox.story.buildkite.notable import (
    BUILDKITE_SUITE,
    E2E_SUITE,
    MIXED_SUITE,
    NotableBuildkiteRun,
)
from runs_mcp.sandbox.story.notable import NotableRun

Json = dict[str, Any]


@pytest.fixture(scope="module")
def story() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


def executions(story: Sandbox, suite: str, run_id: NotableBuildkiteRun) -> list[Json]:
    path = f"/v2/analytics/organizations/{BUILDKITE_ORGANIZATION}/suites/{suite}/runs/{run_id}"
    answer = httpx.get(
        f"{story.buildkite_url}{path}/failed_executions",
        params={"include_failure_expanded": "true", "per_page": "100"},
        headers={"Authorization": f"Bearer {READ_WRITE_KEY}"},
        trust_env=False,
    )
    found: list[Json] = answer.json()
    return found


def shape(location: object, parts: Sequence[Json]) -> tuple[str, frozenset[str]]:
    """Returns the form of a location, and the names of the parts of an expanded failure."""
    form = (
        re.sub(r"[0-9]+", "n", re.sub(r"^[^:]+", "file", location or ""))
        if (isinstance(location, str) and location != ABSENT)
        else "none"
    )
    return form, frozenset(name for part in parts for name, lines in part.items() if lines)


@pytest.mark.parametrize(
    ("name", "suite", "run_id", "framework"),
    [
        ("buildkite-js-playwright", E2E_SUITE, NotableBuildkiteRun.E2E_FAILED, "playwright"),
        (
            "buildkite-python-pytest",
            BUILDKITE_SUITE,
            NotableBuildkiteRun.MANY_FAILURES,
            "pytest",
        ),
        ("buildkite-js-mocha", MIXED_SUITE, NotableBuildkiteRun.EVERY_COLLECTOR, "mocha"),
        ("buildkite-js-jest", BUILDKITE_SUITE, NotableBuildkiteRun.MANY_FAILURES, "jest"),
    ],
)
def test_the_sandbox_has_the_forms_of_the_collectors(
    story: Sandbox, name: str, suite: str, run_id: NotableBuildkiteRun, framework: str
) -> None:
    recorded = {
        shape(
            result.location,
            [] if result.failure_expanded == ABSENT else result.failure_expanded,
        )
        for result in uploaded_results(name)
        if result.result == "failed"
    }
    in_sandbox = {
        shape(execution["location"], execution["failure_expanded"])
        for execution in executions(story, suite, run_id)
        if execution["tags"].get("test.framework.name") == framework
    }
    assert in_sandbox
    assert in_sandbox <= recorded


@pytest.mark.parametrize("run_id", [NotableRun.STOPPED_EARLY, NotableRun.UNUSUAL_ENDS])
def test_the_sandbox_has_attempts_as_the_reporter_sends_them(
    story: Sandbox, run_id: NotableRun
) -> None:
    sent = {(a["_s"], a["status"]) for record in currents_records() for a in record.attempts}
    with api_of(story) as api:
        in_sandbox = {
            (attempt["state"], attempt["rawStatus"])
            for spec in run(api, run_id.value)["specs"]
            for test in reported_tests(instance(api, spec))
            for attempt in test["attempts"]
        }
    assert in_sandbox
    assert in_sandbox <= sent


def test_the_sandbox_has_the_reporters_message_for_attempts_that_never_ran(
    story: Sandbox,
) -> None:
    def never_ran(attempts: Sequence[Json]) -> set[str]:
        messages = [(attempt.get("error") or {}).get("message") or "" for attempt in attempts]
        return {text.partition(" because")[0] for text in messages if "run this attempt" in text}

    sent = {text for record in currents_records() for text in never_ran(record.attempts)}
    with api_of(story) as api:
        in_sandbox = {
            text
            for spec in run(api, NotableRun.STOPPED_EARLY.value)["specs"]
            for test in reported_tests(instance(api, spec))
            for text in never_ran(test["attempts"])
        }
    assert in_sandbox
    assert in_sandbox == sent
