"""The mapping of what the vendors' own collectors upload, as if the APIs returned it."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from collectors.collector_recordings import (
    ABSENT,
    NAMES,
    CurrentsRecord,
    UploadedResult,
    currents_records,
    uploaded_results,
)

from runs_mcp.model import Failure, TestResult
from runs_mcp.providers.buildkite.mapping.failed_executions import FailedExecution, failed_execution
from runs_mcp.providers.buildkite.wire import WireFailedExecution
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.wire.instances import WireInstance

BUILDKITE: Final = [name for name in NAMES if name.startswith("buildkite-")]
every_collector = pytest.mark.parametrize("name", BUILDKITE)
Json = dict[str, Any]


def mapped(result: UploadedResult) -> FailedExecution:
    """Returns the mapping of an uploaded result, in the form in which the API returns it."""
    sent: Json = {"test_id": result.id, "test_name": f"{result.scope} {result.name}"}
    for field in ("location", "failure_reason", "failure_expanded"):
        if (value := getattr(result, field)) != ABSENT:
            sent[field] = value
    return failed_execution(msgspec.convert(sent, WireFailedExecution), "acme")


def failed(name: str) -> Iterator[tuple[UploadedResult, Failure]]:
    for result in uploaded_results(name):
        if result.result == "failed":
            yield result, mapped(result).failure


@every_collector
def test_a_failure_with_any_text_has_a_message_in_plain_text(name: str) -> None:
    for result, failure in failed(name):
        texts = [result.failure_reason, *result.lines("expanded"), *result.lines("backtrace")]
        if any(isinstance(text, str) and text.strip() and text != ABSENT for text in texts):
            assert failure.error.message, result
        assert "\x1b" not in failure.error.message
        assert not re.search(r"\[[0-9;]+m", failure.error.message)


@every_collector
def test_the_first_line_of_a_message_is_neither_a_frame_nor_a_banner(name: str) -> None:
    for result, failure in failed(name):
        first = failure.error.message.partition("\n")[0]
        assert not re.match(r"\s+at |=== RUN|\S+\.py:[0-9]+: in |ImportError while", first), result


@every_collector
def test_a_location_has_no_column_and_the_spec_no_line(name: str) -> None:
    for result, failure in failed(name):
        if isinstance(result.location, str) and result.location != ABSENT:
            assert not re.search(r":[0-9]", failure.spec), result
            assert failure.location == failure.spec or re.fullmatch(
                re.escape(failure.spec) + r":[0-9]+", failure.location
            )
        else:
            assert failure.spec == failure.location == ""


@every_collector
def test_the_place_of_an_error_is_in_the_project_and_not_in_a_library(name: str) -> None:
    for result, failure in failed(name):
        assert "node_modules" not in failure.error.frame, result
        assert "site-packages" not in failure.error.frame, result


@pytest.mark.parametrize(
    ("name", "test", "message"),
    [
        ("buildkite-python-pytest", "tests/test_bad_syntax.py", "SyntaxError: "),
        ("buildkite-python-pytest", "tests/test_bad_import.py", "ModuleNotFoundError: No module"),
        ("buildkite-js-jest", "plain exception", "TypeError: Cannot read properties of undefined"),
        ("buildkite-js-mocha", "thrown text", 'Error: the string "only a text" was thrown'),
        ("buildkite-js-playwright", "time-out", "Test timeout of 200ms exceeded."),
        ("buildkite-js-vitest", "thrown text", "only a text"),
    ],
)
def test_the_message_begins_with_what_happened(name: str, test: str, message: str) -> None:
    found = [failure for result, failure in failed(name) if result.name.endswith(test)]
    assert found
    for failure in found:
        assert failure.error.message.startswith(message)


def test_all_attempts_of_one_playwright_test_are_one_test() -> None:
    keys = {
        mapped(result).key
        for result in uploaded_results("buildkite-js-playwright")
        if result.name.startswith("fails otherwise when run again")
    }
    assert len(keys) == 1


def mapped_record(record: CurrentsRecord) -> TestResult:
    """Returns the mapping of an uploaded record, in the form in which the API returns it."""
    body = record.body
    attempts = [
        {**attempt, "state": attempt["_s"], "rawStatus": attempt["status"]}
        for attempt in record.attempts
    ]
    result = {"state": record.state, "isFlaky": body["_f"], "attempts": attempts}
    sent = {
        "instanceId": body["instanceId"],
        "spec": body["spec"],
        "results": {"tests": [{"testId": body["testId"], "title": body["title"]}]},
        "testResults": {body["testId"]: result},
        "testAnnotations": {body["testId"]: body["annotations"]},
    }
    converted = msgspec.convert(sent, WireInstance, strict=False)
    (test,) = instance_mapping.full_instance(converted, 0).tests
    return test


@pytest.mark.parametrize(
    ("title", "status", "failure", "message"),
    [
        ("passes", "passed", None, ""),
        ("assertion", "failed", "failed", "Error: expect(received).toBe(expected)"),
        ("time-out", "failed", "timed_out", "Test timeout of 200ms exceeded."),
        ("thrown text", "failed", "failed", "'only a text'"),
        ("thrown object", "failed", "failed", "{ code: 42 }"),
        ("expected to fail but passes", "failed", "unexpectedly_passed", "Expected to fail, but"),
        ("declared to fail but passes", "failed", "unexpectedly_passed", "Expected to fail, but"),
        ("expected to fail and fails", "passed", None, ""),
        ("skipped", "skipped", None, ""),
        ("passes when run again", "flaky", "flaky", "Error: expect(received)"),
        ("fails otherwise when run again", "failed", "timed_out", "Test timeout of 100ms"),
        ("to be quarantined", "skipped", "failed", "Error: failed in quarantine"),
        ("quarantined in vain", "passed", None, ""),
        ("to be skipped by a rule", "skipped", None, ""),
        ("needs what was prepared", "skipped", None, ""),
        ("fails, then is interrupted", "failed", "failed", "Error: first attempt"),
        ("is interrupted", "failed", "interrupted", "Interrupted before it ended."),
        ("never runs", "skipped", None, ""),
    ],
)
def test_a_test_counts_as_the_reporter_meant_it(
    title: str, status: str, failure: str | None, message: str
) -> None:
    found = [
        mapped_record(record) for record in currents_records() if record.body["title"][-1] == title
    ]
    assert found
    for test in found:
        assert test.status == status
        assert (test.failure.status if test.failure else None) == failure
        assert (test.failure.error.message if test.failure else "").startswith(message)


def test_only_the_quarantined_failure_is_called_quarantined() -> None:
    hidden = [
        record.body["title"][-1]
        for record in currents_records()
        if (failure := mapped_record(record).failure) and failure.quarantined
    ]
    assert hidden == ["to be quarantined"]


def test_attempts_that_never_ran_are_not_counted() -> None:
    (record,) = [one for one in currents_records() if one.title == "is interrupted"]
    assert len(record.attempts) == 2
    failure = mapped_record(record).failure
    assert failure is not None
    assert failure.attempts == 1


def test_every_error_of_an_attempt_is_in_the_failure() -> None:
    (record,) = [one for one in currents_records() if one.title.endswith("two soft assertions")]
    failure = mapped_record(record).failure
    assert failure is not None
    assert "Received: 1" in failure.error.message
    assert failure.error.causes == (
        'Error: expect(received).toBe(expected) // Object.is equality Expected: "b" Received: "a"',
    )
