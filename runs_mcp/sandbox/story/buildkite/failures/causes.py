"""Root causes, which make tests fail, each with its own text."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from runs_mcp.sandbox.buildkite.records import ExpandedFailure
from runs_mcp.sandbox.story.buildkite.suites.tests import SuiteTest


class FailedTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test that fails in a run."""

    test: SuiteTest
    seed: str
    """A seed that differs between any two executions."""
    agent: int
    """The number of the CI machine that it ran on."""

    @property
    def checkout(self) -> str:
        """The folder of the repository on that machine."""
        return f"/buildkite/builds/agent-{self.agent}/skerry-lines/platform"


class FailureText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a failure, as the collector uploads it."""

    reason: str | None
    expanded: tuple[ExpandedFailure, ...] | None


@dataclass(frozen=True, kw_only=True)
class UnitCause:
    """A root cause in the product, the tests or the environment."""

    area: str
    """The area whose tests it makes fail."""
    text: Callable[[FailedTest], FailureText]
    seconds: float
    """About how many seconds a test takes to fail."""
