"""How a test of an instance went, in both schemas, as the vendor's reporter sends it."""

import json
from typing import Any

import msgspec
import pytest

from runs_mcp import model
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.wire.instances import WireInstance

Sent = dict[str, Any]

ERROR: Sent = {"message": "Error: the total is wrong", "stack": ""}
CLOSED: Sent = {"message": "Error: page.goto: Target page has been closed", "stack": ""}
NEVER_RAN: Sent = {
    "message": "Playwright didn\u2019t run this attempt because the run was halted.",
    "stack": "",
}
QUARANTINE: Sent = {
    "type": "_currents:rule:quarantine",
    "description": json.dumps({"rule": {"id": "r1"}, "testInfo": {"testId": "t"}}),
}


def attempt(state: str, raw: str = "", error: Sent | str | None = None) -> Sent:
    return {"state": state, "rawStatus": raw or state, "error": error, "wallClockDuration": 5}


PASSED = attempt("passed")
FAILED = attempt("failed", error=ERROR)
TIMED_OUT = attempt("failed", "timedOut", {"message": "Test timeout of 100ms exceeded."})
INTERRUPTED = attempt("skipped", "interrupted", CLOSED)
SKIPPED = attempt("skipped", "skipped")
PENDING = attempt("pending", "skipped")
HALTED = attempt("pending", "skipped", NEVER_RAN)
HIDDEN = attempt("pending", "skipped", ERROR)
FAILED_BY_INTERRUPTION = attempt("failed", "interrupted")
EXPLODED = attempt("failed", "exploded")


def read(test: Sent, schema: int) -> model.FullInstance:
    """Returns the instance of one test, written in one of the two schemas."""
    fields = ("state", "isFlaky", "displayError", "attempts")
    result = {name: test[name] for name in fields if name in test}
    rest = {name: value for name, value in test.items() if name not in fields}
    sent: Sent = {"instanceId": "i", "spec": "a.spec.ts", "groupId": "chromium"}
    sent["framework"] = {"type": "pw", "version": "1.60.0"}
    if schema == 1:
        sent["results"] = {"tests": [{"testId": "t", "title": ["pays"], **rest, **result}]}
    else:
        annotations = rest.pop("annotations", [])
        short = {"_s": test.get("state"), "_d": True, "_f": test.get("isFlaky")}
        sent["results"] = {"tests": [{"testId": "t", "title": ["pays"], **rest, **short}]}
        sent |= {"schemaVersion": 2, "testResults": {"t": result}}
        sent["testAnnotations"] = {"t": annotations}
    return instance_mapping.full_instance(msgspec.convert(sent, WireInstance), 0)


in_both_schemas = pytest.mark.parametrize("schema", [1, 2])


@in_both_schemas
@pytest.mark.parametrize(
    ("state", "attempts", "status", "failure"),
    [
        pytest.param("passed", [PASSED], "passed", None, id="passed"),
        pytest.param("failed", [FAILED], "failed", "failed", id="failed"),
        pytest.param("failed", [FAILED, FAILED], "failed", "failed", id="failed on each try"),
        pytest.param("failed", [FAILED, TIMED_OUT], "failed", "timed_out", id="timed out at last"),
        pytest.param("passed", [FAILED, PASSED], "flaky", "flaky", id="passed on a retry"),
        pytest.param("passed", [PASSED, FAILED], "flaky", "flaky", id="passed, then failed"),
        pytest.param("passed", [INTERRUPTED, PASSED], "flaky", "flaky", id="stopped, then passed"),
        pytest.param("passed", [FAILED], "passed", None, id="failed as expected"),
        pytest.param("failed", [PASSED], "failed", "unexpectedly_passed", id="passed unexpectedly"),
        pytest.param("failed", [PASSED, PASSED], "failed", "unexpectedly_passed", id="on each try"),
        pytest.param("skipped", [INTERRUPTED], "failed", "interrupted", id="interrupted"),
        pytest.param("skipped", [FAILED, INTERRUPTED], "failed", "failed", id="then interrupted"),
        pytest.param("skipped", [FAILED, SKIPPED], "failed", "failed", id="then skipped"),
        pytest.param("skipped", [SKIPPED], "skipped", None, id="skipped"),
        pytest.param("pending", [PENDING], "skipped", None, id="pending"),
        pytest.param("pending", [], "skipped", None, id="no attempt"),
        pytest.param("pending", [HALTED, HALTED], "skipped", None, id="never ran"),
        pytest.param("failed", [FAILED, HALTED], "failed", "failed", id="halted after a failure"),
        pytest.param("pending", [FAILED, HALTED], "failed", "failed", id="called pending"),
        pytest.param("pending", [HIDDEN], "skipped", "failed", id="hidden without a rule"),
        pytest.param("", [FAILED], "failed", "failed", id="failed, no state"),
        pytest.param("", [PASSED], "passed", None, id="passed, no state"),
        pytest.param("timedOut", [], "failed", "failed", id="the framework's own word"),
        pytest.param("failed", None, "failed", "failed", id="null attempts"),
        pytest.param("failed", [None, {}], "failed", "failed", id="empty attempts"),
        pytest.param("failed", [PASSED, FAILED], "failed", "failed", id="failed when repeated"),
        pytest.param(
            "failed", [FAILED_BY_INTERRUPTION], "failed", "interrupted", id="failed, interrupted"
        ),
        pytest.param("failed", [EXPLODED], "failed", "failed", id="an unknown raw status"),
        pytest.param(None, [], "skipped", None, id="no state"),
    ],
)
def test_the_outcome_of_a_test_follows_from_its_state_and_attempts(
    schema: int,
    state: str | None,
    attempts: list[Sent | None] | None,
    status: model.TestStatus,
    failure: model.FailureStatus | None,
) -> None:
    (test,) = read({"state": state, "attempts": attempts}, schema).tests
    assert test.status == status
    assert (test.failure.status if test.failure else None) == failure


@in_both_schemas
@pytest.mark.parametrize("flag", [True, False, None])
def test_a_test_is_flaky_if_a_retry_passed_whatever_the_flag_says(
    schema: int, flag: bool | None
) -> None:
    retried = {"state": "passed", "attempts": [FAILED, PASSED], "isFlaky": flag}
    expected = {"state": "passed", "attempts": [FAILED], "isFlaky": flag}
    failed = {"state": "failed", "attempts": [FAILED, FAILED], "isFlaky": flag}
    assert read(retried, schema).tests[0].status == "flaky"
    assert read(expected, schema).tests[0].status == "passed"
    assert read(failed, schema).tests[0].status == "failed"


@in_both_schemas
def test_a_test_that_passed_is_flaky_if_the_flag_says_so(schema: int) -> None:
    full = read({"state": "passed", "attempts": [PASSED], "isFlaky": True}, schema)
    assert full.tests[0].status == "flaky"


@in_both_schemas
def test_the_text_of_a_flaky_test_does_not_make_it_failed(schema: int) -> None:
    test = {"state": "passed", "attempts": None, "isFlaky": True, "displayError": "Error: once"}
    full = read(test, schema)
    assert full.tests[0].status == "flaky"
    assert full.failures[0].error.message == "Error: once"


@in_both_schemas
def test_the_error_is_that_of_the_last_failed_attempt_not_of_the_interruption(schema: int) -> None:
    full = read({"state": "skipped", "attempts": [FAILED, INTERRUPTED]}, schema)
    assert full.failures[0].error.message == "Error: the total is wrong"
    assert full.failures[0].attempts == 2


@in_both_schemas
def test_attempts_that_never_ran_are_neither_attempts_nor_retries(schema: int) -> None:
    full = read({"state": "failed", "attempts": [FAILED, HALTED, HALTED]}, schema)
    assert full.failures[0].attempts == 1
    assert full.totals.retries == 0


@in_both_schemas
def test_a_test_that_never_ran_has_not_failed_though_it_has_a_text(schema: int) -> None:
    test = {"state": "pending", "attempts": [HALTED], "displayError": NEVER_RAN["message"]}
    assert read(test, schema).failures == ()


@in_both_schemas
@pytest.mark.parametrize("kind", ["_currents:rule:quarantine", "_currents:rule:quarantine-post"])
@pytest.mark.parametrize("attempts", [[HIDDEN], [FAILED], [attempt("skipped", "skipped", ERROR)]])
def test_a_failure_in_quarantine_is_shown_and_counts_as_skipped(
    schema: int, kind: str, attempts: list[Sent]
) -> None:
    mark = {**QUARANTINE, "type": kind}
    (test,) = read({"state": "pending", "attempts": attempts, "annotations": [mark]}, schema).tests
    assert test.status == "skipped"
    assert test.failure is not None
    assert test.failure.quarantined
    assert test.failure.error.message == "Error: the total is wrong"


@in_both_schemas
@pytest.mark.parametrize(
    ("original", "status"),
    [("timedOut", "timed_out"), ("failed", "failed"), ("interrupted", "interrupted")],
)
def test_the_quarantine_rule_has_the_status_that_a_test_had_before(
    schema: int, original: str, status: str
) -> None:
    rule = json.dumps({"testInfo": {"status": original}})
    marks = [{"type": "_currents:rule:quarantine", "description": rule}]
    full = read({"state": "pending", "attempts": [], "annotations": marks}, schema)
    assert [(f.status, f.quarantined) for f in full.failures] == [(status, True)]


@in_both_schemas
@pytest.mark.parametrize(
    "description",
    [None, "", "no JSON", "[]", '{"testInfo": 5}', "{\ud83d}", '{"x":' + "[" * 5000],
    ids=lambda description: str(description)[:20].encode(errors="replace").decode(),
)
def test_a_failure_in_quarantine_is_found_though_the_rule_is_malformed(
    schema: int, description: str | None
) -> None:
    marks = [{"type": "_currents:rule:quarantine", "description": description}]
    full = read({"state": "pending", "attempts": [HIDDEN], "annotations": marks}, schema)
    assert [failure.quarantined for failure in full.failures] == [True]


@in_both_schemas
def test_a_test_in_quarantine_that_passed_or_was_skipped_is_no_failure(schema: int) -> None:
    for state, attempts in (("passed", [PASSED]), ("pending", [PENDING])):
        full = read({"state": state, "attempts": attempts, "annotations": [QUARANTINE]}, schema)
        assert full.failures == ()


@in_both_schemas
def test_annotations_give_the_owner_and_the_notes_of_a_test(schema: int) -> None:
    marks = [
        {"type": "owner", "description": "Sam Rivera"},
        {"type": "owner", "description": "Sam Rivera"},
        {"type": "owner", "description": "payments"},
        {"type": "note", "description": "slow on Mondays"},
        {"type": "issue", "description": "SHOP-12"},
        {"type": "_currents:action:match", "description": "{}"},
        {"type": "slow"},
    ]
    (failure,) = read(
        {"state": "failed", "attempts": [FAILED], "annotations": marks}, schema
    ).failures
    assert failure.owner == "Sam Rivera, payments"
    assert failure.notes == ("slow on Mondays", "issue: SHOP-12")


def test_a_result_without_a_listed_test_is_a_test() -> None:
    sent = {
        "instanceId": "i",
        "results": {"tests": []},
        "testResults": {
            "t1": {"state": "failed", "attempts": [FAILED]},
            "t2": {"state": "failed", "attempts": [FAILED]},
        },
        "testList": {"t1": {"title": ["Cart", "pays"]}},
    }
    full = instance_mapping.full_instance(msgspec.convert(sent, WireInstance), 0)
    assert [failure.test for failure in full.failures] == ["Cart › pays", "t2"]


def test_a_test_of_schema_2_without_a_result_has_its_short_state() -> None:
    sent = {
        "instanceId": "i",
        "results": {
            "tests": [
                {"testId": "t1", "title": ["ran"], "_s": "failed", "_d": True},
                {"testId": "t2", "title": ["waits"], "_s": None, "_d": False},
            ]
        },
        "testResults": {},
    }
    full = instance_mapping.full_instance(msgspec.convert(sent, WireInstance), 0)
    assert [test.status for test in full.tests] == ["failed", "skipped"]


def test_each_test_is_read_in_the_schema_that_it_is_written_in() -> None:
    sent = {
        "instanceId": "i",
        "results": {
            "tests": [
                {"testId": "t1", "title": ["old"], "state": "failed", "attempts": [FAILED]},
                {"testId": "t2", "title": ["new"]},
            ]
        },
        "testResults": {"t2": {"state": "failed", "attempts": [TIMED_OUT]}},
    }
    full = instance_mapping.full_instance(msgspec.convert(sent, WireInstance), 0)
    assert [(f.test, f.status) for f in full.failures] == [("old", "failed"), ("new", "timed_out")]
