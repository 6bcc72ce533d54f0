"""Instances (executions of one spec file) of schema 1, and what both schemas share.

Cypress and old Playwright reporters use it: a test has its state and its attempts.
"""

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
RawStatus = Literal["passed", "failed", "timedOut", "interrupted", "skipped"]


class CodeFrame(Record, frozen=True, kw_only=True):
    """The source around the line that failed: Playwright names one file, Cypress three."""

    frame: str
    line: int
    column: int
    file: str | UnsetType = UNSET
    original_file: str | UnsetType = UNSET
    relative_file: str | UnsetType = UNSET
    absolute_file: str | UnsetType = UNSET
    language: str | UnsetType = UNSET


class AttemptError(Record, frozen=True, kw_only=True):
    """Why an attempt failed; a timeout has no code frame, and Playwright no name."""

    name: str | None
    message: str
    stack: str
    value: str | UnsetType | None = UNSET
    code_frame: CodeFrame | UnsetType = UNSET


class Attempt(Record, frozen=True, kw_only=True):
    """One attempt at a test."""

    attempt_id: str | UnsetType = UNSET
    state: TestState
    raw_status: RawStatus | UnsetType = UNSET
    error: AttemptError | None
    wall_clock_started_at: str
    wall_clock_duration: int
    video_timestamp: int | None = None
    worker_index: int | UnsetType = UNSET
    parallel_index: int | UnsetType = UNSET


class Test(Record, frozen=True, kw_only=True):
    """A test with all its attempts."""

    __test__ = False  # pytest would collect a class of this name

    test_id: str
    title: tuple[str, ...]
    original_title: tuple[str, ...] | str | UnsetType = UNSET
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
    """A file attached to a test, or to the spec file where there is no test."""

    id: str
    test_id: str | UnsetType = UNSET
    test_attempt_index: int | UnsetType = UNSET
    read_url: str
    name: str
    content_type: str
    filename: str
    """Contains a hash, unlike the name."""
    created_at: str


class InstanceResults(Record, frozen=True, kw_only=True):
    """The results of one spec file; Cypress has one video of the whole file."""

    stats: Stats
    exception: str | None = None
    tests: tuple[Test, ...]
    screenshots: tuple[Screenshot, ...] = ()
    video_url: str | UnsetType | None = UNSET
    videos: tuple[Video, ...] | UnsetType = UNSET
    playwright_traces: tuple[Trace, ...] | UnsetType = UNSET


class Instance(Record, frozen=True, kw_only=True):
    """The execution of one spec file; results are absent while it runs."""

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
