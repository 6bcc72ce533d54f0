"""The records of projects, runs and writes, after the API reference, live answers and clients.

Every field may be null or absent, unknown ones are ignored, and what is sent in several forms is
accepted in each.
"""

from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct, field

T = TypeVar("T")
Number: TypeAlias = int | float
Time: TypeAlias = str | int | float


class Wire(Struct, frozen=True, rename="camel"):
    """Base of the API's records: camelCase names."""


class Envelope(Struct, Generic[T], frozen=True):
    """What every answer is wrapped in. Lists add `has_more`, failures `error`.

    `status` and `error` are texts; a value of another type must not pass for none.
    """

    data: T | None = None
    has_more: bool | None = None
    status: object = None
    error: object = None


class WireProject(Wire, frozen=True):
    """An item of *list projects*; *get project* adds the default branch."""

    project_id: str | None = None
    name: str | None = None
    created_at: Time | None = None
    default_branch_name: str | None = None
    cursor: str | None = None


class WireGithubEvent(Wire, frozen=True):
    """The event that started GitHub Actions; for a pull request, its title, page and base."""

    html_url: str | None = None
    pr_title: str | None = None
    base_ref: str | None = None


class WireCommit(Wire, frozen=True):
    """The commit a run tests."""

    sha: str | None = None
    branch: str | None = None
    author_name: str | None = None
    message: str | None = None
    remote_origin: str | None = None
    default_branch: str | None = None
    gha_event_data: WireGithubEvent | None = None


class WireFramework(Wire, frozen=True):
    """The framework that ran the tests."""

    type: str | None = None
    version: str | None = None


class WirePullRequest(Wire, frozen=True):
    """The pull request of a run; the ID ends in its number."""

    id: str | int | None = None
    title: str | None = None


class WireMeta(Wire, frozen=True):
    """Where a run comes from."""

    ci_build_id: str | None = None
    pr: WirePullRequest | None = None
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
    """A group's numbers of tests. In a run in progress `overall` are done, `tests` known."""

    overall: Number | None = None
    tests: Number | None = None
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
    """A spec file's numbers of tests, also of one that waits or runs."""

    tests: Number | None = None
    overall: Number | None = None
    passes: Number | None = None
    pending: Number | None = None
    skipped: Number | None = None
    failures: Number | None = None
    flaky: Number | None = None
    wall_clock_duration: Number | None = None


class WireException(Wire, frozen=True):
    """Why a spec file could not run. The instance has the whole error."""

    message: str | None = None


class WireSpecResults(Wire, frozen=True):
    """A spec's results within a run; its files are read with the instance."""

    stats: WireStats | None = None
    flaky: Number | None = None
    exception: WireException | str | None = None


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
    """How a run was canceled; the time has two spellings."""

    canceled_at: Time | None = None
    cancelled_at: Time | None = None


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
    """`data` of cancel, reset and delete, which the reference has in two forms."""

    run_id: str | None = None
    cancelled: bool | None = None
    actor: str | None = None
    canceled_at: Time | None = None
    cancelled_at: Time | None = None
    reason: str | None = None


class ResetBody(Wire, frozen=True, omit_defaults=True):
    """The body of *reset run*."""

    machine_id: tuple[str, ...]
    is_batched_or_8n: bool = field(default=False, name="isBatchedOr8n")


class GithubBody(Wire, frozen=True, omit_defaults=True):
    """The body of *cancel by GitHub CI*."""

    github_run_id: str
    github_run_attempt: int
    project_id: str = ""
    ci_build_id: str = ""
