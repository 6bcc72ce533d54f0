"""How a test of an instance went, as the vendor's reporter maps what happened.

The rules are those of the Playwright reporter: an interrupted attempt arrives as skipped, one
that failed in quarantine as pending, and a test that was expected to fail as failed where it
passed. What Playwright itself called an attempt stands in `rawStatus`.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from runs_mcp import model
from runs_mcp.providers.currents.wire import instances as wire
from runs_mcp.providers.field_values import present

_RAW_FAILURES: Final[dict[str, model.FailureStatus]] = {
    "timedout": "timed_out",
    "interrupted": "interrupted",
}
# The reporter fills up the attempts of a halted run; the apostrophe is a curly one.
_NEVER_RAN: Final = re.compile(r"\s*Playwright didn.t run this attempt\b")
_QUARANTINE: Final = "_currents:rule:quarantine"


class RecordedTest(NamedTuple):
    """One test in either schema.

    Args:
        test_id: Its ID.
        title: The parts of its title.
        state: passed, failed, pending or skipped; empty where it is not known.
        is_flaky: Whether the API calls it flaky.
        display_error: The text that the dashboard shows; of a flaky test as well.
        attempts: The attempts that were made.
        annotations: What the vendor's rules and its authors say of it.
    """

    test_id: str
    title: tuple[str, ...]
    state: str
    is_flaky: bool
    display_error: str
    attempts: tuple[wire.WireAttempt, ...]
    annotations: tuple[wire.WireAnnotation, ...]


class Outcome(NamedTuple):
    """How a test counts, and which kind of failure it is, if it is one."""

    status: model.TestStatus
    failure: model.FailureStatus | None = None
    quarantined: bool = False


def test_records(sent: wire.WireInstance) -> list[RecordedTest]:
    """Returns the tests of an instance: each from `testResults`, else from its own fields."""
    results = sent.test_results or {}
    listed = sent.test_list or {}
    tests = present(sent.results.tests if sent.results else None)
    if results:  # By ID, so each once.
        tests = list({str(test.test_id or at): test for at, test in enumerate(tests)}.values())
    known = {_id_of(test) for test in tests}
    # What has a result and stands in no list is a test all the same.
    tests += [
        wire.WireTest(
            test_id=test_id, title=title.title if (title := listed.get(test_id)) else None
        )
        for test_id, result in results.items()
        if result is not None and test_id not in known
    ]
    annotations = sent.test_annotations or {}
    return [
        _record(
            test if test.title else replace(test, title=_listed_title(listed.get(_id_of(test)))),
            results.get(_id_of(test)) or wire.WireTestResult(),
            present(annotations.get(_id_of(test))) or present(test.annotations),
        )
        for test in tests
    ]


def _id_of(test: wire.WireTest) -> str:
    return str(test.test_id) if test.test_id is not None else ""


def _listed_title(listed: wire.WireListedTest | None) -> list[str | None] | str | None:
    return listed.title if listed else None


def _record(
    test: wire.WireTest,
    result: wire.WireTestResult,
    annotations: Sequence[wire.WireAnnotation],
) -> RecordedTest:
    attempts = present(result.attempts) or present(test.attempts)
    flaky = (result.is_flaky, test.is_flaky, test.short_flaky)
    shown = result.display_error or test.display_error or ""
    return RecordedTest(
        test_id=_id_of(test),
        title=(test.title,) if isinstance(test.title, str) else tuple(present(test.title)),
        state=(result.state or test.state or test.short_state or "").lower(),
        is_flaky=next((flag for flag in flaky if flag is not None), False),
        display_error="" if _NEVER_RAN.match(shown) else shown,
        attempts=tuple(attempt for attempt in attempts if not _never_ran(attempt)),
        annotations=tuple(annotations),
    )


def outcome_of(test: RecordedTest) -> Outcome:
    """Returns how a test went.

    Nothing that failed or was interrupted gets lost: a test that failed and was skipped when it
    was tried again has failed. Flaky is only what passed in some attempt.
    """
    went_wrong = worst_attempt(test)
    passed = any(_state(attempt) == "passed" for attempt in test.attempts)
    if (hidden := _hidden_failure(test, went_wrong)) is not None:
        return Outcome("skipped", hidden, quarantined=True)
    if _is_flaky(test, went_wrong, passed=passed):
        return Outcome("flaky", "flaky")
    if test.state == "failed" or test.state in _RAW_FAILURES:
        unexpected = passed and went_wrong is None and not test.display_error
        return Outcome("failed", "unexpectedly_passed" if unexpected else _kind(went_wrong))
    if test.state == "passed":
        return Outcome("passed")  # It was expected to fail where an attempt failed.
    if went_wrong is not None or (test.display_error and not passed):
        return Outcome("failed", _kind(went_wrong))
    return Outcome("passed" if passed and not test.state else "skipped")


def worst_attempt(test: RecordedTest) -> wire.WireAttempt | None:
    """Returns the last attempt that failed, else the last one with an error, or None."""
    failed = [attempt for attempt in test.attempts if _failed(attempt)]
    troubled = [
        attempt
        for attempt in test.attempts
        if _is_interrupted(attempt) or (_state(attempt) != "passed" and _has_text(attempt.error))
    ]
    return failed[-1] if failed else troubled[-1] if troubled else None


def annotated(test: RecordedTest, kind: str) -> list[str]:
    """Returns what the annotations of this type say, each text once."""
    said = [mark.description for mark in test.annotations if (mark.type or "").lower() == kind]
    return list(dict.fromkeys(text for text in said if text and text.strip()))


def _never_ran(attempt: wire.WireAttempt) -> bool:
    error = attempt.error
    said = error.message if isinstance(error, wire.WireError) else error
    return _NEVER_RAN.match(said or "") is not None


def _state(attempt: wire.WireAttempt) -> str:
    return (attempt.state or "").lower()


def _has_text(error: wire.WireError | str | None) -> bool:
    if isinstance(error, wire.WireError):
        return bool(error.message or error.stack or error.value is not None)
    return bool(error)


def _raw(attempt: wire.WireAttempt) -> str:
    """Returns what the framework itself called an attempt."""
    return (attempt.raw_status or attempt.state or "").lower()


def _failed(attempt: wire.WireAttempt) -> bool:
    return _state(attempt) == "failed" or _raw(attempt) == "timedout"


def _is_interrupted(attempt: wire.WireAttempt) -> bool:
    return _raw(attempt) == "interrupted"


def _kind(attempt: wire.WireAttempt | None) -> model.FailureStatus:
    return _RAW_FAILURES.get(_raw(attempt) if attempt else "", "failed")


def _is_flaky(test: RecordedTest, went_wrong: wire.WireAttempt | None, *, passed: bool) -> bool:
    if not test.attempts:
        return test.is_flaky and test.state == "passed"
    if test.state == "skipped":
        return False  # No attempt went as expected, not the passed one either.
    if test.state == "failed":
        return passed and went_wrong is not None and test.is_flaky
    return passed and (went_wrong is not None or test.is_flaky)


class _TestInfo(msgspec.Struct, rename="camel"):
    status: str | None = None


class _Rule(msgspec.Struct, rename="camel"):
    test_info: _TestInfo | None = None


def _hidden_failure(
    test: RecordedTest, went_wrong: wire.WireAttempt | None
) -> model.FailureStatus | None:
    """Returns how a test failed in quarantine, or None where it did not."""
    if test.state == "passed":
        return None
    marks = [mark for mark in test.annotations if (mark.type or "").startswith(_QUARANTINE)]
    if not marks:
        # Nothing but the rule leaves an error on a pending test; the rule itself may be missing.
        if test.state != "pending" or went_wrong is None:
            return None
        return None if _failed(went_wrong) or _is_interrupted(went_wrong) else "failed"
    original = next((status for mark in marks if (status := _original_status(mark))), "")
    went_badly = went_wrong is not None or bool(test.display_error) or test.state == "failed"
    if went_badly or original in ("failed", *_RAW_FAILURES):
        return _RAW_FAILURES.get(original, _kind(went_wrong))
    return None


def _original_status(mark: wire.WireAnnotation) -> str:
    """Returns the status that a test had before the rule hid it, where the rule tells it."""
    try:
        rule = msgspec.json.decode(mark.description or "", type=_Rule)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return ""
    return (rule.test_info.status or "").lower() if rule.test_info else ""
