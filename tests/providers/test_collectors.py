"""The texts that the vendors' own collectors upload to Buildkite, which mapping has to read.

Recorded by `tests/collectors/record.py`. Each test shows a fact of `tests/collectors/facts.json`.
"""

import json
import re
from pathlib import Path
from typing import Final

import pytest
from collectors.collector_recordings import (
    ABSENT,
    FOLDER,
    JASMINE,
    JEST,
    MOCHA,
    NAMES,
    PLAYWRIGHT,
    PYTEST,
    VITEST,
    UploadedResult,
    recording,
    results_by_name,
    uploaded_results,
)

BUILDKITE: Final = [name for name in NAMES if name.startswith("buildkite-")]
FACTS: Final = json.loads((FOLDER.parent / "facts.json").read_text(encoding="utf-8"))
TESTS: Final = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_coll*"))
MACHINE_FOLDERS: Final = ["/root", "/tmp", "/var", "/work"]  # noqa: S108 - none is opened
ESCAPE: Final = "\x1b"
every_recording = pytest.mark.parametrize("name", NAMES)


def result_of(name: str, test: str, run: str = "suite") -> UploadedResult:
    [found] = results_by_name(name, run)[test]
    return found


# The recordings themselves


@every_recording
def test_a_recording_does_not_show_the_machine(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")

    assert re.findall(r"/(?:home|Users)/\w+", text) in ([], ["/home/ci"] * text.count("/home/"))
    assert not [folder for folder in MACHINE_FOLDERS if f"{folder}/" in text]
    assert set(re.findall(r"127\.0\.0\.1:\d+", text)) <= {"127.0.0.1:8080"}


@every_recording
def test_a_recording_names_what_was_recorded(name: str) -> None:
    found = recording(name)

    assert re.fullmatch(r"\d+\.\d+\.\d+", found.version)
    assert re.fullmatch(r"\d+\.\d+\.\d+", found.framework_version)
    assert {upload["run"] for upload in found.uploads} <= set(found.runs)
    assert found.uploads


def test_the_recordings_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 300_000


def test_every_fact_names_a_recording_and_a_test_that_shows_it() -> None:
    for fact in FACTS:
        assert set(fact["recordings"]) <= set(NAMES)
        assert f"def {fact['test']}(" in TESTS
        assert fact["noted_before"] in {"agrees", "differs", "new"}


# Locations


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (PYTEST, r"(tests|interrupted)/test_\w+\.py(:\d+)?"),
        (MOCHA, r"\w+/\w+\.spec\.js"),
        (JASMINE, r"spec/[\w-]+\.spec\.js:\d+"),
        (PLAYWRIGHT, r"tests/[\w-]+/\w+\.spec\.js:\d+:\d+"),
    ],
)
def test_each_collector_has_one_form_of_location(name: str, form: str) -> None:
    for result in uploaded_results(name):
        assert re.fullmatch(form, result.location or "")


def test_pytest_counts_lines_from_0() -> None:
    assert (
        result_of(PYTEST, "test_before", "interrupted").location
        == "interrupted/test_interrupted.py:0"
    )


def test_jest_sends_no_location_for_a_time_out_though_configured_to() -> None:
    without = [result.name for result in uploaded_results(JEST) if result.location is None]

    assert {"time-out", "thrown object"} < set(without)
    assert result_of(JEST, "assertion").location == "src/cart.test.js:10"


@pytest.mark.parametrize("name", [JEST, VITEST])
def test_jest_and_vitest_send_no_location_unless_configured_to(name: str) -> None:
    results = [result for result in uploaded_results(name) if result.run == "without location"]

    assert results
    assert all(result.location is None for result in results)
    assert all(result.file_name == "src/retried.test.js" for result in results)


# Names and scopes


def test_playwright_puts_all_titles_into_the_scope_with_a_blank_in_front() -> None:
    result = result_of(PLAYWRIGHT, "nested cause")

    assert result.scope == " api api/cart.spec.js failing nested cause"


def test_jasmine_sends_no_scope() -> None:
    assert all(result.scope == ABSENT for result in uploaded_results(JASMINE))


def test_a_parameter_with_colons_breaks_the_name_of_a_pytest_test() -> None:
    result = result_of(PYTEST, "b/c]")

    assert result.scope == "tests/test_cart.py::test_each_name[a"


# Reasons


@pytest.mark.parametrize(
    ("name", "test", "line"),
    [
        (PYTEST, "test_error_without_a_message", "ValueError"),
        (JEST, "error without a message", "Error: "),
        (VITEST, "error without a message", "Error: "),
        (VITEST, "thrown object", ""),
        (MOCHA, "error without a message", "Error"),
        (JASMINE, "error without a message", "Error thrown"),
        (PLAYWRIGHT, "error without a message", "Error: "),
    ],
)
def test_an_error_without_a_message_leaves_its_class_or_nothing(
    name: str, test: str, line: str
) -> None:
    result = result_of(name, test)

    assert result.result == "failed"
    assert result.failure_reason == line


def test_vitest_sends_no_message_that_a_test_timed_out() -> None:
    result = result_of(VITEST, "time-out")

    assert result.failure_reason == "Error: STACK_TRACE_ERROR"
    assert "timed out" not in str(result.failure_expanded).lower()


@pytest.mark.parametrize(
    ("name", "test", "words"),
    [
        (PYTEST, "test_time_out", "Failed: Timeout (>1.0s) from pytest-timeout."),
        (JEST, "time-out", 'Error: thrown: "Exceeded timeout of 50 ms for a test.'),
        (MOCHA, "time-out", "Error: Timeout of 50ms exceeded."),
        (PLAYWRIGHT, "time-out", "Test timeout of 200ms exceeded."),
    ],
)
def test_the_others_name_a_time_out_in_the_first_line(name: str, test: str, words: str) -> None:
    assert result_of(name, test).first_line.startswith(words)


@pytest.mark.parametrize("name", [JEST, VITEST, PLAYWRIGHT])
def test_jest_vitest_and_playwright_send_one_line_as_reason_and_the_rest_expanded(
    name: str,
) -> None:
    assert all("\n" not in (result.failure_reason or "") for result in uploaded_results(name))
    assert "second line" in result_of(name, "message of two lines").lines("expanded")


@pytest.mark.parametrize(
    ("name", "test"),
    [
        (PYTEST, "test_told_to_fail"),
        (MOCHA, "message of two lines"),
        (JASMINE, "message of two lines"),
    ],
)
def test_pytest_mocha_and_jasmine_send_the_complete_message_as_reason(name: str, test: str) -> None:
    assert "\n" in (result_of(name, test).failure_reason or "")


@pytest.mark.parametrize(
    ("name", "sent"),
    [(JEST, True), (JASMINE, True), (VITEST, False), (MOCHA, False), (PLAYWRIGHT, False)],
)
def test_only_jest_and_jasmine_send_the_cause_of_an_error(name: str, sent: bool) -> None:
    result = result_of(name, "nested cause")

    assert ("Cannot read properties" in str(result.failure_expanded)) is sent


def test_pytest_sends_the_cause_before_the_error_itself() -> None:
    lines = [
        line for line in result_of(PYTEST, "test_nested_cause").lines("expanded") if line[:1] == "E"
    ]

    assert lines[0] == "E   KeyError: 'price'"
    assert lines[-1] == "E           test_cart.PriceError: an item has no price"


def test_pytest_leaves_colours_in_where_they_are_forced() -> None:
    results = [result for result in uploaded_results(PYTEST) if result.run == "in colour"]

    assert any((result.failure_reason or "").startswith(ESCAPE) for result in results)
    assert all(any(ESCAPE in line for line in result.lines("expanded")) for result in results)
    assert not any(line.startswith("E ") for each in results for line in each.lines("expanded"))


@pytest.mark.parametrize("name", [name for name in BUILDKITE if name != PYTEST])
def test_the_javascript_collectors_leave_no_colours_in(name: str) -> None:
    assert all(ESCAPE not in str(result) for result in uploaded_results(name))


# failure_expanded


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (JEST, {"expanded"}),
        (VITEST, {"expanded"}),
        (PLAYWRIGHT, {"expanded"}),
        (MOCHA, {"expanded", "backtrace"}),
        (JASMINE, {"expanded", "backtrace"}),
    ],
)
def test_the_parts_of_failure_expanded(name: str, keys: set[str]) -> None:
    parts = [part for result in uploaded_results(name) for part in result.failure_expanded]

    assert all(set(part) == keys for part in parts)


def test_pytest_sends_no_expanded_for_a_failure_without_a_report() -> None:
    assert result_of(PYTEST, "test_expected_to_fail_but_passes").failure_expanded == ABSENT
    assert result_of(PYTEST, "test_told_to_fail_without_a_trace").lines("backtrace") == ["None"]
    assert result_of(PYTEST, "tests/test_bad_import.py").lines("backtrace") == []


def test_mocha_repeats_the_message_among_the_fields() -> None:
    result = result_of(MOCHA, "nested cause")

    assert result.lines("expanded") == ["multiple: Error: an item has no price"]
    assert result.lines("backtrace")[0] == "Error: an item has no price"


def test_mocha_sends_failures_without_any_text_where_it_has_no_second_reporter() -> None:
    result = result_of(MOCHA, "failing", "without a second reporter")

    assert result.result == "failed"
    assert result.failure_reason == ABSENT
    assert result.failure_expanded == []


def test_playwright_appends_every_error_with_its_snippet() -> None:
    lines = result_of(PLAYWRIGHT, "two soft assertions").lines("expanded")

    assert [line for line in lines if line.startswith("Error: ")] == [
        "Error: expect(received).toBe(expected) // Object.is equality"
    ] * 2
    assert len([line for line in lines if line.startswith("> ")]) == 2


def test_jasmine_sends_a_part_for_each_failed_expectation() -> None:
    assert len(result_of(JASMINE, "two assertions").failure_expanded) == 2
