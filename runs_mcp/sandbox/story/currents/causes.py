"""Root causes, which make tests fail, and the outcomes of tests."""

from typing import Literal, NamedTuple, Protocol

import msgspec

from runs_mcp.sandbox.currents.instance_records import AttemptError, RawStatus, TestState
from runs_mcp.sandbox.story.currents.reporter_rules import state_of_test
from runs_mcp.sandbox.story.currents.spec_files import SpecFile


class FailedAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that fails."""

    spec: SpecFile
    place: int
    """The index of the test in its spec file."""
    attempt: int
    instance_id: str

    @property
    def test(self) -> str:
        """The title of the test."""
        return self.spec.tests[self.place]

    @property
    def line(self) -> int:
        """The line of the spec file where it fails."""
        return 17 + 14 * self.place

    @property
    def seed(self) -> str:
        """A seed that differs between any two attempts."""
        return f"{self.instance_id} {self.place} {self.attempt}"


class Cause(Protocol):
    """A fault in the product, in the tests or around them."""

    @property
    def raw_status(self) -> RawStatus:
        """The status that Playwright gives to the attempts that it makes fail."""

    @property
    def attempt_ms(self) -> int:
        """How long an attempt takes to fail."""

    def error(self, attempt: FailedAttempt) -> AttemptError:
        """Returns the error of an attempt."""


class NeverRan:
    """Not a fault: the error that the reporter gives to an attempt that did not run."""

    raw_status: RawStatus = "skipped"
    attempt_ms = 0

    def error(self, _: FailedAttempt) -> AttemptError:
        """Returns the error in the words of the reporter."""
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
        """Whether the attempt ran."""
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
    """The outcome of a test that did not simply pass."""

    kind: Kind
    cause: Cause | None = None
    before: Cause | None = None
    """The cause of a failed attempt before the one that was interrupted."""

    @property
    def state(self) -> TestState:
        """The state that the reporter derives from the attempts."""
        attempts = [end.raw_status for end in self.ends(0) if end.ran]
        expected: RawStatus = "failed" if self.kind == "passed unexpectedly" else "passed"
        return state_of_test(attempts, expected)

    def ends(self, retries: int) -> list[End]:
        """Returns how each attempt ended."""
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
