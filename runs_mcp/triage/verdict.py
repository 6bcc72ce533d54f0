"""The verdict on a run, in one line. Pure functions."""

from collections.abc import Sequence
from typing import Final

from runs_mcp.model import Run
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.grouping import CauseGroup

_CLEAN_STATUSES: Final = frozenset({"passed", "running", "canceled", "cancelled", "timedout"})
"""The statuses of runs in which possibly no test failed."""
_NO_RESULT: Final = frozenset({"", "pending", "stale"})
"""The statuses of runs without a result, now or for good."""
_STATES: Final = {
    "canceled": "The run was canceled: what had not run by then is missing",
    "timeout": "The run timed out: specs that hung never reported",
    "in_progress": "The run is still going on: more may fail",
}


def verdict_of(findings: Findings, groups: Sequence[CauseGroup]) -> str:
    """Returns the verdict on a run in one line: its state first, then what failed."""
    parts = (
        _state(findings.run),
        *_failed(findings, groups),
        *_not_counted_as_failed(findings),
        *_not_read(findings),
        *findings.remarks,
    )
    return "; ".join(parts) + "."


def _failed(findings: Findings, groups: Sequence[CauseGroup]) -> list[str]:
    if groups:
        tests = sum(len(group.failures) for group in groups)
        novelties = [
            f"{count} {novelty}"
            for novelty in ("new", "known", "unknown")
            if (count := sum(group.novelty == novelty for group in groups))
        ]
        causes = f"{count_of(len(groups), 'cause')} ({', '.join(novelties)})"
        return [f"{count_of(tests, 'test')} failed for {causes}"]
    if not _nothing_failed(findings):
        return []
    return ["no test failed in the end" if findings.run.status == "failed" else "no test failed"]


def _not_counted_as_failed(findings: Findings) -> list[str]:
    parts = []
    if findings.flaky:
        parts.append(f"{count_of(len(findings.flaky), 'test')} flaky")
    if findings.quarantined:
        parts.append(f"{count_of(len(findings.quarantined), 'test')} failed in quarantine")
    if findings.incomplete:
        parts.append(f"{count_of(len(findings.incomplete), 'spec')} never reported")
    return parts


def _not_read(findings: Findings) -> list[str]:
    parts = []
    if findings.unread:
        parts.append(
            f"{len(findings.unread)} of {count_of(findings.failing_specs, 'failing spec')} could "
            f"not be loaded ({', '.join(counted(findings.unread))}), so there may be more"
        )
    if findings.unreadable:
        parts.append(f"{count_of(len(findings.unreadable), 'record')} could not be read")
    return parts


def _nothing_failed(findings: Findings) -> bool:
    """Returns whether no test failed for all we know: all was read, counts and status agree."""
    failed = findings.totals.tests.failed if findings.totals else 0
    # A provider without totals (Buildkite) also calls a run failed whose tests passed on a retry.
    retried = findings.totals is None and bool(findings.flaky)
    return (
        findings.is_complete
        and not failed
        and not findings.unlisted
        and not findings.quarantined
        and (
            findings.run.status in _CLEAN_STATUSES
            or (retried and findings.run.status not in _NO_RESULT)
        )
    )


def _state(run: Run) -> str:
    if state := _STATES.get(run.completion):
        return state
    if run.status in ("passed", "failed"):
        return f"The run {run.status}"
    return f"The run is {run.status}" if run.status else "The API does not say how the run went"


def count_of(number: int, noun: str) -> str:
    """Returns `1 test` or `2 tests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
