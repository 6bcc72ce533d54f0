"""Runs, with their groups and specs."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from runs_mcp.model.counts import SpecCounts, TestCounts, Totals
from runs_mcp.model.fields import (
    Commit,
    Id,
    Milliseconds,
    Path,
    Shortening,
    Text,
    Timestamp,
    Title,
    Url,
    Whole,
    Word,
)
from runs_mcp.model.record import Record

SpecStatus = Annotated[
    Literal["failed", "flaky", "passed", "running", "idle", "unclaimed", "unknown"],
    Meta(
        description="idle: claimed, never completed, and the run is over. unclaimed: never "
        "started. unknown: completed, but this payload has no results."
    ),
]


class PullRequest(Record, frozen=True, kw_only=True):
    """The pull request that a run is of."""

    number: int = 0
    title: Text = ""
    url: Url = ""


class Run(Record, frozen=True, kw_only=True):
    """One CI execution of a test suite."""

    provider: Annotated[str, Whole(32)]
    id: Id
    url: Url = ""
    project_id: Id = ""
    organization: Id = ""
    suite: Id = ""
    status: Annotated[
        Word, Meta(description="passed, failed, failing, running, pending or stale.")
    ] = ""
    completion: Annotated[Word, Meta(description="complete, in_progress, canceled or timeout.")] = (
        ""
    )
    created_at: Timestamp = ""
    duration_ms: Milliseconds | UnsetType = UNSET
    branch: Text = ""
    commit: Commit = ""
    commit_message: Text = ""
    author: Text = ""
    pr: PullRequest | UnsetType = UNSET
    tags: Annotated[tuple[Text, ...], Shortening.COUNTED] = ()
    tags_omitted: Annotated[int, Meta(description="Tags not shown here.")] = 0
    ci_build_id: Text = ""
    framework: Text = ""
    note: Annotated[Text, Meta(description="What the status alone does not tell.")] = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of the run."""
        return self.completion not in ("", "in_progress")


class ListedRun(Run, frozen=True, kw_only=True):
    """A run as a row of a list."""

    failed: Annotated[int, Meta(description="Tests that failed.")] = 0
    flaky: Annotated[int, Meta(description="Tests that were flaky.")] = 0

    def as_run(self) -> Run:
        """Returns the run without the fields that only its row has."""
        return Run(**{name: getattr(self, name) for name in Run.__struct_fields__})


class Group(Record, frozen=True, kw_only=True):
    """The part of a run that ran on one platform."""

    group: Title
    platform: Text = ""
    tests: TestCounts = TestCounts()
    specs: SpecCounts = SpecCounts()


class Spec(Record, frozen=True, kw_only=True):
    """One spec file of a run. The counts are of tests."""

    spec: Path
    status: SpecStatus
    instance_id: Id = ""
    group: Title = ""
    machine_id: Id = ""
    tests: int = 0
    passed: int = 0
    failed: int = 0
    pending: int = 0
    skipped: int = 0
    flaky: int = 0
    duration_ms: Milliseconds = 0


class LastRun(Record, frozen=True, kw_only=True):
    """Which Playwright tests failed last, as Playwright's own `.last-run.json` says it."""

    status: Word
    failed_tests: tuple[Title, ...] = ()


class FullRun(Record, frozen=True, kw_only=True):
    """A run with all its specs, as read."""

    run: Run
    totals: Totals
    groups: tuple[Group, ...]
    specs: tuple[Spec, ...]
    upstream_bytes: int
    last_run: LastRun | None = None
    canceled_at: str = ""
    repository: str = ""
    """The address of the repository that was tested, as Git has it."""
    base_branches: tuple[str, ...] = ()
    """The branches that its branch may come from, the likeliest first."""
    browsers: tuple[str, ...] = ()
    """The browser of each group, without its version."""
    claimed_at: tuple[str, ...] = ()
    """When each spec was claimed: it orders two executions of one spec; empty if there are none."""
    completed_at: tuple[str, ...] = ()
    """When each spec completed, as sent: it distinguishes two executions of one spec."""
    unreadable: tuple[str, ...] = ()
    """Where each of its records stood that could not be read, and why."""


class Receipt(Record, frozen=True, kw_only=True):
    """What the API said of a write that it carried out."""

    run_id: Id = ""
    actor: Text = ""
    time: Timestamp = ""
    reason: Text = ""
