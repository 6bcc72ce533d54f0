"""The outcomes that collectors upload to Buildkite, and the tests that they lose.

Recorded by `tests/collectors/record.py`. Each test shows a fact of `tests/collectors/facts.json`.
"""

import pytest
from collectors.collector_recordings import (
    ABSENT,
    JASMINE,
    JEST,
    MOCHA,
    PLAYWRIGHT,
    PYTEST,
    VITEST,
    recording,
    results_by_name,
)


def outcomes(name: str, test: str, run: str = "suite") -> list[str]:
    return [result.result for result in results_by_name(name, run).get(test, [])]


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
