"""How a test of an instance went.

The vendor's Playwright reporter sends an interrupted attempt as skipped, one that failed in
quarantine as pending, and a test that passed against expectation as failed. `rawStatus` has
Playwright's own status of an attempt.
"""

from typing import Final, NamedTuple

import msgspec

from runs_mcp import model
from runs_mcp.providers.currents.mapping.recorded_tests import RecordedTest
from runs_mcp.providers.currents.wire import instances as wire

_RAW_FAILURES: Final[dict[str, model.FailureStatus]] = {
    "timedout": "timed_out",
    "interrupted": "interrupted",
}
_QUARANTINE: Final = "_currents:rule:quarantine"


class Outcome(NamedTuple):
    """The status of a test, and how it failed if it did."""

    status: model.TestStatus
    failure: model.FailureStatus | None = None
    quarantined: bool = False


def outcome_of(test: RecordedTest) -> Outcome:
    """Returns how a test went.

    No failure or interruption is lost: a test that failed and was skipped on its retry has
    failed. A test is flaky only if it passed in some attempt.
    """
    worst = worst_attempt(test)
    passed = any(_state(attempt) == "passed" for attempt in test.attempts)
    if (hidden := _hidden_failure(test, worst)) is not None:
        return Outcome("skipped", hidden, quarantined=True)
    if _is_flaky(test, worst, passed=passed):
        return Outcome("flaky", "flaky")
    if test.state == "failed" or test.state in _RAW_FAILURES:
        unexpected = passed and worst is None and not test.display_error
        return Outcome("failed", "unexpectedly_passed" if unexpected else _kind(worst))
    if test.state == "passed":
        return Outcome("passed")  # Attempts that failed were expected to.
    if worst is not None or (test.display_error and not passed):
        return Outcome("failed", _kind(worst))
    return Outcome("passed" if passed and not test.state else "skipped")


def worst_attempt(test: RecordedTest) -> wire.WireAttempt | None:
    """Returns the last attempt that failed, else the last interrupted or with an error, or None."""
    failed = [attempt for attempt in test.attempts if _failed(attempt)]
    troubled = [
        attempt
        for attempt in test.attempts
        if _is_interrupted(attempt) or (_state(attempt) != "passed" and _has_text(attempt.error))
    ]
    return failed[-1] if failed else troubled[-1] if troubled else None


def _state(attempt: wire.WireAttempt) -> str:
    return (attempt.state or "").lower()


def _has_text(error: wire.WireError | str | None) -> bool:
    if isinstance(error, wire.WireError):
        return bool(error.message or error.stack or error.value is not None)
    return bool(error)


def _raw(attempt: wire.WireAttempt) -> str:
    """Returns the framework's own status of an attempt."""
    return (attempt.raw_status or attempt.state or "").lower()


def _failed(attempt: wire.WireAttempt) -> bool:
    return _state(attempt) == "failed" or _raw(attempt) == "timedout"


def _is_interrupted(attempt: wire.WireAttempt) -> bool:
    return _raw(attempt) == "interrupted"


def _kind(attempt: wire.WireAttempt | None) -> model.FailureStatus:
    return _RAW_FAILURES.get(_raw(attempt) if attempt else "", "failed")


def _is_flaky(test: RecordedTest, worst: wire.WireAttempt | None, *, passed: bool) -> bool:
    if not test.attempts:
        return test.is_flaky and test.state == "passed"
    if test.state == "skipped":
        return False  # No attempt went as expected, also not one that passed.
    if test.state == "failed":
        return passed and worst is not None and test.is_flaky
    return passed and (worst is not None or test.is_flaky)


class _TestInfo(msgspec.Struct, rename="camel"):
    status: str | None = None


class _Rule(msgspec.Struct, rename="camel"):
    test_info: _TestInfo | None = None


_RULE: Final = msgspec.json.Decoder(_Rule)


def _hidden_failure(
    test: RecordedTest, worst: wire.WireAttempt | None
) -> model.FailureStatus | None:
    """Returns how a test failed in quarantine, or None if it did not."""
    if test.state == "passed":
        return None
    marks = [mark for mark in test.annotations if (mark.type or "").startswith(_QUARANTINE)]
    if not marks:
        # Only quarantine leaves an error on a pending test, also where no rule is sent.
        if test.state != "pending" or worst is None:
            return None
        return None if _failed(worst) or _is_interrupted(worst) else "failed"
    original = next((status for mark in marks if (status := _original_status(mark))), "")
    failed = worst is not None or bool(test.display_error) or test.state == "failed"
    if failed or original in ("failed", *_RAW_FAILURES):
        return _RAW_FAILURES.get(original, _kind(worst))
    return None


def _original_status(mark: wire.WireAnnotation) -> str:
    """Returns the status that a test had before quarantine; empty if the rule has none."""
    try:
        rule = _RULE.decode(mark.description or "")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return ""
    return (rule.test_info.status or "").lower() if rule.test_info else ""
