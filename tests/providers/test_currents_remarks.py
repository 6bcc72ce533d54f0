"""The remarks on a run: what its failures do not show, and where its counts disagree."""

from runs_mcp.model import (
    Artifacts,
    FullInstance,
    FullRun,
    Instance,
    Run,
    Spec,
    SpecStatus,
    SpecTotals,
    TestResult,
    TestTotals,
    Totals,
)
from runs_mcp.providers.currents.reading.remarks import quarantine_remark, remarks_on
from runs_mcp.providers.currents.reading.spec_results import SpecResult


def spec(name: str = "a.ts", *, failed: int = 0, skipped: int = 0) -> Spec:
    status: SpecStatus = "failed" if failed or skipped else "passed"
    return Spec(
        spec=name, status=status, instance_id=f"id of {name}", failed=failed, skipped=skipped
    )


def instance(*tests: TestResult, exception: str = "") -> FullInstance:
    return FullInstance(
        instance=Instance(instance_id=""),
        totals=TestTotals(),
        exception=exception,
        artifacts=Artifacts(),
        tests=tests,
        upstream_bytes=0,
    )


def failed_test() -> TestResult:
    return TestResult(test_id="t", title="t", status="failed", counts_as_failed=True)


def run_of(*specs: Spec, note: str = "") -> FullRun:
    return FullRun(
        run=Run(provider="currents", id="r", note=note),
        totals=Totals(tests=TestTotals(), specs=SpecTotals()),
        groups=(),
        specs=specs,
        upstream_bytes=0,
    )


def remarks(*results: SpecResult) -> tuple[str, ...]:
    specs = [result.spec for result in results]
    return remarks_on(run_of(*specs), specs, results)


def test_a_run_whose_counts_agree_has_no_remarks() -> None:
    assert remarks(SpecResult(spec(failed=1), instance(failed_test()))) == ()


def test_the_note_of_the_run_comes_first() -> None:
    noted = run_of(spec(), note="The run has failed, though none of its specs has.")
    assert remarks_on(noted, noted.specs, [])[0] == (
        "The run has failed, though none of its specs has"
    )


def test_failed_executions_that_were_replaced_are_counted() -> None:
    full = run_of(spec(failed=1), spec(failed=0), spec("b.ts", failed=2))
    assert remarks_on(full, full.specs[1:], []) == (
        "failed executions of specs that then ran again are left out: 1",
    )


def test_counts_that_differ_from_what_was_read_are_named_with_the_specs() -> None:
    assert remarks(
        SpecResult(spec("a.ts", failed=3), instance(failed_test())),
        SpecResult(spec("b.ts", failed=2), instance(failed_test())),
        SpecResult(spec("c.ts", failed=1), instance(failed_test())),
    ) == (
        "the run's own counts say that 5 tests of 2 specs (a.ts, b.ts) failed, and 2 could be read",
    )


def test_an_exception_counts_as_one_failed_test_or_none() -> None:
    crashed = instance(exception="Cannot find module")
    assert remarks(SpecResult(spec(failed=1), crashed)) == ()
    assert remarks(SpecResult(spec(), crashed)) == ()


def test_a_spec_without_tests_or_exception_has_no_results() -> None:
    assert remarks(SpecResult(spec(), instance())) == (
        "no results could be read of 1 specs (a.ts)",
    )


def test_skipped_tests_are_named_if_no_test_failed() -> None:
    passed = TestResult(test_id="t", title="t", status="passed")
    assert remarks(SpecResult(spec(skipped=2), instance(passed))) == (
        "2 skipped tests alone fail 1 specs (a.ts)",
    )


def test_a_spec_that_could_not_be_read_has_no_remark() -> None:
    assert remarks(SpecResult(spec(failed=1, skipped=1), None, "not_found")) == ()


def test_only_three_specs_are_named() -> None:
    results = [SpecResult(spec(f"{name}.ts"), instance()) for name in "abcd"]
    assert remarks(*results) == ("no results could be read of 4 specs (a.ts, b.ts, c.ts, …)",)


def test_specs_that_could_not_be_searched_for_quarantine_are_counted_by_error() -> None:
    results = [SpecResult(spec(), None, kind) for kind in ("timeout", "not_found", "timeout")]
    assert quarantine_remark(results) == (
        "specs not searched for failures in quarantine: timeout 2, not_found 1"
    )
    assert quarantine_remark([SpecResult(spec(), instance())]) == ""
