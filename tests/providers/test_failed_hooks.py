"""Tests that Cypress skipped since a hook before them failed."""

import pytest

from runs_mcp.model import ErrorText, Failure, TestResult
from runs_mcp.providers.currents.reading.failed_hooks import skipped_by_hook

SUITE = "hook we are skipping the remaining tests in the current suite: `Cart`"
ALL = "hook we are skipping all of the remaining tests."


def hook(message: str, title: str = 'Shop › Cart › "before each" hook for "adds"') -> TestResult:
    text = ErrorText(message=f"it broke\n\n{message}")
    failure = Failure(test=title, status="failed")
    return TestResult(test_id="", title=title, status="failed", failure=failure, text=text)


def other(title: str, *, did_not_run: bool = True) -> TestResult:
    return TestResult(test_id="", title=title, status="skipped", did_not_run=did_not_run)


@pytest.mark.parametrize(
    ("message", "skipped"),
    [
        (f"Because this error occurred during a `before each` {SUITE}", 2),
        (f"Because this error occurred during a `after all` {ALL}", 3),
        ("", 0),
    ],
)
def test_those_of_its_suite_or_of_the_whole_file_are_counted(message: str, skipped: int) -> None:
    failed = hook(message)
    tests = [
        failed,
        other("Shop › Cart › removes"),
        other("Shop › Cart › gift › wraps"),
        other("Shop › Cart › later", did_not_run=False),
        other("Shop › Cartography › draws"),
    ]
    assert skipped_by_hook(failed, tests) == skipped
