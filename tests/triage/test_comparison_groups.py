"""Comparing runs whose tests ran in groups: in several browsers, projects or shards."""

from triage.runs_to_compare import SPEC, lists_of, outcomes

from runs_mcp.triage.comparison import compare

NO_COMMON_GROUP = "the runs have no group (browser, project, shard) in common"


def test_a_test_that_fails_in_more_browsers_fails_newly_in_those() -> None:
    base = outcomes({"pays @ chromium": "failed"})
    head = outcomes({f"pays @ {group}": "failed" for group in ("webkit", "firefox", "chromium")})
    assert lists_of(compare(base, head)) == {
        "new_failures": ["pays @ firefox", "pays @ webkit"],
        "still_failing": ["pays @ chromium"],
    }


def test_a_test_that_fails_in_another_browser_is_new_there_and_fixed_here() -> None:
    base = outcomes({"pays @ chromium": "failed", "pays @ firefox": "passed"})
    head = outcomes({"pays @ chromium": "passed", "pays @ firefox": "failed"})
    assert lists_of(compare(base, head)) == {
        "new_failures": ["pays @ firefox"],
        "fixed": ["pays @ chromium"],
    }


def test_the_only_group_is_not_named() -> None:
    comparison = compare(outcomes(), outcomes({"pays @ chromium": "failed"}))
    assert lists_of(comparison) == {"new_failures": ["pays"]}


def test_a_group_without_any_test_that_was_read_counts_as_a_group() -> None:
    groups = {"chromium": "chromium", "firefox": "firefox"}
    base = outcomes({"pays @ firefox": "failed"}, groups=groups)
    head = outcomes({"pays @ firefox": "failed"}, groups=groups)
    assert lists_of(compare(base, head)) == {"still_failing": ["pays @ firefox"]}


def test_a_spec_that_is_open_in_one_group_is_not_in_the_other() -> None:
    base = outcomes({"pays @ chromium": "failed", "pays @ firefox": "failed"})
    head = outcomes(groups=base.groups, open_specs=(f"{SPEC} @ chromium",))
    assert lists_of(compare(base, head)) == {"missing": ["pays @ firefox"]}


def test_a_spec_that_is_open_in_the_only_group_is_open() -> None:
    base = outcomes({"pays @ chromium": "failed"})
    head = outcomes(groups=base.groups, open_specs=(f"{SPEC} @ chromium",))
    assert lists_of(compare(base, head)) == {}


def test_the_only_group_of_both_runs_is_the_same_under_another_name_of_the_same_browser() -> None:
    base = outcomes({"pays @ nightly": "failed"}, groups={"nightly": "chromium"})
    head = outcomes({"pays @ smoke": "failed"}, groups={"smoke": "chromium"})
    comparison = compare(base, head)
    assert lists_of(comparison) == {"still_failing": ["pays"]}
    assert comparison.remarks == ()


def test_the_only_groups_are_different_ones_where_the_browsers_are_unknown() -> None:
    base = outcomes({"pays @ nightly": "failed"}, groups={"nightly": ""})
    head = outcomes({"pays @ smoke": "failed"}, groups={"smoke": ""})
    comparison = compare(base, head)
    assert lists_of(comparison) == {
        "new_failures": ["pays @ smoke"],
        "missing": ["pays @ nightly"],
    }
    assert comparison.remarks == (NO_COMMON_GROUP,)


def test_of_several_groups_none_is_taken_for_another_of_the_same_browser() -> None:
    one = outcomes({"pays @ nightly": "failed"}, groups={"nightly": "edge"})
    two = outcomes({"pays @ smoke": "failed"}, groups={"smoke": "edge", "other": "firefox"})
    both = outcomes({"pays @ all": "failed"}, groups={"all": "edge", "rest": "firefox"})
    for comparison in (compare(one, two), compare(two, both)):
        assert lists_of(comparison).keys() == {"new_failures", "missing"}
        assert comparison.remarks == (NO_COMMON_GROUP,)


def test_runs_of_two_browsers_have_no_group_in_common() -> None:
    base, head = outcomes({"pays @ chromium": "failed"}), outcomes({"pays @ firefox": "failed"})
    comparison = compare(base, head)
    assert lists_of(comparison) == {
        "new_failures": ["pays @ firefox"],
        "missing": ["pays @ chromium"],
    }
    assert comparison.remarks == (NO_COMMON_GROUP,)


def test_one_group_in_common_is_enough() -> None:
    base = outcomes(groups={"chromium": "chromium", "firefox": "firefox"})
    head = outcomes(groups={"firefox": "firefox", "webkit": "webkit"})
    assert compare(base, head).remarks == ()


def test_a_run_without_groups_can_have_all_in_common() -> None:
    without, with_one = outcomes(), outcomes(groups={"chromium": "chromium"})
    assert compare(without, with_one).remarks == compare(with_one, without).remarks == ()
