"""The one line that says how a run went."""

import pytest
from msgspec.structs import replace
from triage.failures import failed

from runs_mcp.model import Run, SpecTotals, TestTotals, Totals
from runs_mcp.triage.findings import Findings
from runs_mcp.triage.fingerprint.causes import Cause
from runs_mcp.triage.grouping import CauseGroup, Novelty
from runs_mcp.triage.verdict import verdict_of

PASSED = Run(provider="currents", id="r", status="passed", completion="complete")
FAILED = replace(PASSED, status="failed")
FAILED_TEST = failed("KeyError: 'price'")


def totals(*, failed: int) -> Totals:
    return Totals(tests=TestTotals(overall=9, failed=failed), specs=SpecTotals(overall=3))


def findings(run: Run = PASSED) -> Findings:
    """Returns what is read of a run in which nothing failed."""
    return Findings(
        run=run,
        totals=totals(failed=0),
        failures=(),
        flaky=(),
        quarantined=(),
        incomplete=(),
        failing_specs=0,
        unread=(),
        unreadable=(),
        remarks=(),
    )


def group(novelty: Novelty, tests: int = 1) -> CauseGroup:
    return CauseGroup(
        Cause(fingerprint="f", cause="c", kind="crash"), (FAILED_TEST.failure,) * tests, novelty
    )


@pytest.mark.parametrize(
    ("status", "completion", "state"),
    [
        ("passed", "complete", "The run passed"),
        ("failed", "complete", "The run failed"),
        ("stale", "complete", "The run is stale"),
        ("", "complete", "The API does not say how the run went"),
        ("failed", "canceled", "The run was canceled: what had not run by then is missing"),
        ("failed", "timeout", "The run timed out: specs that hung never reported"),
        ("failing", "in_progress", "The run is still going on: more may fail"),
    ],
)
def test_the_state_of_the_run_comes_first(status: str, completion: str, state: str) -> None:
    run = replace(PASSED, status=status, completion=completion)
    verdict = verdict_of(findings(run), [group("new")])
    assert verdict == f"{state}; 1 test failed for 1 cause (1 new)."


def test_the_causes_are_counted_by_novelty_and_the_tests_over_all() -> None:
    groups = [group("known", 4), group("new", 3), group("unknown"), group("new")]
    verdict = verdict_of(findings(FAILED), groups)
    assert verdict == "The run failed; 9 tests failed for 4 causes (2 new, 1 known, 1 unknown)."


def test_what_did_not_count_as_a_failure_and_what_was_not_read_follow() -> None:
    read = findings(FAILED)._replace(
        flaky=(FAILED_TEST, FAILED_TEST),
        quarantined=(FAILED_TEST,),
        incomplete=("a.spec.ts",),
        failing_specs=5,
        unread=("timeout", "upstream_error", "timeout"),
        unreadable=("tests[1]: null",),
        remarks=("late upload", "one group"),
    )
    assert verdict_of(read, [group("new")]) == (
        "The run failed; 1 test failed for 1 cause (1 new); 2 tests flaky; "
        "1 test failed in quarantine; 1 spec never reported; "
        "3 of 5 failing specs could not be loaded (timeout 2, upstream_error 1), so there may be "
        "more; 1 record could not be read; late upload; one group."
    )


class TestNoTestFailed:
    @pytest.mark.parametrize("status", ["passed", "running", "canceled", "cancelled", "timedout"])
    def test_is_said_where_neither_status_nor_count_object(self, status: str) -> None:
        assert "no test failed" in verdict_of(findings(replace(PASSED, status=status)), [])

    def test_is_said_beside_flaky_tests(self) -> None:
        read = findings()._replace(flaky=(FAILED_TEST,))
        assert verdict_of(read, []) == "The run passed; no test failed; 1 test flaky."

    @pytest.mark.parametrize("status", ["", "failed", "failing", "pending", "stale", "error"])
    def test_is_not_said_where_the_status_does_not_agree(self, status: str) -> None:
        assert "no test" not in verdict_of(findings(replace(PASSED, status=status)), [])

    @pytest.mark.parametrize(
        "read",
        [
            findings()._replace(totals=totals(failed=1)),
            findings()._replace(unlisted=1),
            findings()._replace(quarantined=(FAILED_TEST,)),
            findings()._replace(unread=("timeout",)),
            findings()._replace(unreadable=("tests[1]: null",)),
        ],
        ids=["totals", "unlisted", "quarantined", "unread", "unreadable"],
    )
    def test_is_not_said_where_anything_objects(self, read: Findings) -> None:
        assert "no test" not in verdict_of(read, [])

    def test_is_said_of_a_failed_run_whose_retries_passed_where_the_api_has_no_counts(
        self,
    ) -> None:
        read = findings(FAILED)._replace(totals=None, flaky=(FAILED_TEST,))
        assert verdict_of(read, []) == "The run failed; no test failed in the end; 1 test flaky."

    def test_is_not_said_of_a_failed_run_with_flaky_tests_where_the_api_counts_tests(self) -> None:
        read = findings(FAILED)._replace(flaky=(FAILED_TEST,))
        assert verdict_of(read, []) == "The run failed; 1 test flaky."

    def test_is_not_said_of_a_failed_run_without_counts_and_without_flaky_tests(self) -> None:
        assert verdict_of(findings(FAILED)._replace(totals=None), []) == "The run failed."

    @pytest.mark.parametrize("status", ["", "pending", "stale"])
    def test_is_not_said_of_a_run_without_a_result_whatever_its_retries(self, status: str) -> None:
        run = replace(PASSED, status=status)
        read = findings(run)._replace(totals=None, flaky=(FAILED_TEST,))
        assert "no test" not in verdict_of(read, [])
