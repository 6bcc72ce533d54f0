"""What the tools that look at many runs answer with."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from runs_mcp.answers.triage_reports import HowFound
from runs_mcp.answers.trim import Trim
from runs_mcp.model import (
    Commit,
    Id,
    Record,
    Run,
    Statement,
    Text,
    Texts,
    Timestamp,
    Url,
    Whole,
)
from runs_mcp.triage.fingerprint.causes import Kind
from runs_mcp.triage.history import Pattern


class RunPoint(Record, frozen=True, kw_only=True):
    """A run in a history."""

    run: Id
    created_at: Timestamp = ""
    branch: Annotated[Text, Meta(description="If it is another than that of the run.")] = ""
    commit: Commit = ""
    author: Text = ""


class CommitRange(Record, frozen=True, kw_only=True):
    """The commits between two runs."""

    range: Annotated[Commit, Meta(description="last_good...since, as Git takes it.")]
    url: Annotated[Url, Meta(description="The page that shows them.")] = ""


class Seen(Record, frozen=True, kw_only=True, omit_defaults=False):
    """In how many runs a cause is."""

    runs: Annotated[int, Meta(description="Runs that have the cause.")]
    of: Annotated[int, Meta(description="Runs before the one asked about that were read for it.")]


class CauseReport(Record, frozen=True, kw_only=True):
    """A cause, and in which runs it is."""

    fingerprint: Annotated[str, Whole(12)]
    cause: Annotated[Statement, Meta(description="The message as a template.")]
    kind: Kind
    tests: Annotated[int, Meta(description="Tests of the run that failed for it.")]
    pattern: Annotated[
        Pattern,
        Meta(
            description="new: only this run has it. since: a stretch of runs has. Both after a "
            "run without it. intermittent: it was gone in between. always: all runs read that ran "
            "its specs have it. unknown: none ran them, or one not read may be where it began."
        ),
    ]
    since: Annotated[
        RunPoint,
        Meta(description="The oldest run of the unbroken stretch that has it, of the runs read."),
    ]
    last_good: Annotated[
        RunPoint | UnsetType,
        Meta(description="The newest run before that which ran its specs without it."),
    ] = UNSET
    commits: CommitRange | UnsetType = UNSET
    seen: Seen
    not_run: Annotated[int, Meta(description="Runs read that did not run all of its specs.")] = 0
    unread: Annotated[int, Meta(description="Runs of which it cannot be told.")] = 0
    also_on: Annotated[
        tuple[Text, ...],
        Meta(description="Other branches whose newest completed run has it."),
    ] = ()
    note: Annotated[Statement, Meta(description="What else there is to know.")] = ""


class Searched(Record, frozen=True, kw_only=True):
    """Which runs were looked at."""

    branch: Text = ""
    then: Annotated[
        Text, Meta(description="The branch it came from, as it has too few runs of its own.")
    ] = ""
    from_: Annotated[Timestamp, Meta(description="When the oldest of them was created.")] = field(
        default="", name="from"
    )
    to: Annotated[Timestamp, Meta(description="When the newest of them was created.")] = ""
    other_branches: Annotated[
        tuple[Text, ...], Meta(description="Others, by their newest completed run.")
    ] = ()
    remarks: Texts = ()


class HistoryCoverage(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How much could be read."""

    failing_specs: Annotated[int, Meta(description="Of the run asked about.")]
    inspected: int
    unread: Annotated[
        int, Meta(description="Other runs, and specs of them, that could not be read.")
    ]
    why: Annotated[
        tuple[Annotated[str, Whole(28)], ...] | UnsetType,
        Meta(description="Kinds of error with which something could not be read."),
    ] = UNSET


class HistoryReport(Record, frozen=True, kw_only=True):
    """Since when a run's causes are there."""

    run: Run
    found: HowFound = ""
    causes: tuple[CauseReport, ...]
    runs_read: Annotated[int, Meta(description="Runs before the run that could be read.")]
    searched: Searched
    coverage: HistoryCoverage
    trim: Trim
