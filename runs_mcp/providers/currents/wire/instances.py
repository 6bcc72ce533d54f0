"""The records of an instance, which is one execution of a spec file.

There are two schemas. In schema 1 each of `results.tests` has its result; in schema 2, which
Playwright has today, `testResults` has them by test ID (seen in the live API, 2026-03).
"""

from msgspec import field

from runs_mcp.providers.currents.wire.runs import (
    Number,
    Wire,
    WireFramework,
    WirePlatform,
    WireStats,
)


class WireCodeFrame(Wire, frozen=True):
    """The lines of code around an error. Playwright sends only `file`, absolute."""

    line: Number | None = None
    file: str | None = None
    original_file: str | None = None
    relative_file: str | None = None
    absolute_file: str | None = None
    frame: str | None = None


class WireLocation(Wire, frozen=True):
    """Where an error was thrown; sent if there is no code frame."""

    file: str | None = None
    line: Number | None = None


class WireError(Wire, frozen=True):
    """An error of an attempt, or why a spec could not run. `value` is what was thrown."""

    name: str | None = None
    message: str | None = None
    stack: str | None = None
    value: str | Number | bool | None = None
    code_frame: WireCodeFrame | str | None = None
    location: WireLocation | None = None


class WireAttempt(Wire, frozen=True):
    """One attempt at a test; `rawStatus` is Playwright's own status."""

    state: str | None = None
    raw_status: str | None = None
    worker_index: Number | None = None
    parallel_index: Number | None = None
    error: WireError | str | None = None
    errors: list[WireError | str | None] | None = None
    wall_clock_duration: Number | None = None


class WireAnnotation(Wire, frozen=True):
    """An annotation of a test: the user's own, or one of the vendor's rules."""

    type: str | None = None
    description: str | None = None


class WireTestResult(Wire, frozen=True):
    """How a test went, in schema 2: `testResults` of an instance."""

    state: str | None = None
    display_error: str | None = None
    is_flaky: bool | None = None
    attempts: list[WireAttempt | None] | None = None


class WireTest(Wire, frozen=True):
    """One test of an instance. In schema 2 its result is in `testResults`."""

    test_id: str | int | None = None
    title: list[str | None] | str | None = None
    state: str | None = None
    display_error: str | None = None
    is_flaky: bool | None = None
    attempts: list[WireAttempt | None] | None = None
    annotations: list[WireAnnotation | None] | None = None
    short_state: str | None = field(default=None, name="_s")
    short_flaky: bool | None = field(default=None, name="_f")


class WireListedTest(Wire, frozen=True):
    """The title of a test, in schema 2: `testList` of an instance."""

    title: list[str | None] | str | None = None


class WireAsset(Wire, frozen=True):
    """A screenshot, video, trace or attachment; each kind has another field for its URL."""

    test_id: str | None = None
    test_attempt_index: Number | None = None
    name: str | None = None
    filename: str | None = None
    content_type: str | None = None
    read_url: str | None = None
    screenshot_url: str | None = field(default=None, name="screenshotURL")
    video_url: str | None = None
    trace_url: str | None = field(default=None, name="traceURL")
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
    stdout: WireAsset | None = None


class WireInstance(Wire, frozen=True):
    """`data` of *get instance*; fields that begin with `test` are those of schema 2."""

    run_id: str | None = None
    group_id: str | None = None
    instance_id: str | None = None
    spec: str | None = None
    machine_id: str | None = None
    platform: WirePlatform | None = None
    cypress_version: str | None = None
    framework: WireFramework | None = None
    results: WireInstanceResults | None = None
    test_results: dict[str, WireTestResult | None] | None = None
    test_list: dict[str, WireListedTest | None] | None = None
    test_annotations: dict[str, list[WireAnnotation | None] | None] | None = None
