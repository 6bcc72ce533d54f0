"""What a comparison remarks on its runs: what is uncertain about its lists, and why."""

import pytest
from msgspec.structs import replace
from triage.runs_to_compare import RUN, SPEC, failures_only, outcomes

from runs_mcp.triage.comparison import compare
from runs_mcp.triage.findings import Outcomes

MAY_NOT_BE_NEW = "what is listed as new may not be new"
MAY_STILL_FAIL = "what is not listed may still fail"


def ended(status: str, completion: str) -> Outcomes:
    return outcomes(run=replace(RUN, status=status, completion=completion))


def test_two_runs_that_are_over_and_read_have_none() -> None:
    run = outcomes({"pays": "failed", "ships": "passed"})
    assert compare(run, run).remarks == ()


def test_the_remarks_on_each_run_come_first_and_name_it() -> None:
    base = ended("running", "in_progress")._replace(remarks=("late upload",))
    head = outcomes()._replace(remarks=("one group", "two retries"))
    assert compare(base, head).remarks[:3] == (
        "base: late upload",
        "head: one group",
        "head: two retries",
    )


@pytest.mark.parametrize(
    ("status", "completion", "reason"),
    [
        ("running", "in_progress", "is still going on"),
        ("failing", "in_progress", "is still going on"),
        ("", "", "is still going on"),
        ("pending", "complete", "has no result"),
        ("pending", "in_progress", "has no result"),
        ("stale", "complete", "has no result"),
    ],
)
def test_a_run_without_an_end_makes_its_side_of_the_lists_uncertain(
    status: str, completion: str, reason: str
) -> None:
    unfinished = ended(status, completion)
    assert compare(unfinished, outcomes()).remarks == (f"base {reason}: {MAY_NOT_BE_NEW}",)
    assert compare(outcomes(), unfinished).remarks == (f"head {reason}: {MAY_STILL_FAIL}",)


@pytest.mark.parametrize("completion", ["complete", "canceled", "timeout"])
def test_a_run_that_is_over_has_no_remark_however_it_ended(completion: str) -> None:
    assert compare(ended("failed", completion), ended("failed", completion)).remarks == ()


def test_where_passed_tests_are_unknown_an_unread_part_makes_the_lists_uncertain() -> None:
    unread = failures_only(outcomes())._replace(unread_specs=1)
    reason = "could be read in part only"
    assert compare(unread, outcomes()).remarks == (f"base {reason}: {MAY_NOT_BE_NEW}",)
    assert compare(outcomes(), unread).remarks == (f"head {reason}: {MAY_STILL_FAIL}",)


def test_where_passed_tests_are_known_an_unread_part_alone_is_no_remark() -> None:
    """The specs that were not read are open: the remarks count their tests instead."""
    assert compare(outcomes()._replace(unread_specs=1), outcomes()).remarks == ()


def test_a_run_that_lists_failures_only_has_no_remark_where_all_of_it_was_read() -> None:
    assert compare(failures_only(outcomes()), failures_only(outcomes())).remarks == ()


def test_two_reasons_are_one_remark() -> None:
    base = failures_only(ended("running", "in_progress"))._replace(unread_specs=1)
    reasons = "is still going on and could be read in part only"
    assert compare(base, outcomes()).remarks == (f"base {reasons}: {MAY_NOT_BE_NEW}",)


def test_the_tests_whose_outcome_in_head_is_unknown_are_counted() -> None:
    base = outcomes({"pays": "failed", "ships": "passed", "packs": "failed"})
    head = outcomes({"packs": "passed"}, open_specs=(SPEC,))
    (remark,) = compare(base, head).remarks
    assert remark == (
        "3 tests of base (2 failed) are in specs that head has not run to the end or that could "
        "not be read: they are in no list"
    )


def test_a_failure_that_head_shows_is_not_unknown() -> None:
    base, head = outcomes({"pays": "failed"}), outcomes({"pays": "failed"}, open_specs=(SPEC,))
    assert compare(base, head).remarks == ()


def test_the_new_failures_that_base_may_have_had_are_counted() -> None:
    base = outcomes({"packs": "failed"}, open_specs=(SPEC,))
    head = outcomes({"pays": "failed", "ships": "failed", "packs": "failed"})
    (remark,) = compare(base, head).remarks
    assert remark == (
        "2 of the new failures are in specs that base has not run to the end or that could not be "
        "read: they may not be new"
    )
