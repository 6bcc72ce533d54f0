"""Runs in plain words, for the person who decides about them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from runs_mcp.model import FullRun, ListedRun, Run
from runs_mcp.providers.field_values import when
from runs_mcp.text import quoted

CANCEL_EFFECT: Final = (
    "It is stopped for good: tests under way finish, no further spec starts, and commit statuses, "
    "pull request comments, Slack messages and webhooks go out. This cannot be undone."
)

_DESCRIBED_RUNS: Final = 3
_LISTED_IDS_CHARS: Final = 1200
_QUOTED_CHARS: Final = 80


def describe_run(full: FullRun) -> str:
    """Returns a run's state, counts and age."""
    tests, specs = full.totals.tests, full.totals.specs
    return (
        f"{_identity(full.run)}; {specs.complete} of {specs.overall} specs complete, "
        f"{tests.failed} tests failed, {tests.flaky} flaky."
    )


def describe_runs(runs: Sequence[ListedRun]) -> str:
    """Returns the state of the first few runs and the IDs of the others, as far as they fit."""
    described = "; ".join(
        f"{_identity(run)}; {run.failed} tests failed, {run.flaky} flaky"
        for run in runs[:_DESCRIBED_RUNS]
    )
    rest = [run.id for run in runs[_DESCRIBED_RUNS:]]
    if not rest:
        return f"{described}."
    room = _LISTED_IDS_CHARS
    shown: list[str] = []
    for run_id in rest:
        if (room := room - len(run_id) - 2) < 0:
            break
        shown.append(run_id)
    left = len(rest) - len(shown)
    return f"{described}; and {', '.join(shown)}{f', and {left} more' if left else ''}."


def describe_end(full: FullRun) -> str:
    """Returns how and when a run that is over ended."""
    at = f" at {full.canceled_at}" if full.canceled_at else ""
    return f"{full.run.completion}{at}, {full.run.status or 'no status'}"


def _identity(run: Run) -> str:
    state = ", ".join(part for part in (run.status, run.completion.replace("_", " ")) if part)
    created = when(run.created_at)
    age = f", created {_age(created)} ago ({run.created_at})" if created else ""
    message = f" {quoted(run.commit_message, _QUOTED_CHARS)}" if run.commit_message else ""
    return (
        f"Run {run.id} of project {run.project_id}: {state}{age}; "
        f"branch {quoted(run.branch, _QUOTED_CHARS)}, commit {run.commit[:12]}{message}"
    )


def _age(created: datetime) -> str:
    minutes = max(0, int((datetime.now(UTC) - created).total_seconds() // 60))
    for size, unit in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"
