"""Projects and runs in the shape that the Currents API gives them.

An UNSET field is absent from the JSON, None is null: the API has both.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

Status = Literal["PASSED", "FAILED", "RUNNING", "FAILING"]
CompletionState = Literal["COMPLETE", "IN_PROGRESS", "CANCELED", "TIMEOUT"]


class Record(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """What all records on the wire have in common."""


class Project(Record, frozen=True, kw_only=True):
    """A project; the default branch is known to «get project» alone."""

    project_id: str
    name: str
    created_at: str
    inactivity_timeout_seconds: int = 3600
    fail_fast: bool = False
    default_branch_name: str | UnsetType = UNSET
    cursor: str | UnsetType = UNSET


class Platform(Record, frozen=True, kw_only=True):
    """Where a group ran."""

    os_name: str
    os_version: str
    browser_name: str
    browser_version: str


class InstanceTotals(Record, frozen=True, kw_only=True):
    """How far the spec files of a group are."""

    overall: int = 0
    claimed: int = 0
    complete: int = 0
    passes: int = 0
    failures: int = 0


class TestTotals(Record, frozen=True, kw_only=True):
    """How the tests of a group went; a flaky test is one of the passes."""

    __test__ = False  # pytest would take the name for a test's

    overall: int = 0
    passes: int = 0
    failures: int = 0
    pending: int = 0
    skipped: int = 0
    retries: int = 0
    flaky: int = 0


class Group(Record, frozen=True, kw_only=True):
    """One configuration of a run, say a browser."""

    group_id: str
    platform: Platform
    instances: InstanceTotals = InstanceTotals()
    tests: TestTotals = TestTotals()


class Commit(Record, frozen=True, kw_only=True):
    """The commit a run was started for."""

    sha: str
    branch: str
    author_name: str
    author_email: str
    message: str
    remote_origin: str
    default_branch: str | None = None


class Framework(Record, frozen=True, kw_only=True):
    """The test runner and the vendor's reporter."""

    type: str
    version: str
    client_version: str


class PullRequest(Record, frozen=True, kw_only=True):
    """The pull request a run belongs to."""

    id: str


class Meta(Record, frozen=True, kw_only=True):
    """What CI told about a run."""

    ci_build_id: str
    commit: Commit
    framework: Framework | UnsetType = UNSET
    pr: PullRequest | UnsetType = UNSET


class Timeout(Record, frozen=True, kw_only=True):
    """Whether a run timed out, and after how long runs do."""

    is_timeout: bool = False
    timeout_value_ms: int = 3_600_000


class Cancellation(Record, frozen=True, kw_only=True):
    """Who canceled a run, when and why."""

    actor: str
    canceled_at: str
    reason: str


class Stats(Record, frozen=True, kw_only=True):
    """The counts of one spec file."""

    suites: int
    tests: int
    passes: int
    pending: int
    skipped: int
    failures: int
    wall_clock_started_at: str
    wall_clock_ended_at: str
    wall_clock_duration: int


class Screenshot(Record, frozen=True, kw_only=True):
    """A screenshot; its URL is bare here, and signed when it leaves."""

    screenshot_id: str
    name: str | None
    test_id: str
    test_attempt_index: int
    taken_at: str
    screenshot_url: str = msgspec.field(name="screenshotURL")
    height: int = 720
    width: int = 1280


class SpecResults(Record, frozen=True, kw_only=True):
    """The results of one spec file, as the run carries them."""

    video_url: str | None
    stats: Stats
    screenshots: tuple[Screenshot, ...]
    flaky: int


class Spec(Record, frozen=True, kw_only=True):
    """A spec file of a run, in one group."""

    group_id: str
    spec: str
    instance_id: str
    claimed_at: str | None = None
    completed_at: str | None = None
    machine_id: str | None = None
    results: SpecResults | UnsetType = UNSET

    @property
    def has_failed(self) -> bool:
        """Whether its results hold a failure."""
        return self.results is not UNSET and self.results.stats.failures > 0


class LastRun(Record, frozen=True, kw_only=True):
    """Playwright's own `.last-run.json`."""

    status: Literal["passed", "failed"]
    failed_tests: tuple[str, ...]


class Run(Record, frozen=True, kw_only=True):
    """A run; «list runs» leaves out specs, and only it has durationMs and cursor."""

    run_id: str
    project_id: str
    status: Status | UnsetType = UNSET
    completion_state: CompletionState | UnsetType = UNSET
    created_at: str
    duration_ms: int | UnsetType | None = UNSET
    tags: tuple[str, ...] = ()
    cypress_version: str | UnsetType = UNSET
    timeout: Timeout = Timeout()
    cancellation: Cancellation | UnsetType = UNSET
    groups: tuple[Group, ...]
    meta: Meta
    specs: tuple[Spec, ...] | UnsetType = UNSET
    pw_last_run: LastRun | UnsetType = UNSET
    cursor: str | UnsetType = UNSET
