"""In which list of a comparison a test is, by its outcomes in both runs."""

from itertools import chain
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from triage.runs_to_compare import RUN, SPEC, failures_only, lists_of, outcomes

from runs_mcp.model import TestStatus
from runs_mcp.triage.comparison import compare
from runs_mcp.triage.findings import WHOLE_SPEC, CaseKey, NamedOutcome, Outcomes

STATUSES: Final[tuple[TestStatus, ...]] = ("failed", "flaky", "passed", "skipped")


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (None, "failed", "new_failures"),
        ("passed", "failed", "new_failures"),
        ("flaky", "failed", "new_failures"),
        ("skipped", "failed", "new_failures"),
        ("failed", "failed", "still_failing"),
        ("failed", "passed", "fixed"),
        ("failed", "skipped", "not_run"),
        ("failed", "flaky", "flaky"),
        ("passed", "flaky", "flaky"),
        ("skipped", "flaky", "flaky"),
        ("flaky", "flaky", "flaky"),
        (None, "flaky", "flaky"),
        ("failed", None, "missing"),
        ("passed", None, "missing"),
        ("flaky", None, "missing"),
        ("skipped", None, "missing"),
    ],
)
def test_a_change_has_its_list(
    before: TestStatus | None, after: TestStatus | None, name: str
) -> None:
    base = outcomes({"pays": before} if before else {})
    head = outcomes({"pays": after} if after else {})
    assert lists_of(compare(base, head)) == {name: ["pays"]}


@pytest.mark.parametrize("before", [None, "passed", "flaky", "skipped"])
@pytest.mark.parametrize("after", ["passed", "skipped"])
def test_a_test_that_failed_in_neither_run_is_in_no_list(
    before: TestStatus | None, after: TestStatus
) -> None:
    base = outcomes({"pays": before} if before else {})
    assert lists_of(compare(base, outcomes({"pays": after}))) == {}


def test_without_passed_tests_in_head_nothing_is_called_fixed_or_missing() -> None:
    base = outcomes({"a": "failed", "b": "failed", "c": "flaky"})
    head = outcomes({"a": "failed", "d": "flaky"})
    comparison = compare(failures_only(base), failures_only(head))
    assert lists_of(comparison) == {
        "still_failing": ["a"],
        "no_longer_failing": ["b"],
        "flaky": ["d"],
    }


def test_the_lists_come_worst_first() -> None:
    assert [*compare(outcomes(), outcomes()).lists()] == [
        "new_failures",
        "still_failing",
        "fixed",
        "no_longer_failing",
        "not_run",
        "flaky",
        "missing",
    ]


def test_a_comparison_names_both_runs_and_adds_up_what_could_not_be_read() -> None:
    base_run = replace(RUN, id="b")
    base = outcomes(run=base_run)._replace(unread_specs=2, unreadable=("tests[1]: a number",))
    head = outcomes()._replace(unread_specs=3, unreadable=("tests[4]: null",))
    comparison = compare(base, head)
    assert (comparison.base, comparison.head) == (base_run, RUN)
    assert comparison.unread_specs == 5
    assert comparison.unreadable == ("tests[1]: a number", "tests[4]: null")


def with_keys(*tests: tuple[tuple[str, ...], NamedOutcome]) -> Outcomes:
    return outcomes()._replace(tests={CaseKey(key): outcome for key, outcome in tests})


def test_two_tests_of_one_name_are_told_apart_by_their_keys() -> None:
    adds = NamedOutcome("failed", "adds", "", "")
    base, head = with_keys((("id-1",), adds)), with_keys((("id-2",), adds))
    assert lists_of(compare(base, head)) == {"new_failures": ["adds"], "missing": ["adds"]}


def test_a_list_is_sorted_by_title_file_and_key() -> None:
    def failed(key: str, title: str, spec: str) -> tuple[tuple[str, ...], NamedOutcome]:
        return (key,), NamedOutcome("failed", title, spec, "")

    head = with_keys(
        failed("1", "pays", "b.spec.ts"),
        failed("2", "adds", "b.spec.ts"),
        failed("3", "pays", "a.spec.ts"),
    )
    listed = compare(outcomes(), head).new_failures
    assert [(test.test, test.spec) for test in listed] == [
        ("adds", "b.spec.ts"),
        ("pays", "a.spec.ts"),
        ("pays", "b.spec.ts"),
    ]


class TestSpecThatCouldNotRun:
    BROKEN: Final[dict[str, TestStatus]] = {WHOLE_SPEC: "failed"}

    def test_it_is_fixed_where_tests_of_it_ran(self) -> None:
        comparison = compare(outcomes(self.BROKEN), outcomes({"pays": "passed"}))
        assert lists_of(comparison) == {"fixed": [WHOLE_SPEC]}

    def test_it_is_fixed_even_where_a_test_of_it_fails_now(self) -> None:
        comparison = compare(outcomes(self.BROKEN), outcomes({"pays": "failed"}))
        assert lists_of(comparison) == {"new_failures": ["pays"], "fixed": [WHOLE_SPEC]}

    def test_it_is_missing_where_nothing_of_it_ran(self) -> None:
        assert lists_of(compare(outcomes(self.BROKEN), outcomes())) == {"missing": [WHOLE_SPEC]}

    def test_the_tests_that_passed_before_it_are_missing(self) -> None:
        comparison = compare(outcomes({"pays": "passed"}), outcomes(self.BROKEN))
        assert lists_of(comparison) == {"new_failures": [WHOLE_SPEC], "missing": ["pays"]}


class TestOpenSpec:
    """A spec that was not read to the end proves nothing about what it does not show."""

    @pytest.mark.parametrize("after", [None, "passed", "skipped"])
    def test_a_failure_is_neither_fixed_nor_missing(self, after: TestStatus | None) -> None:
        head = outcomes({"pays": after} if after else {}, open_specs=(SPEC,))
        assert lists_of(compare(outcomes({"pays": "failed"}), head)) == {}

    def test_a_failure_that_it_does_show_still_fails(self) -> None:
        head = outcomes({"pays": "failed"}, open_specs=(SPEC,))
        assert lists_of(compare(outcomes({"pays": "failed"}), head)) == {"still_failing": ["pays"]}

    def test_a_test_that_passed_is_not_missing(self) -> None:
        assert lists_of(compare(outcomes({"pays": "passed"}), outcomes(open_specs=(SPEC,)))) == {}

    def test_in_another_spec_nothing_changes(self) -> None:
        head = outcomes(open_specs=("tests/other.spec.ts",))
        assert lists_of(compare(outcomes({"pays": "failed"}), head)) == {"missing": ["pays"]}

    def test_in_base_it_takes_no_failure_off_the_new_ones(self) -> None:
        comparison = compare(outcomes(open_specs=(SPEC,)), outcomes({"pays": "failed"}))
        assert lists_of(comparison) == {"new_failures": ["pays"]}


some_tests = st.dictionaries(
    st.builds("{} @ {}".format, st.sampled_from("abcdef"), st.sampled_from(["chromium", "webkit"])),
    st.sampled_from(STATUSES),
)
in_two_groups = {"chromium": "chromium", "webkit": "webkit"}
some_runs = st.builds(
    outcomes,
    some_tests,
    groups=st.just(in_two_groups),
    open_specs=st.sampled_from([(), (f"{SPEC} @ chromium",)]),
)


def names_of(run: Outcomes, *statuses: TestStatus) -> set[str]:
    return {
        f"{key.test[-1]} @ {key.group}"
        for key, test in run.tests.items()
        if test.status in (statuses or STATUSES)
    }


@given(some_runs, some_runs, st.booleans())
def test_no_test_is_in_two_lists(base: Outcomes, head: Outcomes, includes_passed: bool) -> None:
    base, head = (run._replace(includes_passed=includes_passed) for run in (base, head))
    listed = [*chain(*lists_of(compare(base, head)).values())]
    assert len(listed) == len(set(listed))


@given(some_runs, some_runs)
def test_every_failure_of_head_is_listed_and_new_unless_it_failed_in_base(
    base: Outcomes, head: Outcomes
) -> None:
    lists = lists_of(compare(base, head))
    failed, failed_before = names_of(head, "failed"), names_of(base, "failed")
    assert set(lists.get("new_failures", ())) == failed - failed_before
    assert set(lists.get("still_failing", ())) == failed & failed_before


@given(some_runs, some_tests, st.booleans())
def test_every_failure_of_base_is_in_a_list_where_head_was_read_to_the_end(
    base: Outcomes, tests: dict[str, TestStatus], includes_passed: bool
) -> None:
    head = outcomes(tests, groups=in_two_groups)._replace(includes_passed=includes_passed)
    listed = {*chain(*lists_of(compare(base, head)).values())}
    assert names_of(base, "failed") <= listed


@given(some_tests)
def test_compared_with_itself_a_run_has_only_its_failures_and_its_flaky_tests(
    tests: dict[str, TestStatus],
) -> None:
    run = outcomes(tests, groups=in_two_groups)
    lists = lists_of(compare(run, run))
    assert lists.keys() <= {"still_failing", "flaky"}
    assert {*lists.get("still_failing", ())} == names_of(run, "failed")
    assert {*lists.get("flaky", ())} == names_of(run, "flaky")


@given(some_tests, some_tests)
def test_what_is_fixed_one_way_is_new_the_other_way(
    tests: dict[str, TestStatus], others: dict[str, TestStatus]
) -> None:
    base, head = outcomes(tests, groups=in_two_groups), outcomes(others, groups=in_two_groups)
    there, back = lists_of(compare(base, head)), lists_of(compare(head, base))
    assert {*there.get("fixed", ())} <= {*back.get("new_failures", ())}
    assert there.get("still_failing") == back.get("still_failing")
