"""The causes of failed assertions of jest and vitest."""

from triage.failures import cause_of, failed, jest, number_of_causes

from runs_mcp.model import FailedTest

HELPER = "expectSum (test/support/checks.js:5)"


def test_a_helper_that_checks_numbers_has_one_cause_whatever_they_are() -> None:
    sums = [jest("toBe", "4.58", "4.57"), jest("toBe", "30", "29.99")]
    assert number_of_causes(*(failed(error, frame=HELPER) for error in sums)) == 1


def test_in_a_helper_wrong_texts_numbers_and_statuses_are_different_causes() -> None:
    errors = [jest("toBe", "4", "5"), jest("toBe", '"Rye"', '"Oat"')]
    errors += [jest("toBe", "200", "404"), jest("toBe", "200", "500")]
    assert number_of_causes(*(failed(error, frame=HELPER) for error in errors)) == 4


def test_in_a_test_file_the_words_tell_causes_apart() -> None:
    euro, krone = jest("toBe", '"EUR"', '"SEK"'), jest("toBe", '"EUR"', '"USD"')
    assert number_of_causes(failed(euro), failed(euro, spec="specs/b.spec.ts")) == 1
    assert number_of_causes(failed(euro), failed(krone)) == 2


def test_texts_that_differ_in_case_only_are_one_cause_whatever_their_words() -> None:
    errors = [jest("toBe", '"Rye Bread"', '"rye bread"'), jest("toBe", '"Oats"', '"oats"')]
    assert number_of_causes(*map(failed, errors)) == 1


def test_the_keys_that_differ_tell_causes_apart() -> None:
    def differing(*lines: str) -> FailedTest:
        diff = "\n".join(lines)
        return failed(
            "Error: expect(received).toEqual(expected) // deep equality\n\n- Expected  - 1\n"
            f'+ Received  + 1\n\n  Object {{\n    "id": "O-8",\n{diff}\n  }}',
            frame="expectOrder (test/support/checks.js:9)",
        )

    sums = [differing(f'-   "sum": {n},', f'+   "sum": {n + 7},') for n in (5, 60)]
    lost = [differing(f'-   "state": "{state}",') for state in ("open", "paid")]
    assert number_of_causes(*sums) == number_of_causes(*lost) == 1
    assert number_of_causes(*sums, *lost) == 2


def test_a_missing_field_is_one_cause_in_a_diff_and_by_its_path() -> None:
    path = 'Error: expect(received).toHaveProperty(path)\n\nExpected path: "eta"\n'
    diff = (
        "Error: expect(received).toEqual(expected) // deep equality\n\n- Expected  - 1\n"
        '+ Received  + 0\n\n  Object {\n-   "eta": "10:30",\n    "day": "Monday",\n  }'
    )
    assert number_of_causes(failed(path + "Received path: []"), failed(diff)) == 1


def test_a_snapshot_is_known_by_the_first_line_that_changed() -> None:
    def changed(name: str, total: str) -> FailedTest:
        return failed(
            "Error: expect(received).toMatchSnapshot()\n\n"
            f"Snapshot name: `{name} 1`\n\n- Snapshot  - 1\n+ Received  + 1\n\n"
            f"  Corner\n- Total     {total}\n+ TOTAL     {total}"
        )

    assert number_of_causes(changed("one", "7.50"), changed("two", "169.00")) == 1


def test_the_error_of_a_rejected_promise_is_the_cause() -> None:
    error = (
        "Error: expect(received).resolves.toBe()\n\nReceived promise rejected instead of "
        "resolved\nRejected to value: [Error: lift does not answer]"
    )
    vitest = 'AssertionError: promise rejected "Error: lift does not answer" instead of resolving'
    assert cause_of(error).cause == "Error: lift does not answer"
    assert cause_of(error).fingerprint == cause_of(vitest).fingerprint


def test_a_missing_key_and_a_wrong_value_in_a_cut_object_are_two_causes() -> None:
    error = "AssertionError: expected {{ id: 'O-8', …({}) }} to deeply equal {{ id: 'O-8', …(3) }}"
    lost, wrong = (
        failed(error.format(2), frame=HELPER),
        failed(error.format(3), frame=HELPER),
    )
    assert number_of_causes(lost, wrong) == 2
