"""How the vendor's Playwright reporter maps what Playwright says."""

from collections.abc import Sequence

from runs_mcp.sandbox.currents.instance_records import RawStatus, TestState

TEXT_LIMIT = 2048
"""How many characters of a message, a stack or a value are sent."""
_MARKER = f"\n...truncated to fit the {TEXT_LIMIT}-character limit\n"
_ATTEMPT_STATES: dict[RawStatus, TestState] = {
    "passed": "passed",
    "failed": "failed",
    "timedOut": "failed",
    "skipped": "pending",
    "interrupted": "skipped",
}


def attempt_state(raw_status: RawStatus) -> TestState:
    """The state of an attempt that Playwright calls so."""
    return _ATTEMPT_STATES[raw_status]


def state_of_test(attempts: Sequence[RawStatus], expected: RawStatus = "passed") -> TestState:
    """The state of a test with these attempts; those that never ran do not count."""
    kinds = set(attempts)
    if not kinds or kinds == {"skipped"}:
        return "pending"
    if expected in kinds:
        return "passed"
    return "skipped" if "interrupted" in kinds else "failed"


def cut_in_the_middle(text: str) -> str:
    """The text as it is sent; the cut does not mind what it cuts."""
    if len(text) <= TEXT_LIMIT:
        return text
    kept = TEXT_LIMIT - len(_MARKER)
    return text[: kept - kept // 2] + _MARKER + text[len(text) - kept // 2 :]
