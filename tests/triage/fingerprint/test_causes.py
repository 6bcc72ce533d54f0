"""The causes of failures of any kind."""

import random

import pytest
from corpus_scores import corpus_runs
from hypothesis import given
from hypothesis import strategies as st
from triage.failures import BUTTON, cause_of, failed, number_of_causes

from runs_mcp.model import ErrorText
from runs_mcp.triage.fingerprint.causes import causes_of


@pytest.mark.parametrize(
    "error",
    [
        'Error: thrown: "Exceeded timeout of {}00 ms for a test.\nAdd a timeout value.',
        "Error: Test timed out in {}00ms.\nIf this is a long-running test, pass a timeout value.",
    ],
)
def test_all_timeouts_of_jest_or_vitest_are_one_cause(error: str) -> None:
    cause, other = causes_of([failed(error.format(n), spec="a.test.js").text for n in (3, 5)])
    assert cause == other
    assert cause.kind == "timeout"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("ValueError: bad id 52a0f4c1-7cbe-4f6b-9f0c-111122223333", "ValueError: bad id <uuid>"),
        ("RuntimeError: at 2026-03-01T10:00:00.123Z", "RuntimeError: at <time>"),
        (
            "OSError: cannot open '/tmp/pytest-of-ci/pytest-3/a.txt'",
            "OSError: cannot open '<path>'",
        ),
        (
            "Error: <Cart object at 0x7efee3755f10> is empty",
            "Error: <Cart object at <hex>> is empty",
        ),
        ("Error: GET https://a.example:8443/api/x?t=1 failed", "Error: GET <host>/api/x failed"),
        ("Error: took 1300 ms, not 900 ms", "Error: took <n> ms, not <n> ms"),
    ],
)
def test_a_cause_is_the_message_with_the_parts_masked_that_change_from_run_to_run(
    message: str, cause: str
) -> None:
    assert cause_of(message).cause == cause


def test_a_cause_is_one_line_of_at_most_300_characters() -> None:
    assert cause_of("Error: one\ntwo").cause == "Error: one two"
    long = cause_of("Error: " + "long word " * 100).cause
    assert 250 < len(long) <= 300


@pytest.mark.parametrize("reference", corpus_runs())
def test_the_causes_do_not_depend_on_the_order_of_the_failures(reference: str) -> None:
    failures = corpus_runs()[reference].failures
    before = dict(zip(failures, causes_of(failures), strict=True))
    moved = random.Random(7).sample(failures, len(failures))
    assert [before[failure] for failure in moved] == causes_of(moved)


@pytest.mark.parametrize("reference", corpus_runs())
def test_a_fingerprint_depends_on_one_failure_alone(reference: str) -> None:
    errors = corpus_runs()[reference].failures
    for error, together in zip(errors, causes_of(errors), strict=True):
        (alone,) = causes_of([error])
        assert alone.fingerprint == together.fingerprint, error


def test_the_cause_of_several_failures_is_that_of_the_most() -> None:
    waited = failed(f"TimeoutError: locator.click: Timeout 9ms exceeded.\n  - waiting for {BUTTON}")
    asserted = failed(f"Error: expect(locator).toBeVisible() failed\n\nLocator: {BUTTON}\n")
    for failures, kind in (
        ([waited, asserted, asserted], "assertion"),
        ([waited, asserted, waited], "timeout"),
    ):
        assert {cause.kind for cause in causes_of([each.text for each in failures])} == {kind}


texts = st.one_of(
    st.text(),
    st.builds(
        "{} {}\n{}: {}".format,
        st.sampled_from(["Error:", "Test timeout of 9ms exceeded.", "assert", ""]),
        st.text(),
        st.sampled_from(["Locator", "expected", "Failure/Error", "Received", "Caused by"]),
        st.text(),
    ),
)


@given(
    st.lists(
        st.builds(
            ErrorText,
            message=texts,
            stack=texts,
            code_frame=st.text(),
            further=st.lists(st.text(), max_size=2).map(tuple),
            spec=st.sampled_from(["", "a.spec.ts", "tests/test_a.py"]),
            test=st.text(),
        ),
        max_size=6,
    )
)
def test_every_failure_has_a_cause_whatever_it_says(errors: list[ErrorText]) -> None:
    causes = causes_of(errors)
    assert len(causes) == len(errors)
    assert causes_of(errors[::-1]) == causes[::-1]
    for cause in causes:
        assert len(cause.fingerprint) == 12
        assert len(cause.cause) <= 300
        assert "\n" not in cause.cause


def test_failures_without_any_text_are_a_cause_for_each_test() -> None:
    assert causes_of([]) == []
    assert number_of_causes(failed(""), failed("", test="another")) == 2
    assert (cause_of("").cause, cause_of("").kind) == ("The failure has no text.", "other")
