"""The totals of a group, from its spec files."""

from collections.abc import Iterable
from typing import Protocol

from msgspec import UNSET

from runs_mcp.sandbox.currents.records import InstanceTotals, Stats, TestTotals


class SpecState(Protocol):
    """The state of a spec file."""

    @property
    def is_claimed(self) -> bool:
        """Whether a machine took it."""

    @property
    def is_complete(self) -> bool:
        """Whether it has reported."""

    @property
    def has_failed(self) -> bool:
        """Whether it is complete and Currents calls it failed."""


def counts_of_specs(specs: Iterable[SpecState]) -> InstanceTotals:
    """Returns the spec files by their states."""
    own = list(specs)
    complete = [spec for spec in own if spec.is_complete]
    failures = sum(spec.has_failed for spec in complete)
    return InstanceTotals(
        overall=len(own),
        claimed=sum(spec.is_claimed for spec in own),
        complete=len(complete),
        passes=len(complete) - failures,
        failures=failures,
    )


def counts_of_tests(stats: Iterable[Stats]) -> TestTotals:
    """Returns the tests of spec files by their states."""
    counts = list(stats)
    return TestTotals(
        overall=sum(each.done for each in counts),
        tests=sum(each.tests for each in counts),
        passes=sum(each.passes for each in counts),
        failures=sum(each.failures for each in counts),
        pending=sum(each.pending for each in counts),
        skipped=sum(each.skipped for each in counts),
        # Playwright's spec files lack the number; its groups have 0.
        retries=sum(0 if each.retries is UNSET else each.retries for each in counts),
        flaky=sum(0 if each.flaky is UNSET else each.flaky for each in counts),
    )
