"""Test runs as this product sees them: frozen, provider-neutral, plain text throughout.

The same records are what tools answer with. A field at its default has nothing to say and is
left out of the answer; totals always carry every count.
"""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from runs_mcp.text import clip_middle

TITLE_CHARS: Final = 300

Milliseconds = Annotated[int, Meta(description="Milliseconds.")]
Timestamp = Annotated[str, Meta(description="ISO 8601, UTC.")]

SpecStatus = Annotated[
    Literal["failed", "flaky", "passed", "running", "idle", "unclaimed", "unknown"],
    Meta(
        description="idle: claimed, never completed, and the run is over. unclaimed: never "
        "started. unknown: completed, but this payload has no results."
    ),
]
AssetKind = Literal["screenshot", "video", "trace", "attachment"]
FailureStatus = Literal["failed", "flaky", "timed_out", "interrupted", "unexpectedly_passed"]
TestStatus = Literal["failed", "flaky", "passed", "skipped"]


class Record(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of all records: immutable; what is at its default is left out when encoded."""


class TestCounts(Record, frozen=True, kw_only=True):
    """Numbers of tests. `pending` was skipped on purpose; `skipped` could not run."""

    __test__ = False  # No test case, whatever pytest makes of the name.

    overall: int = 0
    passed: int = 0
    failed: int = 0
    pending: int = 0
    skipped: int = 0
    flaky: int = 0
    retries: int = 0


class TestTotals(TestCounts, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers of tests, zeros included."""


class SpecCounts(Record, frozen=True, kw_only=True):
    """Numbers of spec files."""

    overall: int = 0
    claimed: int = 0
    complete: int = 0
    passed: int = 0
    failed: int = 0


class SpecTotals(SpecCounts, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers of spec files, zeros included."""


class Totals(Record, frozen=True, kw_only=True):
    """A run's counts, summed over its groups."""

    tests: TestTotals
    specs: SpecTotals


class PullRequest(Record, frozen=True, kw_only=True):
    """The pull request that a run is of."""

    number: int = 0
    title: str = ""
    url: str = ""


class Run(Record, frozen=True, kw_only=True):
    """One CI execution of a test suite."""

    provider: str
    id: str
    url: str = ""
    project_id: str = ""
    organization: str = ""
    suite: str = ""
    status: Annotated[
        str, Meta(description="passed, failed, failing, running, pending or stale.")
    ] = ""
    completion: Annotated[str, Meta(description="complete, in_progress, canceled or timeout.")] = ""
    created_at: Timestamp = ""
    duration_ms: Milliseconds | UnsetType = UNSET
    branch: str = ""
    commit: str = ""
    commit_message: str = ""
    author: str = ""
    pr: PullRequest | UnsetType = UNSET
    tags: tuple[str, ...] = ()
    tags_omitted: Annotated[int, Meta(description="Tags not shown here.")] = 0
    ci_build_id: str = ""
    framework: str = ""
    note: Annotated[str, Meta(description="What the status alone does not tell.")] = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of the run."""
        return self.completion not in ("", "in_progress")


class ListedRun(Run, frozen=True, kw_only=True):
    """A run as a row of a list."""

    failed: Annotated[int, Meta(description="Tests that failed.")] = 0
    flaky: Annotated[int, Meta(description="Tests that were flaky.")] = 0

    def as_run(self) -> Run:
        """Returns the run without what is of its row alone."""
        return Run(**{name: getattr(self, name) for name in Run.__struct_fields__})


class Group(Record, frozen=True, kw_only=True):
    """The part of a run that ran on one platform."""

    group: str
    platform: str = ""
    tests: TestCounts = TestCounts()
    specs: SpecCounts = SpecCounts()


class Spec(Record, frozen=True, kw_only=True):
    """One spec file of a run. The counts are of tests."""

    spec: str
    status: SpecStatus
    instance_id: str = ""
    group: str = ""
    machine_id: str = ""
    tests: int = 0
    passed: int = 0
    failed: int = 0
    pending: int = 0
    skipped: int = 0
    flaky: int = 0
    duration_ms: Milliseconds = 0


class Suite(Record, frozen=True, kw_only=True):
    """A test suite: where runs are recorded."""

    organization: str
    suite: str
    name: str = ""
    default_branch: str = ""
    url: str = ""


class LastRun(Record, frozen=True, kw_only=True):
    """Which Playwright tests failed last, as Playwright's own `.last-run.json` says it."""

    status: str
    failed_tests: tuple[str, ...] = ()


class FullRun(Record, frozen=True, kw_only=True):
    """A run with all its specs, as read."""

    run: Run
    totals: Totals
    groups: tuple[Group, ...]
    specs: tuple[Spec, ...]
    upstream_bytes: int
    last_run: LastRun | None = None
    canceled_at: str = ""
    browsers: tuple[str, ...] = ()
    """The browser of each group, without its version."""
    claimed_at: tuple[str, ...] = ()
    """When each of the specs was claimed, as sent; of two executions of one, which is the later."""
    completed_at: tuple[str, ...] = ()
    """When each of the specs completed, as sent; it tells two executions of one spec apart."""
    unreadable: tuple[str, ...] = ()
    """For each of its records that could not be read, where it stood and why."""


class Receipt(Record, frozen=True, kw_only=True):
    """What the API said of a write that it carried out."""

    run_id: str = ""
    actor: str = ""
    time: Timestamp = ""
    reason: str = ""


class Project(Record, frozen=True, kw_only=True):
    """A project: where runs are recorded."""

    project_id: str
    name: str = ""
    created_at: Timestamp = ""
    default_branch: str = ""


class Artifacts(Record, frozen=True, kw_only=True):
    """How many files a test or a spec left behind."""

    screenshots: int = 0
    videos: int = 0
    traces: int = 0
    attachments: int = 0


class Error(Record, frozen=True, kw_only=True):
    """Why a test failed."""

    name: str = ""
    message: str = ""
    frame: Annotated[str, Meta(description="Top stack frame in the project's own code.")] = ""
    code_frame: str = ""
    stack: Annotated[str, Meta(description="The useful head of the stack.")] = ""
    causes: Annotated[
        tuple[str, ...], Meta(description="Nested causes, and further errors of the test.")
    ] = ()


class Failure(Record, frozen=True, kw_only=True):
    """One test that failed, or failed before it passed."""

    test: Annotated[str, Meta(description="Full title, parts joined by ›.")]
    status: FailureStatus
    quarantined: Annotated[
        bool, Meta(description="In quarantine: it counts as no failure of the run.")
    ] = False
    spec: str = ""
    group: Annotated[str, Meta(description="Browser, project or shard it failed in.")] = ""
    location: Annotated[str, Meta(description="file:line")] = ""
    owner: str = ""
    notes: Annotated[tuple[str, ...], Meta(description="What its authors note on it.")] = ()
    error: Error = Error()
    attempts: int = 0
    duration_ms: Milliseconds = 0
    instance_id: str = ""
    execution_id: str = ""
    artifacts: Artifacts = Artifacts()
    tags: tuple[str, ...] = ()
    url: str = ""
    test_url: str = ""


class PassedTest(Record, frozen=True, kw_only=True):
    """One test that passed at once."""

    test: str
    duration_ms: Milliseconds = 0


class TestResult(Record, frozen=True, kw_only=True):
    """How one test of a spec file went.

    Args:
        test_id: The framework's ID of the test.
        title: Its whole title.
        status: How it counts here. A failure in quarantine is skipped.
        counts_as_failed: Whether the API counts it as failed, as it does not an interrupted one.
        duration_ms: How long its attempts took together.
        failure: What went wrong, of a test that failed, was flaky, or failed in quarantine.
    """

    __test__ = False  # Not a test case, whatever pytest makes of the name.

    test_id: str
    title: str
    status: TestStatus
    counts_as_failed: bool = False
    duration_ms: Milliseconds = 0
    failure: Failure | None = None

    @property
    def test(self) -> str:
        """Its title as answers show it: of a long one the middle is left out."""
        return clip_middle(self.title, TITLE_CHARS)


class Asset(Record, frozen=True, kw_only=True):
    """One file that a test left behind. Its URL is a secret while it lives."""

    kind: AssetKind
    url: str = ""
    test: str = ""
    attempt: int = 0
    name: str = ""
    file_name: str = ""
    content_type: str = ""
    expires_at: Timestamp = ""


class Instance(Record, frozen=True, kw_only=True):
    """One spec file's execution."""

    instance_id: str
    run_id: str = ""
    spec: str = ""
    group: str = ""
    machine_id: str = ""
    platform: str = ""
    framework: str = ""
    duration_ms: Milliseconds = 0


class FullInstance(Record, frozen=True, kw_only=True):
    """A spec file's execution with all its tests, as read."""

    instance: Instance
    totals: TestTotals
    exception: str
    artifacts: Artifacts
    tests: tuple[TestResult, ...]
    assets: tuple[Asset, ...] = ()
    upstream_bytes: int
    unreadable: tuple[str, ...] = ()
    """For each of its records that could not be read, where it stood and why."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What went wrong in it, also what a retry mended or a quarantine hides."""
        return tuple(test.failure for test in self.tests if test.failure is not None)

    @property
    def failed_as_counted(self) -> int:
        """How many failures of it could be read, counted as the API counts them."""
        return self._failed_tests or int(bool(self.exception))

    def agrees_with(self, counted: int) -> bool:
        """Says whether a count of failed tests is that of what could be read.

        A spec that could not run counts one failed test, or none.
        """
        return counted in (self._failed_tests, self.failed_as_counted)

    @property
    def _failed_tests(self) -> int:
        return sum(test.counts_as_failed for test in self.tests)

    @property
    def passed(self) -> tuple[PassedTest, ...]:
        """The tests that passed at once."""
        return tuple(
            PassedTest(test=test.test, duration_ms=test.duration_ms)
            for test in self.tests
            if test.status == "passed"
        )
