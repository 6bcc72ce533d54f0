"""Executions of spec files, with their tests."""

from typing import Final, Literal

from msgspec.structs import replace

from runs_mcp.model.counts import Artifacts, TestTotals
from runs_mcp.model.error_texts import ErrorText
from runs_mcp.model.failures import Failure
from runs_mcp.model.fields import Id, Milliseconds, Path, Text, Timestamp, Title, Url
from runs_mcp.model.record import Record
from runs_mcp.text import clip_middle

TITLE_CHARS: Final = 300
AssetKind = Literal["screenshot", "video", "trace", "attachment"]
TestStatus = Literal["failed", "flaky", "passed", "skipped"]


class PassedTest(Record, frozen=True, kw_only=True):
    """One test that passed at once."""

    test: Title
    duration_ms: Milliseconds = 0


class TestResult(Record, frozen=True, kw_only=True):
    """How one test of a spec file went.

    Args:
        test_id: The framework's ID of the test.
        title: Its whole title.
        status: How it counts here. A failure in quarantine is skipped.
        counts_as_failed: Whether the API counts it as failed; an interrupted test it does not.
        duration_ms: How long all its attempts took.
        failure: What went wrong, if it failed, was flaky, or failed in quarantine.
        text: The error of that failure, uncut.
        did_not_run: Whether it was to run and did not, after a failure before it.
    """

    __test__ = False  # pytest would collect it by its name.

    test_id: str
    title: str
    status: TestStatus
    counts_as_failed: bool = False
    duration_ms: Milliseconds = 0
    failure: Failure | None = None
    text: ErrorText = ErrorText()
    did_not_run: bool = False

    @property
    def test(self) -> str:
        """Its title as answers show it: without the middle if it is long."""
        return clip_middle(self.title, TITLE_CHARS)


class Asset(Record, frozen=True, kw_only=True):
    """One file that a test left behind. Its URL is a secret while it lives."""

    kind: AssetKind
    url: Url = ""
    test: Title = ""
    attempt: int = 0
    name: Text = ""
    file_name: Text = ""
    content_type: Text = ""
    expires_at: Timestamp = ""


class Instance(Record, frozen=True, kw_only=True):
    """One spec file's execution."""

    instance_id: Id
    run_id: Id = ""
    spec: Path = ""
    group: Title = ""
    machine_id: Id = ""
    platform: Text = ""
    framework: Text = ""
    duration_ms: Milliseconds = 0


class FullInstance(Record, frozen=True, kw_only=True):
    """A spec file's execution with all its tests, as read."""

    instance: Instance
    totals: TestTotals
    exception: str
    """What kept the spec from running, uncut."""
    artifacts: Artifacts
    tests: tuple[TestResult, ...]
    passed_left_out: int = 0
    """How many more tests there are, which passed: see `without_passed`."""
    assets: tuple[Asset, ...] = ()
    upstream_bytes: int
    unreadable: tuple[str, ...] = ()
    """Where each of its records stood that could not be read, and why."""

    @property
    def test_count(self) -> int:
        """How many tests it has."""
        return len(self.tests) + self.passed_left_out

    def without_passed(self) -> "FullInstance":
        """Returns it without the tests that passed, and without files: of those there are many."""
        kept = tuple(test for test in self.tests if test.status != "passed")
        left_out = len(self.tests) - len(kept)
        return replace(self, tests=kept, passed_left_out=self.passed_left_out + left_out, assets=())

    @property
    def failures(self) -> tuple[Failure, ...]:
        """All failures, with those that passed on a retry and those in quarantine."""
        return tuple(test.failure for test in self.tests if test.failure is not None)

    @property
    def failed_as_counted(self) -> int:
        """The failures that could be read, counted as the API counts them."""
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
