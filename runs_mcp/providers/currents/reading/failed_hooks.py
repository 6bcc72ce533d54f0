"""Tests that Cypress skipped since a hook before them failed. Pure functions."""

import re
from collections.abc import Sequence
from typing import Final

from runs_mcp.model import TestResult

_SEPARATOR: Final = " › "
_SKIPPING: Final = re.compile(
    r"Because this error occurred during a `[a-z ]+` hook we are skipping "
    r"(?:the remaining tests in the current suite|(?P<all>all of the remaining tests))"
)


def skipped_by_hook(failed: TestResult, tests: Sequence[TestResult]) -> int:
    """Returns how many tests did not run because of the failed hook that a failure tells of.

    Args:
        failed: The failure: Cypress gives it the hook's title, after those of its suites.
        tests: All tests of the spec file.
    """
    told = _SKIPPING.search(failed.text.message)
    if told is None:
        return 0
    suite = "" if told["all"] else failed.title.rpartition(_SEPARATOR)[0]
    return sum(
        test.did_not_run and (not suite or test.title.startswith(suite + _SEPARATOR))
        for test in tests
    )
