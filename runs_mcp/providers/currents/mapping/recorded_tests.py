"""The tests of an instance, in one form for both schemas of the API."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from runs_mcp.providers.currents.wire import instances as wire
from runs_mcp.providers.field_values import present

# The reporter adds attempts that never ran to the tests of a halted run. A curly apostrophe.
_NEVER_RAN: Final = re.compile(r"\s*Playwright didn.t run this attempt\b")


class RecordedTest(NamedTuple):
    """One test.

    Args:
        test_id: Its ID.
        title: The parts of its title.
        state: passed, failed, pending or skipped; empty if it is not known.
        is_flaky: Whether the API calls it flaky.
        display_error: The error that the dashboard shows, also for a flaky test.
        attempts: The attempts that ran.
        annotations: Those of its authors and of the vendor's rules.
    """

    test_id: str
    title: tuple[str, ...]
    state: str
    is_flaky: bool
    display_error: str
    attempts: tuple[wire.WireAttempt, ...]
    annotations: tuple[wire.WireAnnotation, ...]


def test_records(sent: wire.WireInstance) -> list[RecordedTest]:
    """Returns the tests of an instance: each from `testResults`, else from its own fields."""
    results = sent.test_results or {}
    listed = sent.test_list or {}
    tests = present(sent.results.tests if sent.results else None)
    if results:  # Results are by ID, so each test counts once.
        tests = list({str(test.test_id or at): test for at, test in enumerate(tests)}.values())
    known = {_id_of(test) for test in tests}
    # A result without a listed test is a test as well.
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


def annotated(test: RecordedTest, kind: str) -> list[str]:
    """Returns the descriptions of the annotations of this type, each once."""
    texts = [mark.description for mark in test.annotations if (mark.type or "").lower() == kind]
    return list(dict.fromkeys(text for text in texts if text and text.strip()))


def _never_ran(attempt: wire.WireAttempt) -> bool:
    error = attempt.error
    message = error.message if isinstance(error, wire.WireError) else error
    return _NEVER_RAN.match(message or "") is not None
