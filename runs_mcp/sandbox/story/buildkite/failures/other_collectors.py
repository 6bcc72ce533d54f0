"""Failures of the vendor's other collectors, each in its own form."""

from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.buildkite.addresses import run_web_url, test_web_url
from runs_mcp.sandbox.buildkite.records import ExpandedFailure, FailedExecution, Run
from runs_mcp.sandbox.seeded import choice, uuid_id
from runs_mcp.sandbox.story.buildkite.jobs import usual_jobs
from runs_mcp.sandbox.timestamps import utc

_APART = timedelta(milliseconds=120)


class _Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as a collector uploads it."""

    framework: str
    name: str
    location: str | None
    reason: str | None
    expanded: tuple[str, ...] | UnsetType = UNSET
    backtrace: tuple[str, ...] | UnsetType = UNSET
    more: tuple[ExpandedFailure, ...] = ()
    """The parts after the first one."""
    tag: tuple[str, str] = ("team", "harbour")


_UPLOADS = (
    _Upload(
        framework="minitest",
        name="HarbourTest#test_opens_at_high_water",
        location="test/models/harbour_test.rb:12",
        reason="Expected: true",
        expanded=("  Actual: false",),
        backtrace=("test/models/harbour_test.rb:14:in 'test_opens_at_high_water'",),
    ),
    _Upload(
        framework="cucumber",
        name="Boarding A passenger without a ticket",
        location="features/boarding.feature:8",
        reason="expected: 403\n     got: 200\n\n(compared using ==)\n",
        backtrace=(
            "./features/step_definitions/boarding.rb:21:in '/^the gate answers (\\d+)$/'",
            "features/boarding.feature:11:in 'the gate answers 403'",
        ),
    ),
    _Upload(
        framework="pytest",
        name="tests/tariffs/test_import.py tests/tariffs/test_import.py",
        location="tests/tariffs/test_import.py",
        reason="ImportError while importing test module '/app/tests/tariffs/test_import.py'.",
        expanded=(
            "ImportError while importing test module '/app/tests/tariffs/test_import.py'.",
            "Hint: make sure your test modules/packages have valid Python names.",
            "Traceback:",
            "tests/tariffs/test_import.py:3: in <module>",
            "    from skerry.tariffs import Importer",
            "E   ImportError: cannot import name 'Importer' from 'skerry.tariffs'",
        ),
        tag=("test.pytest_collection_error", "true"),
    ),
    _Upload(
        framework="pytest",
        name="tests/tariffs/test_rows.py test_has_a_heading",
        location="tests/tariffs/test_rows.py:None",
        reason=None,
    ),
    _Upload(
        framework="vitest",
        name="tariff table sorts by port",
        location=None,
        reason="",
        expanded=("    at src/tariffs/table.test.ts:19:30",),
    ),
    _Upload(
        framework="mocha",
        name="queue drops nothing",
        location="test/queue.spec.js",
        reason="AssertionError: expected 2 to equal 3\n\nexpected '2'\nto equal '3'",
        expanded=("showDiff: true", "actual: 2", "expected: 3", "operator: strictEqual"),
        backtrace=(
            "AssertionError: expected 2 to equal 3",
            "    at Context.<anonymous> (test/queue.spec.js:27:31)",
            "    at process.processImmediate (node:internal/timers:485:21)",
        ),
    ),
    _Upload(
        framework="cypress",
        name="berth board drags a ship",
        location="cypress/e2e/berths.cy.ts",
        reason="Timed out retrying after 4000ms: no element `.ship`.\n\n  > cy.get(.board)",
        expanded=("codeFrame: [object Object]", "isRecovered: false"),
        backtrace=(
            "AssertionError: Timed out retrying after 4000ms: no element `.ship`.",
            "    at Context.eval (webpack://console/./cypress/e2e/berths.cy.ts:14:18)",
        ),
    ),
    _Upload(
        framework="jasmine",
        name="Tide table rounds to ten minutes",
        location="spec/tide_table_spec.js",
        reason="Expected 07:14 to equal 07:10.",
        expanded=("matcherName: toEqual", "passed: false"),
        backtrace=("    at <Jasmine>", "    at spec/tide_table_spec.js:22:18"),
    ),
    _Upload(
        framework="gotestsum",
        name="skerry.example/fares TestFare/child",
        location=None,
        reason="Failed",
        expanded=(
            "=== RUN   TestFare/child",
            "    fare_test.go:31: got 41, want 42",
            "--- FAIL: TestFare/child (0.00s)",
        ),
    ),
    _Upload(
        framework="gotestsum",
        name=" TestMain",
        location=None,
        reason="Failed",
        expanded=(
            "# skerry.example/mail [skerry.example/mail.test]",
            "./mail_test.go:12:9: undefined: Send",
            "FAIL\tskerry.example/mail [build failed]",
        ),
    ),
    _Upload(
        framework="junit",
        name="dk.skerry.QuayTest mooring",
        location=None,
        reason=None,
        expanded=(
            "java.lang.IllegalStateException: no bollard",
            "\tat dk.skerry.Quay.moor(Quay.java:44)",
        ),
    ),
    _Upload(
        framework="xctest",
        name="BoardingPassTests testShowsDeck",
        location="BoardingPassTests.swift:12",
        reason='2 failures: XCTAssertEqual: "5" is not "6", XCTAssertTrue failed',
        expanded=('XCTAssertEqual: "5" is not "6"',),
        backtrace=("0 BoardingPassTests.swift:14 testShowsDeck()",),
        more=(
            ExpandedFailure(
                expanded=("XCTAssertTrue failed",),
                backtrace=("0 BoardingPassTests.swift:15 testShowsDeck()",),
            ),
        ),
    ),
    _Upload(
        framework="exunit",
        name="Elixir.Skerry.LockTest gates test gates close in order",
        location="/app/test/skerry/lock_test.exs:12",
        reason="\n\nAssertion with == failed\ncode:  assert Lock.close(gate) == :ok\n"
        "left:  {:error, :jammed}\nright: :ok\n",
        expanded=(
            "1) test gates close in order (Skerry.LockTest)",
            "test/skerry/lock_test.exs:12",
            "Assertion with == failed",
            "stacktrace:",
            "test/skerry/lock_test.exs:15: (test)",
        ),
    ),
    _Upload(
        framework="xunit",
        name="Skerry.Customs.FormTests.Refuses_unknown_goods",
        location="C:\\agent\\src\\Customs.Tests\\FormTests.cs:12",
        reason="Assert.Equal() Failure: Values differ\r\nExpected: Refused\r\nActual:   Accepted",
    ),
    _Upload(
        framework="android",
        name="dk.skerry.app.CartTest addsACar",
        location="dk.skerry.app.CartTest",
        reason="java.lang.AssertionError: expected:<2> but was:<1>",
        expanded=("java.lang.AssertionError: expected:<2> but was:<1>",),
        backtrace=("at dk.skerry.app.CartTest.addsACar(CartTest.kt:31)",),
    ),
    _Upload(
        framework="rust",
        name="winch::tests::holds_the_line",
        location=None,
        reason="\nthread 'tests::holds_the_line' panicked at winch/src/lib.rs:57:9:\n"
        "assertion `left == right` failed\n  left: 3\n right: 4\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
    ),
)


def one_of_each_collector(suite: str, run: Run) -> tuple[FailedExecution, ...]:
    """Returns the failures of all of them in a run."""
    begin = datetime.fromisoformat(run.created_at)
    return tuple(
        _failure(suite, run, upload, utc(begin + at * _APART)) for at, upload in enumerate(_UPLOADS)
    )


def _failure(suite: str, run: Run, upload: _Upload, created_at: str) -> FailedExecution:
    test_id = uuid_id(f"buildkite test {suite} {upload.framework} {upload.name}")
    execution_id = uuid_id(f"buildkite execution {run.id} {test_id}")
    jobs = usual_jobs(suite, run)
    test_url = test_web_url(suite, test_id)
    key, value = upload.tag
    framework = {"test.framework.name": upload.framework, key: value}
    has_text = upload.expanded is not UNSET or upload.backtrace is not UNSET
    text = ExpandedFailure(expanded=upload.expanded, backtrace=upload.backtrace)
    return FailedExecution(
        execution_id=execution_id,
        run_id=run.id,
        test_id=test_id,
        run_name=run.id,
        commit_sha=run.commit_sha,
        created_at=created_at,
        branch=run.branch,
        failure_reason=upload.reason,
        duration=round((1 + choice(execution_id, 9000)) / 3000, 6),
        location=upload.location,
        test_name=upload.name,
        run_url=run_web_url(suite, run.id),
        test_url=test_url,
        test_execution_url=f"{test_url}?execution_id={execution_id}",
        tags=jobs[choice(test_id, len(jobs))].tags() | framework,
        failure_expanded=(text, *upload.more) if has_text else UNSET,
    )
