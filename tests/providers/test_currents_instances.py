"""How an instance, the execution of a spec file, is read."""

import pytest
from currents_payloads import (
    CYPRESS_INSTANCE,
    INSTANCE_ID,
    PLAYWRIGHT_INSTANCE,
    RUN_ID,
    Sent,
    full_instance,
    instance_with,
)

from runs_mcp import model


def test_a_playwright_instance_is_read_whole() -> None:
    full = full_instance(PLAYWRIGHT_INSTANCE)
    assert full.instance == model.Instance(
        instance_id=INSTANCE_ID,
        run_id=RUN_ID,
        spec="tests/login.spec.ts",
        group="chromium",
        machine_id="m1",
        platform="linux, chromium",
        framework="playwright 1.55.0",
        duration_ms=3500,
    )
    assert full.totals == model.TestTotals(overall=3, passed=2, failed=1, flaky=1, retries=2)
    assert full.exception == ""
    assert full.passed == (model.PassedTest(test="logout", duration_ms=7),)
    assert full.artifacts == model.Artifacts(screenshots=1, videos=1, traces=1)
    assert full.upstream_bytes == 1234


def test_the_failures_of_a_playwright_instance_are_read_whole() -> None:
    url = f"https://app.currents.dev/instance/{INSTANCE_ID}"
    assert full_instance(PLAYWRIGHT_INSTANCE).failures == (
        model.Failure(
            test="login › works",
            status="timed_out",
            spec="tests/login.spec.ts",
            location="tests/login.spec.ts:12",
            error=model.Error(
                name="Error",
                message="Timed out\n\nExpected: 1",
                frame="tests/login.spec.ts:12",
                code_frame=" 11 |\n> 12 | await expect(a)",
                stack="at tests/login.spec.ts:12\nat start (tests/fixtures.ts:7)",
            ),
            attempts=2,
            duration_ms=3000,
            instance_id=INSTANCE_ID,
            artifacts=model.Artifacts(screenshots=1, videos=1),
            url=url,
        ),
        model.Failure(
            test="cart › adds",
            status="flaky",
            spec="tests/login.spec.ts",
            error=model.Error(message="once"),
            attempts=2,
            instance_id=INSTANCE_ID,
            artifacts=model.Artifacts(traces=1),
            url=url,
        ),
    )


def test_a_cypress_instance_is_read_whole() -> None:
    full = full_instance(CYPRESS_INSTANCE)
    (failure,) = full.failures
    assert full.instance.framework == "cypress 13.6.0"
    assert failure.location == "cypress/e2e/login.cy.ts:9"
    assert failure.error == model.Error(
        name="AssertionError",
        message="expected 1 to equal 2",
        frame="Context.eval (cypress/e2e/login.cy.ts:9)",
        code_frame="> 9 | expect(1).to.equal(2)",
        stack="at Context.eval (cypress/e2e/login.cy.ts:9)",
    )
    assert failure.artifacts == model.Artifacts()
    assert full.artifacts == model.Artifacts(videos=1)


PASSED: Sent = {"state": "passed"}
FAILED: Sent = {"state": "failed"}


def test_a_flaky_test_is_not_listed_as_passed_too() -> None:
    full = full_instance(instance_with({"state": "passed", "attempts": [FAILED, PASSED]}))
    assert full.passed == ()
    assert full.totals.flaky == 1


def test_without_stats_the_totals_are_counted() -> None:
    states = ["passed", "passed", "failed", "pending", "skipped", None]
    sent = instance_with(tests=[{"state": state, "attempts": [None]} for state in states])
    assert full_instance(sent).totals == model.TestTotals(
        overall=6, passed=2, failed=1, pending=1, skipped=1
    )


def test_the_last_failed_attempt_is_shown_also_where_a_passed_one_follows() -> None:
    attempts = [
        {"state": "failed", "error": {"message": "first"}},
        {"state": "failed", "error": {"message": "second"}},
        PASSED,
    ]
    full = full_instance(instance_with({"state": "passed", "attempts": attempts}))
    assert full.failures[0].error.message == "second"
    assert full.failures[0].attempts == 3


@pytest.mark.parametrize(
    ("exception", "shown"),
    [
        (None, ""),
        ("", ""),
        ("Cannot find module", "Cannot find module"),
        ({"name": "Error", "message": "Cannot find\nmodule"}, "Cannot find\nmodule"),
        ({"name": "Error", "message": None, "stack": "at f"}, "at f"),
        ({"name": "Error"}, "Error"),
        ({}, ""),
    ],
)
def test_the_exception_of_a_spec_is_shown_whatever_its_shape(exception: object, shown: str) -> None:
    assert full_instance(instance_with(exception=exception)).exception == shown


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (["a", "b"], "a › b"),
        (["a", None, "b"], "a › b"),
        ("a b", "a b"),
        ([], ""),
        (None, ""),
        (["a\nb", "\x1b[31mc"], "a b › c"),
    ],
)
def test_a_title_is_joined_whatever_its_shape(title: object, shown: str) -> None:
    full = full_instance(instance_with({"title": title, "state": "failed"}))
    assert full.failures[0].test == shown
