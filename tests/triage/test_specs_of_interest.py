"""Which specs of two runs have to be read to compare them."""

import pytest

from runs_mcp.triage.comparison import specs_of_interest

PASSED, PASSED_WITH_MORE_TESTS, DID_NOT_PASS = ";chromium 12 0", ";chromium 13 0", ""


def of_large_runs(base: dict[str, str], head: dict[str, str]) -> frozenset[str] | None:
    return specs_of_interest(base, head, at_most=0)


def test_a_spec_that_passed_in_both_runs_with_as_many_tests_is_not_read() -> None:
    assert of_large_runs({"a": PASSED}, {"a": PASSED}) == frozenset()


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ({"a": PASSED}, {"a": PASSED_WITH_MORE_TESTS}),
        ({"a": DID_NOT_PASS}, {"a": PASSED}),
        ({"a": PASSED}, {"a": DID_NOT_PASS}),
        ({"a": DID_NOT_PASS}, {"a": DID_NOT_PASS}),
        ({"a": PASSED}, {}),
        ({}, {"a": PASSED}),
    ],
)
def test_any_other_spec_is_read(base: dict[str, str], head: dict[str, str]) -> None:
    unchanged = {"z": PASSED}
    assert of_large_runs(base | unchanged, head | unchanged) == frozenset("a")


def test_of_two_small_runs_all_specs_are_read() -> None:
    base, head = {"a": PASSED, "b": PASSED}, {"b": PASSED, "c": PASSED}
    assert specs_of_interest(base, head, at_most=3) is None
    assert specs_of_interest(base, head, at_most=2) == frozenset("ac")


def test_where_the_provider_has_no_specs_all_is_read() -> None:
    assert specs_of_interest(None, {"a": PASSED}, at_most=0) is None
    assert specs_of_interest({"a": PASSED}, None, at_most=0) is None
