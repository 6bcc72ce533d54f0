"""What the Currents API sends, as far as we read it.

From the API reference at four dates: every field may be null or absent, unknown ones are
ignored, and shapes that the reference does not pin down are taken in every form seen.
"""

from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct, field

T = TypeVar("T")
Number: TypeAlias = int | float
Time: TypeAlias = str | int | float


class Wire(Struct, frozen=True, rename="camel"):
    """Base of the API's records: camelCase names."""


class Envelope(Struct, Generic[T], frozen=True):
    """Around every answer. Lists add `has_more`."""

    data: T | None = None
    has_more: bool | None = None


class WireProject(Wire, frozen=True):
    """An item of *list projects*; *get project* adds the default branch."""

    project_id: str | None = None
    name: str | None = None
    created_at: Time | None = None
    default_branch_name: str | None = None
    cursor: str | None = None


class WireCommit(Wire, frozen=True):
    """The commit a run tests."""

    sha: str | None = None
    branch: str | None = None
    author_name: str | None = None
    message: str | None = None


class WireFramework(Wire, frozen=True):
    """The framework that ran the tests."""

    type: str | None = None
    version: str | None = None


class WireMeta(Wire, frozen=True):
    """Where a run comes from."""

    ci_build_id: str | None = None
    commit: WireCommit | None = None
    framework: WireFramework | None = None


class WirePlatform(Wire, frozen=True):
    """Operating system and browser."""

    os_name: str | None = None
    os_version: str | None = None
    browser_name: str | None = None
    browser_version: str | None = None


class WireInstanceCounts(Wire, frozen=True):
    """A group's numbers of spec files."""

    overall: Number | None = None
    claimed: Number | None = None
    complete: Number | None = None
    passes: Number | None = None
    failures: Number | None = None


class WireTestCounts(Wire, frozen=True):
    """A group's numbers of tests."""

    overall: Number | None = None
    passes: Number | None = None
    failures: Number | None = None
    pending: Number | None = None
    skipped: Number | None = None
    retries: Number | None = None
    flaky: Number | None = None


class WireGroup(Wire, frozen=True):
    """The part of a run on one platform."""

    group_id: str | None = None
    platform: WirePlatform | None = None
    instances: WireInstanceCounts | None = None
    tests: WireTestCounts | None = None


class WireStats(Wire, frozen=True):
    """A spec file's numbers of tests."""

    tests: Number | None = None
    passes: Number | None = None
    pending: Number | None = None
    skipped: Number | None = None
    failures: Number | None = None
    wall_clock_duration: Number | None = None


class WireSpecResults(Wire, frozen=True):
    """A spec's results within a run; its screenshots and video are not read here."""

    stats: WireStats | None = None
    flaky: Number | None = None


class WireSpec(Wire, frozen=True):
    """A spec file of a run."""

    group_id: str | None = None
    spec: str | None = None
    instance_id: str | None = None
    claimed_at: Time | None = None
    completed_at: Time | None = None
    machine_id: str | None = None
    results: WireSpecResults | None = None


class WireTimeout(Wire, frozen=True):
    """Whether a run timed out."""

    is_timeout: bool | None = None


class WireCancellation(Wire, frozen=True):
    """How a run was canceled."""

    canceled_at: Time | None = None


class WireLastRun(Wire, frozen=True):
    """Playwright's own `.last-run.json`."""

    status: str | None = None
    failed_tests: list[str | None] | None = None


class WireRun(Wire, frozen=True):
    """`data` of *get run* and *find run*; an item of *list runs*, without specs."""

    run_id: str | None = None
    project_id: str | None = None
    status: str | None = None
    completion_state: str | None = None
    created_at: Time | None = None
    duration_ms: Number | None = None
    tags: list[str | None] | None = None
    cypress_version: str | None = None
    timeout: WireTimeout | None = None
    cancellation: WireCancellation | None = None
    groups: list[WireGroup | None] | None = None
    meta: WireMeta | None = None
    specs: list[WireSpec | None] | None = None
    pw_last_run: WireLastRun | None = None
    cursor: str | None = None


class WireReceipt(Wire, frozen=True):
    """`data` of cancel, reset and delete."""

    run_id: str | None = None
    actor: str | None = None
    canceled_at: Time | None = None
    reason: str | None = None


class ResetBody(Wire, frozen=True, omit_defaults=True):
    """What *reset run* is sent."""

    machine_id: tuple[str, ...]
    is_batched_or_8n: bool = field(default=False, name="isBatchedOr8n")


class GithubBody(Wire, frozen=True, omit_defaults=True):
    """What *cancel by GitHub CI* is sent."""

    github_run_id: str
    github_run_attempt: int
    project_id: str = ""
    ci_build_id: str = ""


class WireCodeFrame(Wire, frozen=True):
    """The lines of code around an error."""

    line: Number | None = None
    file: str | None = None
    original_file: str | None = None
    relative_file: str | None = None
    absolute_file: str | None = None
    frame: str | None = None


class WireError(Wire, frozen=True):
    """An error of an attempt, or what kept a spec from running."""

    name: str | None = None
    message: str | None = None
    stack: str | None = None
    code_frame: WireCodeFrame | None = None


class WireAttempt(Wire, frozen=True):
    """One attempt at a test."""

    state: str | None = None
    raw_status: str | None = None
    error: WireError | str | None = None
    wall_clock_duration: Number | None = None


class WireTest(Wire, frozen=True):
    """One test of an instance."""

    test_id: str | None = None
    title: list[str | None] | str | None = None
    state: str | None = None
    display_error: str | None = None
    is_flaky: bool | None = None
    attempts: list[WireAttempt | None] | None = None


class WireAsset(Wire, frozen=True):
    """A screenshot, video, trace or attachment: each has its URL in a field of its own."""

    test_id: str | None = None
    test_attempt_index: Number | None = None
    name: str | None = None
    screenshot_url: str | None = field(default=None, name="screenshotURL")
    video_url: str | None = None
    trace_url: str | None = field(default=None, name="traceURL")
    attachment_url: str | None = field(default=None, name="attachmentURL")
    url: str | None = None


class WireInstanceResults(Wire, frozen=True):
    """The results of one spec file's execution."""

    stats: WireStats | None = None
    exception: WireError | str | None = None
    tests: list[WireTest | None] | None = None
    screenshots: list[WireAsset | None] | None = None
    video_url: str | None = None
    videos: list[WireAsset | None] | None = None
    playwright_traces: list[WireAsset | None] | None = None
    attachments: list[WireAsset | str | None] | None = None


class WireInstance(Wire, frozen=True):
    """`data` of *get instance*."""

    run_id: str | None = None
    group_id: str | None = None
    instance_id: str | None = None
    spec: str | None = None
    machine_id: str | None = None
    platform: WirePlatform | None = None
    cypress_version: str | None = None
    framework: WireFramework | None = None
    results: WireInstanceResults | None = None
