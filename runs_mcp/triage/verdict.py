"""What there is to say of a run in one line. Pure functions."""

from collections.abc import Sequence
from typing import Final

from runs_mcp.model import Run
from runs_mcp.triage.findings import Findings, counted
from runs_mcp.triage.grouping import CauseGroup


def verdict_of(findings: Findings, groups: Sequence[CauseGroup]) -> str:
    """Returns what there is to say of a run in one line: its state first, then what failed."""
    parts = [_state(findings.run)]
    if groups:
        tests = sum(len(group.failures) for group in groups)
        causes = f"{_count(tests, 'test')} failed for {_count(len(groups), 'cause')}"
        by_novelty = [
            f"{count} {novelty}"
            for novelty in ("new", "known", "unknown")
            if (count := sum(group.novelty == novelty for group in groups))
        ]
        parts.append(f"{causes} ({', '.join(by_novelty)})")
    elif _nothing_failed(findings):
        mended = findings.run.status == "failed"
        parts.append("no test failed in the end" if mended else "no test failed")
    if findings.flaky:
        parts.append(f"{_count(len(findings.flaky), 'test')} flaky")
    if findings.quarantined:
        parts.append(f"{_count(len(findings.quarantined), 'test')} failed in quarantine")
    if findings.incomplete:
        parts.append(f"{_count(len(findings.incomplete), 'spec')} never reported")
    if findings.unread:
        parts.append(
            f"{len(findings.unread)} of {_count(findings.failing_specs, 'failing spec')} could "
            f"not be loaded ({', '.join(counted(findings.unread))}), so there may be more"
        )
    if findings.unreadable:
        parts.append(f"{_count(len(findings.unreadable), 'record')} could not be read")
    return "; ".join([*parts, *findings.remarks]) + "."


def _nothing_failed(findings: Findings) -> bool:
    """Says whether all was read, nothing failed, and neither counts nor status deny that."""
    counts = findings.totals.tests.failed if findings.totals else 0
    status = findings.run.status
    # Where the API counts tests, a flaky one alone fails no run; where a retry mends them, it may.
    mended = findings.flaky and findings.totals is None
    denied = counts or findings.unlisted or not (status in _MAY_BE_CLEAN or mended)
    # Of a run without any result nothing is known yet, or ever.
    reported = status not in ("", "pending", "stale")
    return findings.is_whole and reported and not denied and not findings.quarantined


_MAY_BE_CLEAN: Final = frozenset({"passed", "running", "canceled", "cancelled", "timedout"})
_STATES: Final = {
    "canceled": "The run was canceled: what had not run by then is missing",
    "timeout": "The run timed out: specs that hung never reported",
    "in_progress": "The run is still going on: more may fail",
}


def _state(run: Run) -> str:
    told = _STATES.get(run.completion)
    if told:
        return told
    if run.status in ("passed", "failed"):
        return f"The run {run.status}"
    return f"The run is {run.status}" if run.status else "The API does not tell how the run went"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
