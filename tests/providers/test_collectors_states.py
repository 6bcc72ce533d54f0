"""The outcomes that the vendors' own collectors upload, and the tests that they lose.

Recorded by `tests/collectors/record.py`. Each test shows a fact of `tests/collectors/facts.json`.
"""

import json
from typing import Any, Final

import pytest
from collectors.collector_recordings import (
    ABSENT,
    JASMINE,
    JEST,
    MOCHA,
    PLAYWRIGHT,
    PYTEST,
    VITEST,
    CurrentsRecord,
    currents_records,
    currents_requests,
    recording,
    results_by_name,
)

NEVER_RAN: Final = "Playwright didn’t run this attempt because the run was halted"
TRUNCATED: Final = "\n...truncated to fit the 2048-character limit\n"
QUARANTINE: Final = "_currents:rule:quarantine"


def outcomes(name: str, test: str, run: str = "suite") -> list[str]:
    return [result.result for result in results_by_name(name, run).get(test, [])]


def record_of(title: str, run: str = "suite") -> CurrentsRecord:
    [found] = [each for each in currents_records() if each.run == run and each.title == title]
    return found


def states_of(record: CurrentsRecord) -> list[tuple[str, str]]:
    return [(attempt["_s"], attempt["status"]) for attempt in record.attempts]


# Buildkite


@pytest.mark.parametrize(
    ("name", "skipped", "to_do"),
    [(JEST, "pending", "skipped"), (VITEST, "skipped", "pending"), (MOCHA, "pending", "pending")],
)
def test_each_collector_has_its_own_words_for_skipped_and_to_do(
    name: str, skipped: str, to_do: str
) -> None:
    assert outcomes(name, "skipped") == [skipped]
    assert outcomes(name, "to do") == [to_do]


def test_playwright_uploads_an_expected_failure_as_failed_and_a_missing_one_as_passed() -> None:
    assert outcomes(PLAYWRIGHT, "expected to fail and fails") == ["failed"]
    assert outcomes(PLAYWRIGHT, "expected to fail but passes") == ["passed"]
    assert outcomes(PLAYWRIGHT, "expected to fail but passes, twice") == ["passed", "passed"]


@pytest.mark.parametrize("name", [JEST, VITEST])
def test_jest_and_vitest_upload_an_expected_failure_as_passed_and_a_missing_one_as_failed(
    name: str,
) -> None:
    assert outcomes(name, "expected to fail and fails") == ["passed"]
    assert outcomes(name, "expected to fail but passes") == ["failed"]


def test_pytest_uploads_an_expected_failure_as_skipped() -> None:
    assert outcomes(PYTEST, "test_expected_to_fail_and_fails") == ["skipped"]
    assert outcomes(PYTEST, "test_expected_to_fail_but_passes") == ["failed"]
    assert outcomes(PYTEST, "test_may_fail_but_passes") == ["passed"]


def test_playwright_uploads_an_execution_for_each_attempt_with_one_id() -> None:
    attempts = results_by_name(PLAYWRIGHT)["passes when run again"]

    assert [attempt.result for attempt in attempts] == ["failed", "passed"]
    assert len({(attempt.id, attempt.scope, attempt.location) for attempt in attempts}) == 1


@pytest.mark.parametrize("name", [JEST, VITEST, MOCHA])
def test_jest_vitest_and_mocha_upload_the_last_attempt_only(name: str) -> None:
    assert outcomes(name, "passes when run again") == ["passed"]
    assert outcomes(name, "fails also when run again") == ["failed"]


def test_vitest_sends_a_passed_test_with_the_reason_of_its_failed_attempt() -> None:
    [result] = results_by_name(VITEST)["passes when run again"]

    assert result.result == "passed"
    assert result.first_line.startswith("AssertionError")


def test_pytest_sends_no_result_for_tests_that_rerunfailures_runs() -> None:
    for test in ("test_passes_when_run_again", "test_fails_also_when_run_again"):
        attempts = results_by_name(PYTEST)[test]

        assert [attempt.result for attempt in attempts] == [ABSENT, ABSENT]
        assert all(attempt.failure_reason == ABSENT for attempt in attempts)


def test_pytest_and_mocha_upload_a_test_as_passed_if_its_clean_up_fails() -> None:
    assert outcomes(PYTEST, "test_clean_up_fails") == ["passed"]
    assert outcomes(MOCHA, "passes before") == ["passed"]
    assert outcomes(JEST, "fails before") == ["failed"]


@pytest.mark.parametrize("name", [JEST, VITEST])
def test_jest_and_vitest_lose_a_failed_clean_up_of_all_but_not_of_each(name: str) -> None:
    scopes = {each.scope: each.result for each in results_by_name(name)["passes before"]}

    assert scopes == {"after each fails": "failed", "after all fails": "passed"}


def test_pytest_uploads_the_last_failed_subtest_only() -> None:
    [result] = results_by_name(PYTEST)["test_subtests"]

    assert result.failure_reason == "assert 3 == 1"


def test_a_failed_set_up_of_all_is_lost_in_vitest_and_mocha_and_jasmine() -> None:
    def of(name: str) -> list[str]:
        found = [*results_by_name(name).get("one", []), *results_by_name(name).get("two", [])]
        return [each.result for each in found if "before all" in str(each.scope)]

    assert of(JEST) == ["failed", "failed"]
    assert of(VITEST) == ["skipped", "skipped"]
    assert of(MOCHA) == []
    # «before each fails» has the one that is there.
    assert len(results_by_name(JASMINE)["one"]) == 1
    assert of(PLAYWRIGHT) == ["failed", "skipped"]


def test_mocha_uploads_no_test_whose_set_up_fails() -> None:
    assert "one" not in results_by_name(MOCHA)


def test_playwright_and_jasmine_lose_tests_that_throw_no_error() -> None:
    for name, run in ((PLAYWRIGHT, "suite"), (JASMINE, "without stack")):
        assert outcomes(name, "thrown text", run) == []
        assert outcomes(name, "thrown object", run) == []
    assert outcomes(MOCHA, "thrown text") == ["failed"]


def test_a_file_that_does_not_compile_is_uploaded_by_pytest_only() -> None:
    reason = results_by_name(PYTEST)["tests/test_bad_syntax.py"][0].first_line

    assert reason.endswith("_pytest/python.py:528: in importtestmodule")
    for name in (JEST, VITEST):
        assert not any("bad" in str(each["body"]) for each in recording(name).uploads)
    for name in (MOCHA, JASMINE, PLAYWRIGHT):
        assert not any("bad" in upload["run"] for upload in recording(name).uploads)


def test_an_interrupted_test_is_unknown_in_playwright_and_missing_in_pytest() -> None:
    assert outcomes(PLAYWRIGHT, "is interrupted", "halted") == ["unknown"]
    assert outcomes(PLAYWRIGHT, "fails, then is interrupted", "halted") == ["failed", "unknown"]
    assert outcomes(PLAYWRIGHT, "never runs", "halted") == []
    assert list(results_by_name(PYTEST, "interrupted")) == ["test_before"]


# Currents


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
