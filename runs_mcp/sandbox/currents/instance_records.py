"""Instances (one spec file's execution) in the shape that the Currents API gives them."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from runs_mcp.sandbox.currents.records import (
    Commit,
    Framework,
    Platform,
    Record,
    Screenshot,
    Stats,
)

TestState = Literal["passed", "failed", "pending", "skipped"]
RawStatus = Literal["passed", "failed", "timedOut", "interrupted"]


class CodeFrame(Record, frozen=True, kw_only=True):
    """The source around the line that failed."""

    line: int
    column: int
    file: str | UnsetType = UNSET
    original_file: str
    relative_file: str
    absolute_file: str
    frame: str


class AttemptError(Record, frozen=True, kw_only=True):
    """Why an attempt failed; a plain time-out has no code frame."""

    name: str
    message: str
    stack: str
    code_frame: CodeFrame | UnsetType = UNSET


class Attempt(Record, frozen=True, kw_only=True):
    """One attempt at a test."""

    state: Literal["passed", "failed"]
    raw_status: RawStatus | UnsetType = UNSET
    error: AttemptError | None
    wall_clock_started_at: str
    wall_clock_duration: int
    video_timestamp: int | None = None
    worker_index: int | UnsetType = UNSET
    parallel_index: int | UnsetType = UNSET


class Test(Record, frozen=True, kw_only=True):
    """A test with all its attempts."""

    __test__ = False  # pytest would take the name for a test's

    test_id: str
    title: tuple[str, ...]
    original_title: str | UnsetType = UNSET
    state: TestState
    display_error: str | None
    is_flaky: bool | UnsetType = UNSET
    tags: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...]


class Video(Record, frozen=True, kw_only=True):
    """A Playwright video, of one attempt."""

    test_id: str
    test_attempt_index: int
    video_url: str


class Trace(Record, frozen=True, kw_only=True):
    """A Playwright trace, of one attempt."""

    test_id: str
    test_attempt_index: int
    trace_id: str
    name: str
    trace_url: str = msgspec.field(name="traceURL")


class Attachment(Record, frozen=True, kw_only=True):
    """A file that a test attached to its report."""

    test_id: str
    test_attempt_index: int
    attachment_id: str
    name: str
    content_type: str
    attachment_url: str = msgspec.field(name="attachmentURL")


class InstanceResults(Record, frozen=True, kw_only=True):
    """All that one spec file reported; Cypress has one video, Playwright one an attempt."""

    stats: Stats
    exception: str | None = None
    tests: tuple[Test, ...]
    screenshots: tuple[Screenshot, ...] = ()
    video_url: str | UnsetType | None = UNSET
    videos: tuple[Video, ...] | UnsetType = UNSET
    playwright_traces: tuple[Trace, ...] | UnsetType = UNSET
    attachments: tuple[Attachment, ...] | UnsetType = UNSET


class Instance(Record, frozen=True, kw_only=True):
    """One spec file's execution; results are absent while it runs."""

    run_id: str
    project_id: str
    group_id: str
    instance_id: str
    spec: str
    machine_id: str
    created_at: str
    platform: Platform
    tags: tuple[str, ...] = ()
    commit: Commit
    cypress_version: str | UnsetType = UNSET
    framework: Framework | UnsetType = UNSET
    results: InstanceResults | UnsetType = UNSET
