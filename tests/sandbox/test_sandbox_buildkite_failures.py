"""Failed executions of the sandbox's story, in the forms of the collectors."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import msgspec
import pytest
from buildkite_story_api import RUNS, SUITES, Json, api_of
from msgspec import UNSET, UnsetType
from story_api import NOW

from runs_mcp.sandbox import (
    BUILDKITE_ORGANIZATION,
    NotableBuildkiteRun,
    Sandbox,
)
from runs_mcp.sandbox.buildkite.records import FailedExecution
from runs_mcp.sandbox.story.buildkite.failures.odd import INSTRUCTION, INVISIBLE_NAME
from runs_mcp.sandbox.story.buildkite.notable import MIXED_SUITE

MATCHER = re.compile(r"expect\(received\)\.to\w+\(expected\) // \w")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with api_of(sandbox) as client:
        yield client


def lines_of(failure: FailedExecution) -> tuple[str, ...]:
    ((expanded,),) = (failure.failure_expanded or (),)
    assert not isinstance(expanded.expanded, UnsetType)
    return expanded.expanded


def test_rspec_failures_have_code_lines_and_a_backtrace_into_gems(sandbox: Sandbox) -> None:
    (known,) = sandbox.buildkite.failures_of(NotableBuildkiteRun.MAIN)
    assert known.failure_reason is not None
    assert known.failure_reason.startswith("Failure/Error: expect(mail.subject).to eq(")
    assert re.fullmatch(r"\./spec/\w+/\w+_spec\.rb:\d+", known.location or "")
    ((expanded,),) = (known.failure_expanded or (),)
    assert [line.split(":")[0].strip() for line in lines_of(known)[:2]] == ["expected", "got"]
    assert expanded.backtrace is not UNSET
    assert expanded.backtrace[0].startswith("./spec/")
    assert expanded.backtrace[-1].startswith("/usr/local/bundle/gems/rspec-core-3.13")


def test_pytest_failures_end_where_they_happened(sandbox: Sandbox) -> None:
    failures = sandbox.buildkite.failures_of(NotableBuildkiteRun.FREIGHT_FAILED)
    for failure in failures:
        assert re.fullmatch(r"tests/\w+/test_\w+\.py:\d+", failure.location or "")
        assert re.match(
            r"(AssertionError: assert|AttributeError: 'Booking')", str(failure.failure_reason)
        )
        ((expanded,),) = (failure.failure_expanded or (),)
        assert expanded.backtrace is not UNSET
        assert lines_of(failure)[-1] == expanded.backtrace[-1]
        assert re.search(r"\.py:\d+: \w+Error$", expanded.backtrace[-1])
    many = sandbox.buildkite.failures_of(NotableBuildkiteRun.MANY_FAILURES)
    text = msgspec.json.encode(many).decode()
    assert "/site-packages/sqlalchemy/" in text
    assert "fixture 'harbour_plan' not found" in text


def test_jest_failures_have_a_stack_and_some_of_them_colours(sandbox: Sandbox) -> None:
    crew = sandbox.buildkite.failures_of(NotableBuildkiteRun.CREW_FAILED)
    many = [
        failure
        for failure in sandbox.buildkite.failures_of(NotableBuildkiteRun.MANY_FAILURES)
        if (failure.location or "").startswith("src/")
    ]
    coloured = [failure for failure in many if "\x1b[" in str(failure.failure_reason)]
    assert 0 < len(coloured) < len(many)
    for failure in (*crew, *many):
        assert MATCHER.search(COLOUR.sub("", str(failure.failure_reason)))
        ((expanded,),) = (failure.failure_expanded or (),)
        assert expanded.backtrace is UNSET
        assert "/node_modules/jest-circus/" in lines_of(failure)[-1]
    assert all("\x1b[31m" in str(failure.failure_reason) for failure in crew)


def test_a_location_is_the_one_that_the_collector_counts(sandbox: Sandbox) -> None:
    for failure in sandbox.buildkite.failures_of(NotableBuildkiteRun.FREIGHT_FAILED):
        # pytest counts from 0, the lines of its report from 1; both are of the same test.
        ((expanded,),) = (failure.failure_expanded or (),)
        assert expanded.backtrace is not UNSET
        file, line = (failure.location or "").rsplit(":", 1)
        place = next(known for known in expanded.backtrace if known.startswith(file))
        assert int(place.split(":")[1]) in (int(line) + 3, int(line) + 4)
    crew = sandbox.buildkite.failures_of(NotableBuildkiteRun.CREW_FAILED)
    assert {failure.location for failure in crew} == {None}


def test_an_attempt_of_playwright_is_an_execution(sandbox: Sandbox) -> None:
    failures = sandbox.buildkite.failures_of(NotableBuildkiteRun.E2E_FAILED)
    times = Counter(failure.test_id for failure in failures)
    assert sorted(times.values()) == [1, 2, 2, 2, 2]
    assert len({failure.execution_id for failure in failures}) == len(failures)
    for failure in failures:
        assert re.fullmatch(r"tests/\w+\.spec\.ts:\d+:\d+", failure.location or "")
        assert failure.test_name.startswith(" chromium ")
        ((expanded,),) = (failure.failure_expanded or (),)
        assert expanded.backtrace is UNSET
        assert lines_of(failure)[0] == failure.failure_reason
        assert any(line.startswith("> ") for line in lines_of(failure))
        assert any(line.startswith("    at /") for line in lines_of(failure))


def test_a_retry_fails_after_the_first_attempt_and_is_the_same_test(sandbox: Sandbox) -> None:
    failures = sandbox.buildkite.failures_of(NotableBuildkiteRun.PARTLY_RECOVERED)
    ((test_id, times),) = Counter(failure.test_id for failure in failures).most_common(1)
    assert times == 2
    first, second = (failure for failure in failures if failure.test_id == test_id)
    assert first.test_url == second.test_url
    assert first.execution_id != second.execution_id
    moments = [datetime.fromisoformat(failure.created_at) for failure in (first, second)]
    assert moments[1] - moments[0] > timedelta(seconds=30)


def test_a_shared_example_is_in_another_file_than_its_spec(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    build = sandbox.buildkite.build_of(NotableBuildkiteRun.MAIN)[0]
    path = f"/v2/analytics/organizations/{BUILDKITE_ORGANIZATION}/builds/{build.id}/tests"
    query: dict[str, str | int] = {
        "per_page": 100,
        "tags": "code.file.path:./spec/models/inside_cabin*",
    }
    tests = api.get(path, params=query).json()
    assert tests
    for test in tests:
        assert test["location"].startswith("./spec/support/shared_examples/")
        assert test["file_name"] == "./spec/models/inside_cabin_spec.rb"


def test_each_collector_has_its_own_form(api: httpx.Client) -> None:
    path = f"{SUITES}/{MIXED_SUITE}/runs/{NotableBuildkiteRun.EVERY_COLLECTOR}/failed_executions"
    failures = api.get(path, params={"include_failure_expanded": "true"}).json()
    by_framework: dict[str, Json] = {one["tags"]["test.framework.name"]: one for one in failures}
    places = {name: one["location"] for name, one in by_framework.items()}
    assert places["mocha"] == "test/queue.spec.js"
    assert places["gotestsum"] is places["rust"] is places["vitest"] is None
    assert places["exunit"].startswith("/app/test/")
    assert places["xunit"].startswith("C:\\")
    assert places["android"] == "dk.skerry.app.CartTest"
    assert places["xctest"] == "BoardingPassTests.swift:12"
    assert {one["location"] for one in failures} > {
        *("tests/tariffs/test_import.py", "tests/tariffs/test_rows.py:None")
    }
    assert by_framework["gotestsum"]["failure_reason"] == "Failed"
    assert by_framework["vitest"]["failure_reason"] == ""
    assert by_framework["junit"]["failure_reason"] is None
    assert "failure_expanded" not in by_framework["rust"]
    assert list(by_framework["cucumber"]["failure_expanded"][0]) == ["backtrace"]
    assert len(by_framework["xctest"]["failure_expanded"]) == 2
    collection = [one for one in failures if "test.pytest_collection_error" in one["tags"]]
    assert [one["location"] for one in collection] == ["tests/tariffs/test_import.py"]


def test_unusual_strings_are_served_unchanged(api: httpx.Client) -> None:
    path = f"{RUNS}/{NotableBuildkiteRun.STRANGE_STRINGS}/failed_executions"
    markup, invisible, order = api.get(path, params={"include_failure_expanded": "true"}).json()
    assert '<div class="fare">' in markup["test_name"]
    assert "🎉" in markup["test_name"]
    assert invisible["tags"]["passenger"] == INVISIBLE_NAME
    assert {"\u200b", "\u202e", "\ufeff"} <= set(invisible["failure_reason"])
    assert INSTRUCTION in order["failure_reason"]


def test_the_oldest_failures_have_nulls_and_lack_fields(api: httpx.Client) -> None:
    path = f"{RUNS}/{NotableBuildkiteRun.OLDEST_SHAPE}/failed_executions"
    failures = api.get(path, params={"include_failure_expanded": "true"}).json()
    for name in ("failure_reason", "duration", "location", "tags", "failure_expanded"):
        assert any(name in failure and failure[name] is None for failure in failures)
    assert any("tags" not in failure for failure in failures)
    assert any(failure["failure_expanded"] == [] for failure in failures)
