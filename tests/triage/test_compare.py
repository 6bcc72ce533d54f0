"""Two runs, test by test."""

from runs_mcp.model import Run, TestStatus
from runs_mcp.triage.comparison import compare, specs_of_interest
from runs_mcp.triage.findings import CaseKey, NamedOutcome, Outcomes

RUN = Run(provider="currents", id="r", status="failed", completion="complete")
SPEC = "tests/checkout.spec.ts"


def outcomes(*tests: tuple[str, str, TestStatus], includes_passed: bool = True) -> Outcomes:
    """Returns a run of tests by title, group and status."""
    return Outcomes(
        run=RUN,
        tests={
            CaseKey((SPEC, title), group): NamedOutcome(status, title, SPEC, group)
            for title, group, status in tests
        },
        groups={group: group for _, group, _ in tests if group},
        includes_passed=tells_passed,
        open_specs=frozenset(),
        unread_specs=0,
        unreadable=(),
        remarks=(),
    )


def rows(tests: tuple[NamedOutcome, ...]) -> list[tuple[str, str]]:
    return [(test.test, test.group) for test in tests]


def test_a_test_that_fails_in_more_browsers_fails_newly_in_those() -> None:
    base = outcomes(("pays", "chromium", "failed"))
    head = outcomes(*(("pays", group, "failed") for group in ("chromium", "firefox", "webkit")))
    found = compare(base, head)
    assert rows(found.new_failures) == [("pays", "firefox"), ("pays", "webkit")]
    assert rows(found.still_failing) == [("pays", "chromium")]


def test_a_test_that_fails_in_another_browser_is_new_there_and_fixed_here() -> None:
    base = outcomes(("pays", "chromium", "failed"), ("pays", "firefox", "passed"))
    head = outcomes(("pays", "chromium", "passed"), ("pays", "firefox", "failed"))
    found = compare(base, head)
    assert rows(found.new_failures) == [("pays", "firefox")]
    assert rows(found.fixed) == [("pays", "chromium")]
    assert found.still_failing == ()


def test_a_lone_group_is_not_named() -> None:
    found = compare(outcomes(), outcomes(("pays", "chromium", "failed")))
    assert rows(found.new_failures) == [("pays", "")]


def test_one_group_of_one_browser_is_the_same_by_whatever_name() -> None:
    base = outcomes(("pays", "nightly", "failed"))._replace(groups={"nightly": "chromium"})
    head = outcomes(("pays", "smoke", "failed"))._replace(groups={"smoke": "chromium"})
    found = compare(base, head)
    assert rows(found.still_failing) == [("pays", "")]
    assert found.remarks == ()


def test_one_group_of_another_browser_is_another_one_and_that_is_said() -> None:
    found = compare(
        outcomes(("pays", "chromium", "failed")), outcomes(("pays", "firefox", "failed"))
    )
    assert rows(found.new_failures) == [("pays", "firefox")]
    assert rows(found.missing) == [("pays", "chromium")]
    assert found.remarks == ("the runs have no group (browser, project, shard) in common",)


def test_every_status_of_a_test_that_failed_has_its_list() -> None:
    base = outcomes(*((title, "", "failed") for title in ("a", "b", "c", "d", "e")))
    head = outcomes(
        ("a", "", "failed"), ("b", "", "passed"), ("c", "", "skipped"), ("d", "", "flaky")
    )
    found = compare(base, head)
    lists = {name: [test.test for test in tests] for name, tests in found.lists().items() if tests}
    assert lists == {
        "still_failing": ["a"],
        "fixed": ["b"],
        "not_run": ["c"],
        "flaky": ["d"],
        "missing": ["e"],
    }


def test_of_a_provider_that_tells_failures_only_nothing_is_called_fixed_or_missing() -> None:
    base = outcomes(("a", "", "failed"), ("b", "", "failed"), includes_passed=False)
    found = compare(base, outcomes(("a", "", "flaky"), includes_passed=False))
    lists = {name: [test.test for test in tests] for name, tests in found.lists().items() if tests}
    assert lists == {"no_longer_failing": ["b"], "flaky": ["a"]}


def test_two_tests_of_one_name_are_told_apart_by_their_keys() -> None:
    def named(key: str, status: TestStatus) -> dict[CaseKey, NamedOutcome]:
        return {CaseKey((key,)): NamedOutcome(status, "adds", "", "")}

    base = outcomes()._replace(tests=named("id-1", "failed"))
    head = outcomes()._replace(tests=named("id-2", "failed"))
    found = compare(base, head)
    assert [test.test for test in found.new_failures] == ["adds"]
    assert [test.test for test in found.missing] == ["adds"]


def test_what_was_not_read_is_neither_new_nor_fixed_nor_missing_also_in_a_lone_group() -> None:
    failed = outcomes(("pays", "chromium", "failed"), ("ships", "chromium", "passed"))
    unread = outcomes()._replace(
        groups={"chromium": "chromium"}, open_specs=frozenset({(SPEC, "chromium")})
    )
    found = compare(failed, unread)
    assert not any(found.lists().values())
    assert "2 tests of base (1 failed) are in specs that head has not run to the end" in str(
        found.remarks
    )
    found = compare(unread, failed)
    assert rows(found.new_failures) == [("pays", "")]
    assert "1 of the new failures are in specs that base has not run" in str(found.remarks)


def test_a_test_is_not_fixed_where_an_execution_of_its_spec_was_not_read() -> None:
    head = outcomes(("pays", "", "passed"))._replace(open_specs=frozenset({(SPEC, "")}))
    found = compare(outcomes(("pays", "", "failed")), head)
    assert not any(found.lists().values())
    assert "1 tests of base (1 failed)" in str(found.remarks)


def test_a_group_of_which_no_test_was_read_is_a_group_all_the_same() -> None:
    both = {"chromium": "chromium", "firefox": "firefox"}
    base = outcomes(("pays", "firefox", "failed"))._replace(groups=both)
    head = outcomes(("pays", "firefox", "failed"))._replace(groups=both)
    assert rows(compare(base, head).still_failing) == [("pays", "firefox")]


def test_of_large_runs_every_spec_that_did_not_pass_is_read() -> None:
    base = {"a": ";1", "b": ";2", "c": "", "d": ";1"}
    head = {"a": ";1", "b": ";3", "c": "", "e": ";1"}
    assert specs_of_interest(base, head, at_most=1) == frozenset("bcde")
