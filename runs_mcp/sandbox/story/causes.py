"""What a root cause is: it makes tests fail, each with an error of its own."""

from typing import Literal, Protocol

import msgspec

from runs_mcp.sandbox.currents.instance_records import AttemptError, RawStatus
from runs_mcp.sandbox.story.spec_files import SpecFile


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt that fails."""

    spec: SpecFile
    place: int
    """Of the test in its spec file."""
    attempt: int
    instance_id: str

    @property
    def test(self) -> str:
        """The test's own title."""
        return self.spec.tests[self.place]

    @property
    def line(self) -> int:
        """The line of the spec file in which it fails."""
        return 17 + 14 * self.place

    @property
    def seed(self) -> str:
        """What differs between any two attempts."""
        return f"{self.instance_id} {self.place} {self.attempt}"


class Cause(Protocol):
    """A fault in the product, in the tests or around them."""

    @property
    def raw_status(self) -> RawStatus:
        """How Playwright calls the end of an attempt that it hits."""

    @property
    def attempt_ms(self) -> int:
        """How long it takes an attempt to fail."""

    def error(self, where: Where) -> AttemptError:
        """What the attempt says."""


class Outcome(msgspec.Struct, frozen=True):
    """How a test went that did not simply pass."""

    kind: Literal["failed", "flaky", "pending", "skipped"]
    cause: Cause | None = None
