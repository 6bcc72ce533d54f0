"""Projects and runs as the Currents API answers them.

UNSET fields are absent from the JSON, None is null; the API has both.
"""

from typing import Literal, Self

import msgspec
from msgspec import UNSET, UnsetType

Status = Literal["PASSED", "FAILED", "RUNNING", "FAILING"]
CompletionState = Literal["COMPLETE", "IN_PROGRESS", "CANCELED", "TIMEOUT"]


class Record(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """The base of all records of the API."""


class Project(Record, frozen=True, kw_only=True):
    """A project; the default branch may be missing."""

    project_id: str
    name: str
    created_at: str
    inactivity_timeout_seconds: int = 3600
    fail_fast: bool = False
    default_branch_name: str | None = None
    cursor: str | UnsetType = UNSET


class Platform(Record, frozen=True, kw_only=True):
    """Where a group ran; for Playwright, browser_name is the name of the project."""

    os_name: str
    os_version: str
    browser_name: str
    browser_version: str


class InstanceTotals(Record, frozen=True, kw_only=True):
    """The spec files of a group by their states."""

    overall: int = 0
    claimed: int = 0
    complete: int = 0
    passes: int = 0
    failures: int = 0


class TestTotals(Record, frozen=True, kw_only=True):
    """The tests of a group by their states; flaky ones are among the passes."""

    __test__ = False  # pytest would collect a class of this name

    overall: int = 0
    """The tests that are done."""
    tests: int | UnsetType = UNSET
    """The tests that are known; absent from the oldest payloads."""
    passes: int = 0
    failures: int = 0
    pending: int = 0
    skipped: int = 0
    retries: int = 0
    flaky: int = 0


class Group(Record, frozen=True, kw_only=True):
    """One configuration of a run, such as a browser."""

    group_id: str
    platform: Platform
    instances: InstanceTotals = InstanceTotals()
    tests: TestTotals = TestTotals()
    coverage_enabled: bool | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    duration_ms: int | UnsetType = UNSET
    spec_count: int | UnsetType = UNSET


class GithubEvent(Record, frozen=True, kw_only=True):
    """The pull request that CI ran for, from the event of GitHub."""

    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    issue_url: str
    html_url: str
    pr_title: str
    sender_avatar_url: str
    sender_html_url: str


class ReplacedCommit(Record, frozen=True, kw_only=True):
    """The commit that the head of the pull request replaced."""

    sha: str
    branch: str
    message: str


class Commit(Record, frozen=True, kw_only=True):
    """The commit a run was started for."""

    sha: str
    branch: str
    author_name: str
    author_email: str
    message: str
    remote_origin: str
    default_branch: str | UnsetType | None = UNSET
    gha_event_data: GithubEvent | UnsetType = UNSET
    replaced_commit_data: ReplacedCommit | UnsetType = UNSET


class Framework(Record, frozen=True, kw_only=True):
    """The test runner and the vendor's reporter."""

    type: str
    version: str
    client_version: str


class PullRequest(Record, frozen=True, kw_only=True):
    """The pull request a run belongs to."""

    id: str
    title: str | UnsetType = UNSET


class Meta(Record, frozen=True, kw_only=True):
    """What CI reported about a run."""

    ci_build_id: str
    commit: Commit
    framework: Framework | UnsetType = UNSET
    pr: PullRequest | UnsetType = UNSET


class Timeout(Record, frozen=True, kw_only=True):
    """Whether a run timed out, and sometimes the time after which runs do."""

    is_timeout: bool = False
    timeout_value_ms: int | UnsetType = UNSET


class Cancellation(Record, frozen=True, kw_only=True):
    """Who canceled a run, when and why, in the fields of the reference or of OpenAPI."""

    actor: str | UnsetType = UNSET
    canceled_at: str | UnsetType = UNSET
    cancelled_by: str | UnsetType = UNSET
    cancelled_at: str | UnsetType = UNSET
    reason: str

    @classmethod
    def of(cls, actor: str, canceled_at: str, reason: str, *, as_open_api: bool) -> Self:
        """Returns a cancellation with either fields."""
        if as_open_api:
            return cls(cancelled_by=actor, cancelled_at=canceled_at, reason=reason)
        return cls(actor=actor, canceled_at=canceled_at, reason=reason)


class Stats(Record, frozen=True, kw_only=True):
    """The counts of one spec file; before its claim, only the number of its tests."""

    suites: int | UnsetType = UNSET
    tests: int
    overall: int | UnsetType = UNSET
    passes: int = 0
    failures: int = 0
    pending: int = 0
    skipped: int = 0
    flaky: int | UnsetType = UNSET
    retries: int | UnsetType = UNSET
    wall_clock_started_at: str | UnsetType = UNSET
    wall_clock_ended_at: str | UnsetType = UNSET
    wall_clock_duration: int | UnsetType = UNSET

    @property
    def has_failed(self) -> bool:
        """Whether Currents calls the spec file failed: skipped tests are enough."""
        return self.failures > 0 or self.skipped > 0

    @property
    def done(self) -> int:
        """How many tests are done."""
        return min(self.tests, self.passes + self.failures + self.pending + self.skipped)


class Screenshot(Record, frozen=True, kw_only=True):
    """A screenshot; its URL is signed in the answer."""

    screenshot_id: str
    name: str | None
    test_id: str
    test_attempt_index: int
    taken_at: str
    screenshot_url: str = msgspec.field(name="screenshotURL")
    height: int | UnsetType = UNSET
    width: int | UnsetType = UNSET


class SpecResults(Record, frozen=True, kw_only=True):
    """The results of one spec file in its run; there even before its claim."""

    stats: Stats
    flaky: int
    video_url: str | None
    screenshots: tuple[Screenshot, ...] | UnsetType = UNSET


class Spec(Record, frozen=True, kw_only=True):
    """A spec file of a run, in one group; the oldest payloads lack results."""

    instance_id: str
    spec: str
    group_id: str
    claimed_at: str | None = None
    completed_at: str | None = None
    machine_id: str = ""
    tags: tuple[str, ...] | UnsetType = UNSET
    inactivity_timeout_ms: int | UnsetType | None = UNSET
    results: SpecResults | UnsetType = UNSET

    @property
    def is_claimed(self) -> bool:
        """Whether a machine took it."""
        return self.claimed_at is not None

    @property
    def is_complete(self) -> bool:
        """Whether it has reported."""
        return self.completed_at is not None

    @property
    def has_failed(self) -> bool:
        """Whether it is complete and Currents calls it failed."""
        return self.is_complete and self.results is not UNSET and self.results.stats.has_failed


class LastRun(Record, frozen=True, kw_only=True):
    """Playwright's own `.last-run.json`."""

    status: Literal["passed", "failed"]
    failed_tests: tuple[str, ...]


class Run(Record, frozen=True, kw_only=True):
    """A run; «list runs» leaves out the specs, and alone has a cursor."""

    run_id: str
    project_id: str
    status: Status | UnsetType = UNSET
    completion_state: CompletionState | UnsetType = UNSET
    created_at: str
    duration_ms: int | UnsetType = UNSET
    tags: tuple[str, ...] = ()
    cypress_version: str | UnsetType = UNSET
    timeout: Timeout = Timeout()
    cancellation: Cancellation | UnsetType = UNSET
    groups: tuple[Group, ...]
    meta: Meta
    specs: tuple[Spec, ...] | UnsetType = UNSET
    pw_last_run: LastRun | UnsetType = UNSET
    cursor: str | UnsetType = UNSET
