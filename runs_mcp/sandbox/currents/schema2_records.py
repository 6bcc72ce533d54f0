"""Instances of schema 2, which Playwright has today: results are apart from the tests.

They have all fields of the API, including those that the product does not read.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.currents.instance_records import (
    Attachment,
    AttemptError,
    Instance,
    RawStatus,
    TestState,
    Trace,
    Video,
)
from runs_mcp.sandbox.currents.records import (
    Commit,
    Framework,
    Platform,
    Record,
    Screenshot,
    Stats,
)


class ListedTest(Record, frozen=True, kw_only=True):
    """A test in the results of a spec file, without attempts."""

    short_state: TestState | None = msgspec.field(name="_s")
    """None until it is done."""
    is_done: bool = msgspec.field(name="_d")
    is_flaky: bool = msgspec.field(name="_f")
    group_id: str
    test_id: str
    spec: str
    title: tuple[str, ...]
    start_time: str | None
    end_time: str | None
    duration: int
    original_title: tuple[str, ...]


class TestAttempt(Record, frozen=True, kw_only=True):
    """One attempt at a test; one that never ran has worker -1."""

    __test__ = False  # pytest would collect a class of this name

    is_done: bool = msgspec.field(name="_d", default=True)
    attempt_id: str
    state: TestState
    raw_status: RawStatus
    worker_index: int
    parallel_index: int
    error: AttemptError | None
    wall_clock_started_at: str
    wall_clock_duration: int
    video_timestamp: int | None = None


class TestResult(Record, frozen=True, kw_only=True):
    """The result of a test, with all attempts."""

    __test__ = False  # pytest would collect a class of this name

    is_done: bool = msgspec.field(name="_d", default=True)
    attempts: tuple[TestAttempt, ...]
    display_error: str | None
    duration: int
    end_time: str
    is_flaky: bool
    record_id: str
    start_time: str
    state: TestState


class TestName(Record, frozen=True, kw_only=True):
    """The title of a test; the original title has its `@tags`."""

    __test__ = False  # pytest would collect a class of this name

    test_id: str
    title: tuple[str, ...]
    original_title: tuple[str, ...]


class Annotation(Record, frozen=True, kw_only=True):
    """A note on a test, made by the test or by a rule of Currents."""

    type: str
    description: str | UnsetType = UNSET


class Claim(Record, frozen=True, kw_only=True):
    """Which machine took the spec file, and when."""

    machine_id: str
    at_ms: int = msgspec.field(name="t")


class StoredText(Record, frozen=True, kw_only=True):
    """A text that is stored elsewhere."""

    read_url: str


class Schema2Results(Record, frozen=True, kw_only=True):
    """The counts, tests and files of a spec file."""

    stats: Stats
    exception: str | UnsetType = UNSET
    tests: tuple[ListedTest, ...]
    attachments: tuple[Attachment, ...] = ()
    playwright_traces: tuple[Trace, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    videos: tuple[Video, ...] = ()
    stdout: StoredText | UnsetType = UNSET


class Schema2Instance(Record, frozen=True, kw_only=True):
    """The execution of one spec file, once it is claimed."""

    database_id: str = msgspec.field(name="_id")
    instance_id: str
    org_id: str
    version: int = msgspec.field(name="__v", default=0)
    commit: Commit
    created_at: str
    framework: Framework | UnsetType = UNSET
    group_id: str
    machine_id: str
    platform: Platform
    project_id: str
    results: Schema2Results
    run_id: str
    schema_version: int = 2
    signature: str
    spec: str
    tags: tuple[str, ...]
    test_list: Mapping[str, TestName]
    test_tags: Mapping[str, tuple[str, ...]]
    touched_at: str = msgspec.field(name="_t")
    claim_records: Mapping[str, Claim]
    test_annotations: Mapping[str, tuple[Annotation, ...]]
    test_results: Mapping[str, TestResult]
    claim_list: tuple[Claim, ...]
    claimed_at: str
    id: None = None


AnyInstance = Instance | Schema2Instance
