"""What a root cause is: it makes tests fail, each with an error of its own."""

from typing import Literal, NamedTuple, Protocol

import msgspec

from runs_mcp.sandbox.currents.instance_records import AttemptError, RawStatus, TestState
from runs_mcp.sandbox.story.currents.reporter_rules import state_of_test
from runs_mcp.sandbox.story.currents.spec_files import SpecFile


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


class NeverRan:
    """Not a fault: what the reporter says in the place of an attempt that was not made."""

    raw_status: RawStatus = "skipped"
    attempt_ms = 0

    def error(self, _: Where) -> AttemptError:
        """The reporter's own words."""
        return AttemptError(
            name=None,
            # The apostrophe is the reporter's.
            message="Playwright didn’t run this attempt because the run was stopped early",
            stack="",
            value=None,
        )


NEVER_RAN = NeverRan()


class End(NamedTuple):
    """How an attempt ended."""

    raw_status: RawStatus
    cause: Cause | None = None

    @property
    def ran(self) -> bool:
        """Whether the attempt was made."""
        return self.cause is not NEVER_RAN


Kind = Literal[
    "failed",
    "flaky",
    "pending",
    "interrupted",
    "passed unexpectedly",
    "quarantined",
    "halted",
    "never ran",
]


class Outcome(msgspec.Struct, frozen=True):
    """How a test went that did not simply pass."""

    kind: Kind
    cause: Cause | None = None
    before: Cause | None = None
    """What failed an attempt before the one that was interrupted."""

    @property
    def state(self) -> TestState:
        """What the reporter makes of the attempts."""
        attempts = [end.raw_status for end in self.ends(0) if end.ran]
        expected: RawStatus = "failed" if self.kind == "passed unexpectedly" else "passed"
        return state_of_test(attempts, expected)

    def ends(self, retries: int) -> list[End]:
        """How each attempt ended."""
        failed = [] if self.cause is None else [End(self.cause.raw_status, self.cause)]
        earlier = [] if self.before is None else [End(self.before.raw_status, self.before)]
        never = End(NEVER_RAN.raw_status, NEVER_RAN)
        by_kind: dict[Kind, list[End]] = {
            "failed": failed * (retries + 1),
            "flaky": [*failed, End("passed")],
            "pending": [End("skipped")],
            "interrupted": earlier + failed,
            "passed unexpectedly": [End("passed")] * (retries + 1),
            # The reporter turns the failure into a skip, and keeps the error.
            "quarantined": [End("skipped", self.cause)],
            "halted": failed + [never] * retries,
            "never ran": [never] * (retries + 1),
        }
        return by_kind[self.kind]
