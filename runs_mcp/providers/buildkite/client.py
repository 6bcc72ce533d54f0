"""What the Buildkite Test Engine API can be asked."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import MalformedResponse, NotFound
from runs_mcp.model import ListedRun, Run, Suite
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.lists import (
    BuildkitePage,
    Collected,
    ListReader,
    Position,
    mapped_list,
    whole,
)
from runs_mcp.providers.buildkite.mapping import records as mapping
from runs_mcp.providers.buildkite.mapping.records import FailedExecution
from runs_mcp.providers.buildkite.references import BuildkiteRunRef, BuildkiteSuite
from runs_mcp.providers.field_values import count, present, title
from runs_mcp.providers.run_reader import Progress

_SUITES: Final = "/analytics/organizations/{organization}/suites"
_SUITE: Final = _SUITES + "/{suite}"
_RUN: Final = _SUITE + "/runs/{run_id}"


class ExecutionCounts(NamedTuple):
    """How often a test passed and failed in a build; unknown is how an interrupted one ends."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    name: str = ""
    file: str = ""
    in_suite: bool = True


class BuildTests(NamedTuple):
    """Tests of a build: by key, and for each that could not be read, where it stood and why."""

    counts: Mapping[tuple[str, ...], ExecutionCounts]
    unreadable: tuple[str, ...]


class Job(NamedTuple):
    """A job of a build, and the job that tried it again; empty where none did."""

    state: str
    retried_in: str


class BuildkiteClient:
    """The Buildkite Test Engine API with one caller's token.

    Every method raises a `RunsError` where the API cannot be read.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._lists = ListReader(api)

    async def list_suites(self, organization: str, start: Position) -> BuildkitePage[Suite]:
        """Returns the suites of an organization, from a position on."""
        listed = await self._lists.page(wire.WireSuite, _SUITES, start, organization=organization)
        return mapped_list(listed, [mapping.suite(sent, organization) for sent in listed.values])

    async def list_runs(
        self, suite: BuildkiteSuite, start: Position, *, build_id: str = ""
    ) -> BuildkitePage[ListedRun]:
        """Returns the runs of a suite, newest first, from a position on."""
        listed = await self._lists.page(
            wire.WireRun,
            _SUITE + "/runs",
            start,
            [("build_id", build_id)] if build_id else [],
            **suite._asdict(),
        )
        return mapped_list(listed, [mapping.listed_run(sent, suite) for sent in listed.values])

    async def get_run(self, run: BuildkiteRunRef) -> Run:
        """Returns a run."""
        answer = await self._api.get(wire.WireRun, _RUN, **run._asdict())
        if not answer.data.id:
            raise MalformedResponse("The Buildkite API answered with a run that has no ID.")
        return mapping.run(answer.data, BuildkiteSuite(run.organization, run.suite))

    async def get_failed_executions(
        self, run: BuildkiteRunRef, start: Position, *, expanded: bool
    ) -> BuildkitePage[FailedExecution]:
        """Returns the failed executions of a run, from a position on.

        They are executions, not verdicts: also what a retry mended is among them.
        """
        listed = await self._lists.page(
            wire.WireFailedExecution,
            _RUN + "/failed_executions",
            start,
            [("include_failure_expanded", "true")] if expanded else [],
            **run._asdict(),
        )
        return mapped_list(
            listed, [mapping.failed_execution(sent, run.organization) for sent in listed.values]
        )

    async def all_failed_executions(
        self, run: BuildkiteRunRef, *, expanded: bool, progress: Progress | None = None
    ) -> Collected[FailedExecution]:
        """Returns all failed executions of a run; what came before an error is kept."""
        collected = await self._lists.all(
            wire.WireFailedExecution,
            _RUN + "/failed_executions",
            lambda sent: sent.execution_id,
            [("include_failure_expanded", "true")] if expanded else [],
            progress,
            **run._asdict(),
        )
        mapped = (mapping.failed_execution(sent, run.organization) for sent in collected.items)
        return Collected(tuple(mapped), *collected[1:])

    async def get_build_tests(self, suite: BuildkiteSuite, build_id: str, tags: str) -> BuildTests:
        """Returns how often the tests of a build passed and failed.

        Args:
            suite: The suite that is meant: a build can upload to several.
            build_id: The UUID of the build.
            tags: Narrows the executions, as the API has it: `result:~failed`, say.

        Raises:
            RunsError: Not all of them could be read.
        """
        collected = await self._lists.all(
            wire.WireBuildTest,
            "/analytics/organizations/{organization}/builds/{build_id}/tests",
            lambda sent: sent.id,
            [("tags", tags)],
            organization=suite.organization,
            build_id=build_id,
        )
        tests = [_execution_counts(test, suite) for test in whole(collected)]
        keys = [
            mapping.test_key(sent.id, sent.url, test.file, sent.name)
            for sent, test in zip(collected.items, tests, strict=True)
        ]
        return BuildTests(dict(zip(keys, tests, strict=True)), collected.unreadable)

    async def get_muted_tests(self, suite: BuildkiteSuite) -> frozenset[str]:
        """Returns the IDs of the muted tests of a suite."""
        collected = await self._lists.all(
            wire.WireBuildTest, _SUITE + "/tests/muted", lambda sent: sent.id, **suite._asdict()
        )
        return frozenset(str(test.id) for test in whole(collected) if test.id)

    async def get_jobs(self, organization: str, build_id: str, commit: str) -> Mapping[str, Job]:
        """Returns the jobs of a build by ID, those that were tried again among them.

        A run names its build by UUID alone, which no operation takes: the builds of its commit
        are listed. The token needs the scope `read_builds`.

        Raises:
            NotFound: The build is not among those of the commit.
        """
        collected = await self._lists.all(
            wire.WireBuild,
            "/organizations/{organization}/builds",
            lambda sent: sent.id,
            [("commit", commit), ("include_retried_jobs", "true")],
            organization=organization,
        )
        for build in whole(collected):
            if build.id == build_id:
                return {
                    job.id: Job(job.state or "", job.retried_in_job_id or "")
                    for job in present(build.jobs)
                    if job.id
                }
        raise NotFound("The build of the run is not among those of its commit.")

    async def get_scopes(self) -> frozenset[str] | None:
        """Returns what the token may do: its scopes; None where the API does not tell them."""
        answer = await self._api.get(wire.WireAccessToken, "/access-token")
        return frozenset(present(answer.data.scopes)) or None

    async def get_run_record(self, run: BuildkiteRunRef, *, max_bytes: int) -> dict[str, Any]:
        """Returns a run as the API has it, and with `failed_executions` all that failed in it.

        Raises:
            TooLarge: The pages together have more than `max_bytes`.
        """
        answer = await self._api.get(dict[str, Any], _RUN, **run._asdict())
        collected = await self._lists.all(
            dict[str, Any],
            _RUN + "/failed_executions",
            lambda sent: sent.get("execution_id"),
            [("include_failure_expanded", "true")],
            max_bytes=max_bytes - answer.bytes,
            **run._asdict(),
        )
        return {**answer.data, "failed_executions": list(whole(collected))}


def _execution_counts(sent: wire.WireBuildTest, suite: BuildkiteSuite) -> ExecutionCounts:
    results = sent.executions_count_by_result or {}
    # No field tells the suite of a test, its address does.
    elsewhere = bool(sent.url) and f"/suites/{suite.suite}/".lower() not in f"{sent.url}/".lower()
    return ExecutionCounts(
        count(results.get("passed")),
        count(results.get("failed")),
        count(results.get("unknown")),
        title(f"{sent.scope or ''} {sent.name or ''}"),
        mapping.place_of(sent.location, suite.organization)[0],
        in_suite=not elsewhere,
    )
