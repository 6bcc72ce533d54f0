"""The time limits of tests and hooks, as runners say that they ran out. Pure functions."""

import re
from typing import Final, NamedTuple

_LIMITS: Final = (
    # Playwright puts this before the error of the call that was cut off, or says nothing else.
    re.compile(
        r"(?:Error: )?(?:Test timeout of [0-9]+ms exceeded"
        r"(?: while [a-z ]+(?P<hook>\"[^\"]*\")(?: hook)?)?"
        r"|(?P<own>(?:Fixture )?\"[^\"]+\")(?: hook)? timeout of [0-9]+ms exceeded(?: during \w+)?"
        r"|(?:Tearing down|Worker teardown)[^\n]*?exceeded the test timeout[^\n]*?)\.?(?:\s+|$)"
    ),
    # jest, vitest, mocha and Cypress
    re.compile(
        r"(?:Error: )?(?:thrown: \"?Exceeded timeout of [0-9.]+ ?ms for a (?:test|(?P<own>hook))"
        r"|Test timed out in [0-9.]+ ?ms|(?P<hook>Hook) timed out in [0-9.]+ ?ms"
        r"|Timeout of [0-9.]+ ?ms exceeded\. For async tests and hooks)[^\n]*(?:\s+|$)"
    ),
    # node:test, ava, jasmine, pytest-timeout, JUnit, TestNG, xUnit, NUnit, Go, ExUnit, PHPUnit
    re.compile(
        r"(?:\w[\w.]*(?:Error|Exception|Failed): )?(?P<own>)(?P<hook>)"
        r"(?:test timed out after [0-9.]+ ?ms|Timed out while running tests"
        r"|Async function did not complete within [0-9.]+ ?ms|Timeout >[0-9.]+s"
        r"|Failed: Timeout|\w+\(\) timed out after [0-9.]+ \w+|test timed out after [0-9.]+ \w+"
        r"|Method .*? didn't finish within the time-out|Test execution timed out after [0-9.]+"
        r"|Test exceeded Timeout value|ExUnit\.TimeoutError|test timed out after [0-9]+ms"
        r"|This test was aborted after [0-9.]+ second"
        r"|execution (?:exceeded timeout|timed out after)"
        r")[^\n]*(?:\s+|$)",
        re.IGNORECASE,
    ),
)


class TimeLimit(NamedTuple):
    """The time limit of a test, hook or fixture that ran out.

    Args:
        of: The hook or fixture; empty if it was the test itself.
        rest: What the text says after that.
    """

    of: str
    rest: str


def time_limit(text: str) -> TimeLimit | None:
    """Returns the time limit that a text begins with, or None."""
    text = text.strip()
    for pattern in _LIMITS:
        if found := pattern.match(text):
            return TimeLimit(found["hook"] or found["own"] or "", text[found.end() :].strip())
    return None
