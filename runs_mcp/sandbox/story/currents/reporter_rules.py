"""How Currents' Playwright reporter maps the results of Playwright."""

from collections.abc import Sequence

from runs_mcp.sandbox.currents.instance_records import RawStatus, TestState

TEXT_LIMIT = 2048
"""The most characters of a message, a stack or a value."""
_MARKER = f"\n...truncated to fit the {TEXT_LIMIT}-character limit\n"
_ATTEMPT_STATES: dict[RawStatus, TestState] = {
    "passed": "passed",
    "failed": "failed",
    "timedOut": "failed",
    "skipped": "pending",
    "interrupted": "skipped",
}


def attempt_state(raw_status: RawStatus) -> TestState:
    """Returns the state of an attempt with this status of Playwright."""
    return _ATTEMPT_STATES[raw_status]


def state_of_test(attempts: Sequence[RawStatus], expected: RawStatus = "passed") -> TestState:
    """Returns the state of a test with these attempts, without those that never ran."""
    kinds = set(attempts)
    if not kinds or kinds == {"skipped"}:
        return "pending"
    if expected in kinds:
        return "passed"
    return "skipped" if "interrupted" in kinds else "failed"


def cut_in_the_middle(text: str) -> str:
    """Returns the text, cut to the limit anywhere, even inside a word."""
    if len(text) <= TEXT_LIMIT:
        return text
    kept = TEXT_LIMIT - len(_MARKER)
    return text[: kept - kept // 2] + _MARKER + text[len(text) - kept // 2 :]
