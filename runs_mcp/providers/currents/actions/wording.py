"""Runs in plain words, for the person who decides about them.

Whatever strangers wrote is quoted, so that it cannot look like a line of ours.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from runs_mcp.confirmation.action import LINE_COLUMNS, Fact
from runs_mcp.model import FullRun, Run
from runs_mcp.providers.field_values import when
from runs_mcp.text import columns, quoted, quoted_in_columns, quoted_list

CANCEL_EFFECT: Final = (
    "It is stopped for good: tests under way finish, no further spec starts, and commit statuses, "
    "pull request comments, Slack messages and webhooks go out. This cannot be undone."
)

_LISTED_IDS_CHARS: Final = 1200
_QUOTED_CHARS: Final = 80
_SHORT_COMMIT: Final = 7
_COMMIT: Final = 12
_BRANCH_COLUMNS: Final = 26  # at least; a short message leaves it more
_PLAIN_WORD: Final = re.compile(r"[a-z_]{1,32}")
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_HASH: Final = re.compile(r"[0-9a-f]{7,64}")


def describe_run(full: FullRun) -> str:
    """Returns a run's state, counts and age."""
    tests, specs = full.totals.tests, full.totals.specs
    return (
        f"{_identity(full.run)}; {specs.complete} of {specs.overall} specs complete, "
        f"{tests.failed} tests failed, {tests.flaky} flaky."
    )


def describe_runs(described: Sequence[FullRun], others: Sequence[Run]) -> str:
    """Returns the state of some runs, and the IDs of others as far as they fit."""
    text = " ".join(map(describe_run, described))
    ids = quoted_list([run.id for run in others], _LISTED_IDS_CHARS)
    return f"{text} Also {ids}." if others else text


def describe_end(full: FullRun) -> str:
    """Returns how and when a run that is over ended."""
    at = f" at {full.canceled_at}" if full.canceled_at else ""
    return f"{_word(full.run.completion)}{at}, {_word(full.run.status) or 'no status'}"


def which_run(run: Run) -> str:
    """Returns a line with what a person knows a run by: branch, commit and commit message."""
    commit = f"commit {_commit(run, _SHORT_COMMIT)}" if run.commit else ""
    message = run.commit_message
    used = len("Branch ") + (len(", ") + columns(commit) if commit else 0)
    used += len(': ""') + columns(message) if message else 0
    spare = LINE_COLUMNS - used
    branch = quoted_in_columns(run.branch, max(_BRANCH_COLUMNS, spare)) if run.branch else ""
    parts = [f"branch {branch}" if branch else "", commit]
    line = ", ".join(part for part in parts if part) or "no branch or commit is known"
    if message:
        room = LINE_COLUMNS - columns(line) - len(": ")
        line += f": {quoted_in_columns(message, room)}"
    return line[0].upper() + line[1:]


def state_of(full: FullRun) -> str:
    """Returns a line with a run's state, counts and age; what there is no room for is left out."""
    tests, specs = full.totals.tests, full.totals.specs
    counts = f"{specs.complete} of {specs.overall} specs done, {tests.failed} tests failed"
    age = f", created {age_of(full.run)}" if age_of(full.run) else ""
    completion = _word(full.run.completion).replace("_", " ")
    lines = [
        f"{completion}: {counts}{age}",
        f"{counts}{age}",
        f"{counts[: counts.index(',')]}{age}",
    ]
    line = next((line for line in lines if columns(line) <= LINE_COLUMNS), counts)
    return line[0].upper() + line[1:]


def age_of(run: Run) -> str:
    """Returns how long ago a run was created; empty if that is not known."""
    created = when(run.created_at)
    if created is None:
        return ""
    minutes = int((datetime.now(UTC) - created).total_seconds() // 60)
    if minutes < -1:
        return f"at {run.created_at}"  # a clock is wrong: no age is better than a wrong one
    for size, unit in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit} ago"
    return f"{max(0, minutes)} {'minute' if minutes == 1 else 'minutes'} ago"


def facts_of(full: FullRun) -> tuple[Fact, ...]:
    """Returns all that is known of a run, for the page on which a person confirms."""
    run = full.run
    tests, specs = full.totals.tests, full.totals.specs
    state = ", ".join(part for part in (run.status, run.completion.replace("_", " ")) if part)
    pr = run.pr or None
    pull_request = f"#{pr.number} {pr.title} {pr.url}".strip() if pr else ""
    rows = (
        ("Run", run.id),
        ("Dashboard", run.url),
        ("Project", run.project_id),
        ("State", state),
        ("Created", f"{age_of(run)} ({run.created_at})" if run.created_at else ""),
        ("Branch", run.branch),
        ("Commit", run.commit),
        ("Message", run.commit_message),
        ("Author", run.author),
        ("Pull request", pull_request),
        ("Tags", ", ".join(run.tags)),
        ("CI build", run.ci_build_id),
        ("Specs", f"{specs.complete} of {specs.overall} complete, {specs.failed} failed"),
        (
            "Tests",
            f"{tests.failed} failed, {tests.flaky} flaky, {tests.passed} passed of {tests.overall}",
        ),
    )
    return tuple(Fact(label, (value,)) for label, value in rows if value)


def is_plain_id(text: str) -> bool:
    """Returns whether an ID from the API is of the form that IDs are of."""
    return _PLAIN_ID.fullmatch(text) is not None


def _id(text: str) -> str:
    """Returns an ID from the API, in quotes if it is of another form than IDs are."""
    return text if is_plain_id(text) else quoted(text, _QUOTED_CHARS)


def _identity(run: Run) -> str:
    parts = (_word(run.status), _word(run.completion).replace("_", " "))
    state = ", ".join(part for part in parts if part)
    age = f", created {age_of(run)} ({run.created_at})" if age_of(run) else ""
    message = f" {quoted(run.commit_message, _QUOTED_CHARS)}" if run.commit_message else ""
    return (
        f"Run {_id(run.id)} of project {_id(run.project_id)}: {state}{age}; "
        f"branch {quoted(run.branch, _QUOTED_CHARS)}, commit {_commit(run, _COMMIT)}{message}"
    )


def _commit(run: Run, chars: int) -> str:
    if _HASH.fullmatch(run.commit):
        return run.commit[:chars]
    return quoted_in_columns(run.commit, chars + 2)


def _word(text: str) -> str:
    """Returns a status from the API, in quotes if it is more than a word."""
    return text if not text or _PLAIN_WORD.fullmatch(text) else quoted(text, 40)
