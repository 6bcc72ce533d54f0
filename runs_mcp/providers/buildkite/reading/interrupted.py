"""The tests of a run that were interrupted: collectors upload them without a result."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from runs_mcp.errors import RunsError
from runs_mcp.model import Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, ExecutionCounts
from runs_mcp.providers.buildkite.reading.build import UNKNOWN_ONCE, Build, Key, names_of
from runs_mcp.providers.buildkite.references import BuildkiteSuite


class Interrupted(NamedTuple):
    """The tests without a result: collectors send an interrupted one as unknown.

    Args:
        tests: By key, those that never passed in the build.
        unreadable: For each record that could not be read, where it stood and why.
        remarks: What there is to know of them; each a part of a sentence.
    """

    tests: Mapping[Key, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


async def interrupted_tests(
    client: BuildkiteClient, suite: BuildkiteSuite, run: Run
) -> Interrupted:
    """Reads which tests have no result."""
    if not run.ci_build_id:
        return Interrupted()
    try:
        tests, unreadable = await Build(client, suite, run).tests(UNKNOWN_ONCE)
    except RunsError as error:
        return Interrupted(remarks=(f"whether tests were interrupted is not known, {error.kind}",))
    unknown = {key: test for key, test in tests.items() if test.unknown and test.in_suite}
    never = {key: test for key, test in unknown.items() if not test.passed}
    once = {key: test for key, test in unknown.items() if test.passed}
    remarks = [
        *([f"interrupted tests: {names_of(never)}"] if never else []),
        *(
            [f"interrupted tests that passed elsewhere in the build: {names_of(once)}"]
            if once
            else []
        ),
    ]
    return Interrupted(never, unreadable, tuple(remarks))
