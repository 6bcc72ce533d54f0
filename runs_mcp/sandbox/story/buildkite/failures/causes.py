"""What a root cause is in a unit test: it makes tests fail, each with a text of its own."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from runs_mcp.sandbox.buildkite.records import ExpandedFailure
from runs_mcp.sandbox.story.buildkite.suites.tests import SuiteTest


class FailedTest(msgspec.Struct, frozen=True, kw_only=True):
    """The test that fails, in one run."""

    test: SuiteTest
    seed: str
    """What differs between any two executions."""
    agent: int
    """The number of the CI machine it ran on."""

    @property
    def checkout(self) -> str:
        """Where that machine has the repository."""
        return f"/buildkite/builds/agent-{self.agent}/skerry-lines/platform"


class FailureText(msgspec.Struct, frozen=True, kw_only=True):
    """What the collector uploads of a failure."""

    reason: str | None
    expanded: tuple[ExpandedFailure, ...] | None


@dataclass(frozen=True, kw_only=True)
class UnitCause:
    """A fault in the product, in the tests or around them."""

    area: str
    """Whose tests it makes fail."""
    text: Callable[[FailedTest], FailureText]
    seconds: float
    """How long it takes a test to fail, about."""
