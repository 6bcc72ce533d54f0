"""Reads the tests of a run that were interrupted: collectors upload them without a result."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from runs_mcp.errors import RunsError
from runs_mcp.providers.buildkite.client import ExecutionCounts
from runs_mcp.providers.buildkite.mapping.failed_executions import TestKey
from runs_mcp.providers.buildkite.reading.build import (
    UNKNOWN_ONCE,
    BuildReader,
    number_and_names,
)


class InterruptedTests(NamedTuple):
    """The interrupted tests of a build.

    Args:
        tests: The tests that never passed in the build.
        unreadable: For each record that could not be read, where it was and why.
        remarks: The names of interrupted tests, or why they are not known; parts of a sentence.
    """

    tests: Mapping[TestKey, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


async def interrupted_tests(build: BuildReader) -> InterruptedTests:
    """Reads which tests were interrupted."""
    if not build.is_known:
        return InterruptedTests()
    try:
        counts, unreadable = await build.tests(UNKNOWN_ONCE)
    except RunsError as error:
        remark = f"whether tests were interrupted is not known, {error.kind}"
        return InterruptedTests(remarks=(remark,))
    return await build.work_on(lambda: _interrupted_among(counts, unreadable))


def _interrupted_among(
    counts: Mapping[TestKey, ExecutionCounts], unreadable: tuple[str, ...]
) -> InterruptedTests:
    interrupted = {key: test for key, test in counts.items() if test.unknown and test.in_suite}
    never_passed = {key: test for key, test in interrupted.items() if not test.passed}
    passed = {key: test for key, test in interrupted.items() if test.passed}
    remarks = []
    if never_passed:
        remarks.append(f"interrupted tests: {number_and_names(never_passed)}")
    if passed:
        remarks.append(
            f"interrupted tests that passed elsewhere in the build: {number_and_names(passed)}"
        )
    return InterruptedTests(never_passed, unreadable, tuple(remarks))
