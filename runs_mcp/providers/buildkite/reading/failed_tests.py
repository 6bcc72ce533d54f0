"""Reads the tests that failed in a run, and how each counts: as failed, flaky or muted."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

import anyio
from msgspec.structs import replace

from runs_mcp.model import FailedTest, Run
from runs_mcp.providers.buildkite.client import BuildkiteClient, ExecutionCounts
from runs_mcp.providers.buildkite.lists import BuildkiteList
from runs_mcp.providers.buildkite.mapping.failed_executions import (
    Executions,
    FailedExecution,
    TestKey,
)
from runs_mcp.providers.buildkite.reading.build import BuildReader
from runs_mcp.providers.buildkite.reading.interrupted import InterruptedTests, interrupted_tests
from runs_mcp.providers.buildkite.reading.muted import MutedTests, muted_tests
from runs_mcp.providers.buildkite.reading.retries import Retries, find_retries
from runs_mcp.providers.buildkite.references import BuildkiteRunRef, BuildkiteSuite
from runs_mcp.providers.reading_at_once import read_at_once
from runs_mcp.providers.run_reader import Progress

T = TypeVar("T")

_NOTHING_LISTED: Final = "the API lists no failed execution of it"
_EXTRA_SECONDS: Final = 5
"""The most time for reading what a verdict can do without."""


class FailedTests(NamedTuple):
    """The tests that failed in a run, and what could not be read of them.

    Args:
        failures: The last failure of each test: `failed`, `flaky`, or in quarantine if muted.
        without_execution: The tests that were interrupted, or failed by the counts of the build
            alone.
        unread: The kind of error, if the failed executions could not be read to the end.
        unreadable: For each record that could not be read, where it was and why.
        remarks: What is not known, or may still change; each a part of a sentence.
    """

    failures: Mapping[TestKey, FailedTest]
    without_execution: Mapping[TestKey, ExecutionCounts]
    unread: tuple[str, ...]
    unreadable: tuple[str, ...]
    remarks: tuple[str, ...]


class _Context(NamedTuple):
    """Which failures count, and which tests failed without an execution."""

    recovered: frozenset[TestKey] = frozenset()
    muted: frozenset[str] = frozenset()
    without_execution: Mapping[TestKey, ExecutionCounts] = MappingProxyType({})
    unreadable: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


async def read_failed_tests(
    client: BuildkiteClient,
    ref: BuildkiteRunRef,
    run: Run,
    progress: Progress,
    *,
    causes_only: bool = False,
) -> FailedTests:
    """Reads the tests that failed in a run.

    Args:
        client: The client of the API.
        ref: The reference to the run.
        run: The run.
        progress: Called after each page.
        causes_only: Whether to skip what is not needed for causes: retries, muted and interrupted
            tests.

    Raises:
        RunsError: The failed executions cannot be read at all.
    """
    listed = await client.all_failed_executions(ref, expanded=True, progress=progress)
    executions = await client.work_on(lambda: _by_test(listed.items))
    context = _Context() if causes_only else await _read_context(client, ref, run, executions)
    unreadable = (*listed.unreadable, *context.unreadable)
    lists_nothing = run.status == "failed" and _is_empty(listed) and not unreadable
    last = await client.work_on(
        lambda: {key: _last_failure(key, tried, context) for key, tried in executions.items()}
    )
    return FailedTests(
        last,
        context.without_execution,
        unread=(listed.error,) if listed.error else (),
        unreadable=unreadable,
        remarks=(*context.remarks, *([_NOTHING_LISTED] if lists_nothing else [])),
    )


def _by_test(listed: Sequence[FailedExecution]) -> Executions:
    executions: defaultdict[TestKey, list[FailedExecution]] = defaultdict(list)
    for execution in listed:
        executions[execution.key].append(execution)
    return executions


async def _read_context(
    client: BuildkiteClient, ref: BuildkiteRunRef, run: Run, executions: Executions
) -> _Context:
    suite = BuildkiteSuite(ref.organization, ref.suite)
    build = BuildReader(client, suite, run)

    async def read_muted() -> MutedTests:
        if not executions:
            return MutedTests()
        return await _in_time(lambda: muted_tests(client, suite), MutedTests.unknown("timeout"))

    async def read_interrupted() -> InterruptedTests:
        return await _in_time(lambda: interrupted_tests(build), InterruptedTests())

    retries: Retries
    retries, (muted, interrupted) = await read_at_once(
        lambda: find_retries(build, executions, run_is_over=run.is_over),
        lambda: read_at_once(read_muted, read_interrupted),
    )
    cut_off = {key: test for key, test in interrupted.tests.items() if key not in executions}
    return _Context(
        retries.recovered,
        muted.ids,
        {**retries.failed_by_counts, **cut_off},
        (*retries.unreadable, *interrupted.unreadable),
        (*retries.remarks, *muted.remarks, *interrupted.remarks),
    )


async def _in_time(read: Callable[[], Awaitable[T]], otherwise: T) -> T:
    """Returns what is read, or `otherwise` if that takes too long."""
    with anyio.move_on_after(_EXTRA_SECONDS):
        return await read()
    return otherwise


def _last_failure(
    key: TestKey, executions: Sequence[FailedExecution], context: _Context
) -> FailedTest:
    recovered = key in context.recovered
    last = max(executions, key=lambda execution: execution.created_at)
    failure = replace(
        last.failure,
        attempts=len(executions),
        status="flaky" if recovered else "failed",
        quarantined=key[0] in context.muted and not recovered,
    )
    return FailedTest(failure, last.text)


def _is_empty(listed: BuildkiteList[FailedExecution]) -> bool:
    return not listed.items and not listed.error
