"""Failures grouped by cause, and which causes are new."""

from random import Random

import pytest
from corpus_scores import corpus_runs
from hypothesis import given
from hypothesis import strategies as st
from triage.failures import failed

from runs_mcp.model import FailedTest, Run
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import causes_of
from runs_mcp.triage.grouping import CauseGroup, group_by_cause

PRICE, STOCK = "KeyError: 'price'", "KeyError: 'stock'"
CORPUS = [
    failed(text.message, test=text.test, spec=text.spec, stack=text.stack)
    for run in corpus_runs().values()
    for text in run.failures
]


def baseline(*failures: FailedTest) -> Findings:
    """Returns a baseline with these failures that was read completely."""
    return Findings(
        run=Run(provider="currents", id="main", completion="complete"),
        totals=None,
        failures=failures,
        flaky=(),
        quarantined=(),
        incomplete=(),
        failing_specs=1,
        unread=(),
        unreadable=(),
        remarks=(),
    )


def only_group(*failures: FailedTest, before: Findings | None = None) -> CauseGroup:
    (group,) = group_by_cause(failures, before)
    return group


def test_failures_of_one_cause_are_one_group() -> None:
    failures = [failed(PRICE, test="a"), failed(STOCK, test="b"), failed(PRICE, test="c")]
    groups = group_by_cause(failures, None)
    assert [[failure.test for failure in group.failures] for group in groups] == [["a", "c"], ["b"]]
    assert [group.cause.cause for group in groups] == [PRICE, STOCK]


def test_groups_with_more_tests_come_first_and_equal_ones_in_a_fixed_order() -> None:
    failures = [failed(f"KeyError: '{name}'") for name in ("ax", "bx", "cx", "cx", "dx", "dx")]
    groups = group_by_cause(failures, None)
    assert [len(group.failures) for group in groups] == [2, 2, 1, 1]
    assert groups == group_by_cause(failures[::-1], None)


def test_no_failures_are_no_groups() -> None:
    assert group_by_cause([], baseline()) == []


def test_the_failure_with_the_most_details_comes_first() -> None:
    own_frame = "it (specs/a.spec.ts:4)"
    bare = failed(PRICE)
    framed = failed(PRICE, frame=own_frame)
    with_code = failed(PRICE, frame=own_frame, code_frame="> 4 | find(id)")
    whole = failed(PRICE, frame=own_frame, code_frame="> 4 | find(id)", stack=f"at {own_frame}")
    group = only_group(bare, framed, with_code, whole)
    assert [*group.failures] == [each.failure for each in (whole, with_code, framed, bare)]


def test_equal_failures_come_by_file_and_test() -> None:
    failures = [failed(PRICE, spec=spec, test=test) for spec in "ab" for test in "xy"]
    assert [*only_group(*failures[::-1]).failures] == [each.failure for each in failures]


def test_a_group_counts_its_files() -> None:
    assert only_group(*(failed(PRICE, spec=spec) for spec in "aab")).specs == 2


def test_a_group_counts_its_failures_in_each_group_of_the_run_most_first() -> None:
    groups = ["webkit", "chromium", "firefox", "", "firefox"]
    group = only_group(*(failed(PRICE, group=name) for name in groups))
    assert group.run_groups() == [("firefox", 2), ("chromium", 1), ("webkit", 1)]


class TestNovelty:
    def test_a_cause_that_the_baseline_does_not_have_is_new(self) -> None:
        assert only_group(failed(PRICE), before=baseline(failed(STOCK))).novelty == "new"

    def test_a_cause_that_the_baseline_has_is_known_in_whichever_test(self) -> None:
        before = baseline(failed(PRICE, test="another", spec="b"))
        assert only_group(failed(PRICE), before=before).novelty == "known"

    @pytest.mark.parametrize(
        "before",
        [
            baseline()._replace(flaky=(failed(PRICE),)),
            baseline()._replace(quarantined=(failed(PRICE),)),
        ],
        ids=["flaky", "quarantined"],
    )
    def test_a_cause_is_known_from_tests_that_do_not_count_as_failed(
        self, before: Findings
    ) -> None:
        assert only_group(failed(PRICE), before=before).novelty == "known"

    def test_without_a_baseline_it_is_unknown(self) -> None:
        assert only_group(failed(PRICE), before=None).novelty == "unknown"

    @pytest.mark.parametrize(
        "before",
        [
            baseline(failed(STOCK))._replace(unread=("timeout",)),
            baseline(failed(STOCK))._replace(unreadable=("tests[1]: null",)),
        ],
        ids=["unread", "unreadable"],
    )
    def test_of_a_baseline_read_in_part_a_cause_is_known_or_unknown_but_not_new(
        self, before: Findings
    ) -> None:
        assert only_group(failed(PRICE), before=before).novelty == "unknown"
        assert only_group(failed(STOCK), before=before).novelty == "known"

    def test_a_cause_is_new_only_if_the_baseline_ran_one_of_its_specs_in_the_same_group(
        self,
    ) -> None:
        ran = baseline()._replace(completed=frozenset({("a", "chromium"), ("b", "webkit")}))

        def novelty(*specs: tuple[str, str]) -> str:
            failures = [
                failed(PRICE, spec=spec, group=group)._replace(group=group) for spec, group in specs
            ]
            return only_group(*failures, before=ran).novelty

        assert novelty(("a", "chromium")) == "new"
        assert novelty(("a", "webkit")) == "unknown"
        assert novelty(("c", "chromium")) == "unknown"
        assert novelty(("a", "webkit"), ("b", "webkit")) == "new"

    def test_the_only_group_of_a_run_is_that_of_the_other_whatever_its_name(self) -> None:
        ran = baseline()._replace(completed=frozenset({("a", "main-7")}))
        alone = failed(PRICE, spec="a")._replace(group="feature-9")
        elsewhere = failed(PRICE, spec="b")._replace(group="feature-9")
        assert only_group(alone, before=ran).novelty == "new"
        assert only_group(elsewhere, before=ran).novelty == "unknown"

    def test_a_provider_that_lists_no_specs_ran_them_all_once_the_run_is_over(self) -> None:
        going = Run(provider="buildkite", id="main", completion="in_progress")
        assert only_group(failed(PRICE), before=baseline()).novelty == "new"
        unfinished = baseline()._replace(run=going)
        assert only_group(failed(PRICE), before=unfinished).novelty == "unknown"

    def test_each_cause_has_its_own(self) -> None:
        groups = group_by_cause([failed(PRICE), failed(STOCK)], baseline(failed(STOCK)))
        assert {group.cause.cause: group.novelty for group in groups} == {
            PRICE: "new",
            STOCK: "known",
        }


some_failures = st.lists(st.sampled_from(CORPUS), max_size=20)


@given(some_failures)
def test_every_failure_is_in_exactly_one_group(failures: list[FailedTest]) -> None:
    groups = group_by_cause(failures, None)
    grouped = [id(failure) for group in groups for failure in group.failures]
    assert sorted(grouped) == sorted(id(each.failure) for each in failures)
    assert all(group.failures for group in groups)
    assert len({group.cause.fingerprint for group in groups}) == len(groups)


@given(some_failures, st.randoms())
def test_the_groups_do_not_depend_on_the_order_of_the_failures(
    failures: list[FailedTest], chance: Random
) -> None:
    def named(groups: list[CauseGroup]) -> list[tuple[str, list[str]]]:
        return [(group.cause.fingerprint, [one.test for one in group.failures]) for group in groups]

    shuffled = chance.sample(failures, len(failures))
    assert named(group_by_cause(shuffled, None)) == named(group_by_cause(failures, None))


@given(some_failures, some_failures)
def test_with_a_complete_baseline_a_cause_is_known_exactly_where_the_baseline_has_it(
    failures: list[FailedTest], before: list[FailedTest]
) -> None:
    known = {cause.fingerprint for cause in causes_of([each.text for each in before])}
    for group in group_by_cause(failures, baseline(*before)):
        assert group.novelty == ("known" if group.cause.fingerprint in known else "new")
