"""The records of tests that the reporter of Currents uploads.

Recorded by `tests/collectors/record.py`. Each test shows a fact of `tests/collectors/facts.json`.
"""

import json
from typing import Any, Final

import pytest
from collectors.collector_recordings import CurrentsRecord, currents_records, currents_requests

NEVER_RAN: Final = "Playwright didn’t run this attempt because the run was halted"
TRUNCATED: Final = "\n...truncated to fit the 2048-character limit\n"
QUARANTINE: Final = "_currents:rule:quarantine"


def record_of(title: str, run: str = "suite") -> CurrentsRecord:
    [found] = [each for each in currents_records() if each.run == run and each.title == title]
    return found


def states_of(record: CurrentsRecord) -> list[tuple[str, str]]:
    return [(attempt["_s"], attempt["status"]) for attempt in record.attempts]


def test_currents_gets_the_state_as_playwright_expected_it() -> None:
    missing = record_of("failing > expected to fail but passes")
    expected = record_of("expected to fail and fails")

    assert (missing.state, states_of(missing)) == ("failed", [("passed", "passed")])
    assert (expected.state, states_of(expected)) == ("passed", [("failed", "failed")])


def test_currents_marks_an_expected_failure_by_annotation_not_by_expected_status() -> None:
    for title in ("failing > expected to fail but passes", "declared to fail but passes"):
        body = record_of(title).body

        assert body["expectedStatus"] == "passed"
        assert body["annotations"] == [{"type": "fail", "source": "test"}]


@pytest.mark.parametrize(
    ("title", "run", "state", "attempts"),
    [
        ("failing > time-out", "suite", "failed", [("failed", "timedOut")]),
        ("skipped", "suite", "pending", [("pending", "skipped")]),
        ("before all fails > two", "suite", "pending", [("pending", "skipped")]),
        (
            "fails, then is interrupted",
            "halted",
            "skipped",
            [("failed", "failed"), ("skipped", "interrupted")],
        ),
        (
            "is interrupted",
            "halted",
            "skipped",
            [("skipped", "interrupted"), ("pending", "skipped")],
        ),
    ],
)
def test_currents_gets_the_state_of_each_attempt(
    title: str, run: str, state: str, attempts: list[tuple[str, str]]
) -> None:
    record = record_of(title, run)

    assert record.state == state
    assert states_of(record) == attempts


def test_currents_marks_only_tests_that_passed_in_the_end_as_flaky() -> None:
    assert [each.title for each in currents_records() if each.body["_f"]] == [
        "retried > passes when run again"
    ]


def test_attempts_that_never_ran_have_an_error_but_an_empty_list_of_errors() -> None:
    record = record_of("never runs", "halted")

    assert [attempt["attempt"] for attempt in record.attempts] == [1, 2]
    for attempt in record.attempts:
        assert (attempt["workerIndex"], attempt["parallelIndex"]) == (-1, 0)
        assert attempt["error"]["message"].startswith(NEVER_RAN)
        assert set(attempt["error"]) == {"message"}
        assert attempt["errors"] == []


def test_a_skipped_attempt_of_a_series_has_no_worker_and_no_error() -> None:
    for attempt in record_of("in series > never runs").attempts:
        assert (attempt["workerIndex"], attempt["parallelIndex"]) == (-1, -1)
        assert "error" not in attempt


def test_a_long_text_is_cut_in_the_middle_and_loses_its_last_character() -> None:
    error: dict[str, Any] = record_of("failing > long message").attempts[0]["error"]

    assert len(error["message"]) == 2047
    assert TRUNCATED in error["message"]
    assert error["message"].endswith("0123456789 en")
    assert error["stack"].endswith("cart.spec.js:62:11"[:-1])


def test_a_thrown_value_that_is_not_an_error_is_sent_as_message_without_a_stack() -> None:
    for title, value in (("text", "'only a text'"), ("object", "{ code: 42 }")):
        [attempt] = record_of(f"failing > thrown {title}").attempts

        assert attempt["error"] == {"message": value, "value": value}


def test_an_error_without_a_message_is_sent_as_its_class_with_a_colon() -> None:
    assert (
        record_of("failing > error without a message").attempts[0]["error"]["message"] == "Error:"
    )


def test_every_error_of_an_attempt_is_sent_and_the_first_one_twice() -> None:
    [attempt] = record_of("failing > two soft assertions").attempts

    assert len(attempt["errors"]) == 2
    assert attempt["errors"][0] == attempt["error"]


def test_a_quarantined_failure_is_pending_and_keeps_its_error() -> None:
    record = record_of("to be quarantined")
    types = [annotation["type"] for annotation in record.body["annotations"]]
    [rule] = [each for each in record.body["annotations"] if each["type"] == QUARANTINE]

    assert (record.state, states_of(record)) == ("pending", [("pending", "skipped")])
    assert record.attempts[0]["error"]["message"] == "Error: failed in quarantine"
    assert types == ["_currents:action:match", QUARANTINE, "skip"]
    assert json.loads(rule["description"])["testInfo"]["status"] == "failed"


def test_every_annotation_has_a_source_but_not_always_a_description() -> None:
    annotations = [each for record in currents_records() for each in record.body["annotations"]]

    assert {each["source"] for each in annotations} == {"test"}
    assert {each["type"] for each in annotations if "description" not in each} == {
        "fail",
        "fixme",
        "serial",
        "skip",
    }


def test_tags_are_sent_without_their_sign_and_stay_in_the_title() -> None:
    assert record_of("passes").body["tags"] == ["team:checkout", "smoke"]
    assert record_of("tagged in its title @slow").body["tags"] == ["slow"]


def test_a_failed_attempt_has_an_error_context_also_without_a_page() -> None:
    [artifact] = [
        each
        for each in currents_requests("/artifacts/test-record")
        if each["name"] == "error-context"
    ][:1]

    assert artifact["contentType"] == "text/markdown"
    assert artifact["filename"] == "error-context.md"
