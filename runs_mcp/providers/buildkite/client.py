"""The client of the Buildkite Test Engine API: suites, runs, failed executions and builds."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from runs_mcp.api.client import ApiClient
from runs_mcp.errors import MalformedResponse, NotFound
from runs_mcp.model import ListedRun, Run, Suite
from runs_mcp.providers.buildkite import wire
from runs_mcp.providers.buildkite.lists import (
    FIRST_POSITION,
    BuildkiteList,
    BuildkitePage,
    ListPosition,
    ListQuery,
    ListReader,
)
from runs_mcp.providers.buildkite.mapping import runs as run_mapping
from runs_mcp.providers.buildkite.mapping.failed_executions import (
    FailedExecution,
    TestKey,
    failed_execution,
    key_of_test,
    place_of,
)
from runs_mcp.providers.buildkite.references import BuildkiteRunRef, BuildkiteSuite
from runs_mcp.providers.field_values import count, present, title
from runs_mcp.providers.run_reader import Progress
from runs_mcp.text import quoted

T = TypeVar("T")
W = TypeVar("W")

_SUITES: Final = "/analytics/organizations/{organization}/suites"
_SUITE: Final = _SUITES + "/{suite}"
_RUN: Final = _SUITE + "/runs/{run_id}"


class ExecutionCounts(NamedTuple):
    """The executions of a test in a build, by result; an interrupted one has the result unknown.

    Args:
        passed: How many passed.
        failed: How many failed.
        unknown: How many have no result.
        name: The title of the test.
        file: The file of the test.
        in_suite: Whether the test is in the suite that was asked for.
    """

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    name: str = ""
    file: str = ""
    in_suite: bool = True


class BuildTests(NamedTuple):
    """Tests of a build: their counts, and for each that could not be read, where it was and why."""

    counts: Mapping[TestKey, ExecutionCounts]
    unreadable: tuple[str, ...]


class Job(NamedTuple):
    """A job of a build: its state, and the ID of the job that retried it, empty if none did."""

    state: str
    retried_in: str


class BuildkiteClient:
    """The Buildkite Test Engine API with one caller's token.

    Every method raises a `RunsError` where the API cannot be read.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._lists = ListReader(api)

    async def list_suites(
        self, organization: str, start: ListPosition, *, once: bool = False
    ) -> BuildkitePage[Suite]:
        """Returns the suites of an organization, starting at a position."""
        query = ListQuery(
            wire.WireSuite,
            _SUITES,
            {"organization": organization},
            make=lambda sent: run_mapping.suite(sent, organization),
            key=lambda sent: sent.slug,
        )
        try:
            return await self._lists.page(query, start, once=once)
        except NotFound as error:
            raise NotFound(
                f"There is no organization {quoted(organization, 128)} in Buildkite, or this token "
                "cannot see it.",
                status=error.status,
                next_step="Take its slug from the address of its dashboard, "
                "buildkite.com/<organization>; the operator sets BUILDKITE_ORGANIZATION.",
            ) from error

    async def list_runs(
        self, suite: BuildkiteSuite, start: ListPosition, *, build_id: str = "", once: bool = False
    ) -> BuildkitePage[ListedRun]:
        """Returns the runs of a suite, newest first, starting at a position."""
        filters = [("build_id", build_id)] if build_id else []
        query = ListQuery(
            wire.WireRun,
            _SUITE + "/runs",
            suite._asdict(),
            filters,
            make=lambda sent: run_mapping.listed_run(sent, suite),
            key=lambda sent: sent.id,
        )
        return await self._lists.page(query, start, once=once)

    async def get_run(self, run: BuildkiteRunRef) -> Run:
        """Returns a run."""
        answer = await self._api.get(wire.WireRun, _RUN, **run._asdict())
        if not answer.data.id:
            raise MalformedResponse("The Buildkite API answered with a run that has no ID.")
        return run_mapping.run(answer.data, BuildkiteSuite(run.organization, run.suite))

    async def work_on(self, work: Callable[[], T]) -> T:
        """Returns what `work` makes of what was read, in a thread, see `ApiClient.work_on`."""
        return await self._api.work_on(work)

    async def get_failed_executions(
        self, run: BuildkiteRunRef, start: ListPosition, *, expanded: bool
    ) -> BuildkitePage[FailedExecution]:
        """Returns the failed executions of a run, starting at a position.

        They include those of tests that passed in a retry.
        """
        return await self._lists.page(_failed_executions(run, expanded=expanded), start)

    async def all_failed_executions(
        self,
        run: BuildkiteRunRef,
        *,
        expanded: bool,
        progress: Progress | None = None,
        start: ListPosition = FIRST_POSITION,
    ) -> BuildkiteList[FailedExecution]:
        """Returns all failed executions of a run; after an error, those that came before it."""
        query = _failed_executions(run, expanded=expanded)
        return await self._lists.all(query, progress, start=start)

    async def get_build_tests(self, suite: BuildkiteSuite, build_id: str, tags: str) -> BuildTests:
        """Returns how often the tests of a build passed and failed.

        Args:
            suite: The suite that was asked for: a build can upload to several.
            build_id: The UUID of the build.
            tags: A filter of executions in the API's syntax, such as `result:~failed`.

        Raises:
            RunsError: Not all of them could be read.
        """
        query = ListQuery(
            wire.WireBuildTest,
            "/analytics/organizations/{organization}/builds/{build_id}/tests",
            {"organization": suite.organization, "build_id": build_id},
            [("tags", tags)],
            make=lambda sent: _counts_of_test(sent, suite),
            key=lambda sent: sent.id,
        )
        listed = await self._lists.all(query)
        listed.require_complete()
        return BuildTests(dict(listed.items), listed.unreadable)

    async def get_muted_tests(self, suite: BuildkiteSuite) -> frozenset[str]:
        """Returns the IDs of the muted tests of a suite."""
        query = ListQuery(
            wire.WireBuildTest,
            _SUITE + "/tests/muted",
            suite._asdict(),
            make=lambda sent: str(sent.id or ""),
            key=lambda sent: sent.id,
        )
        tests = await self._lists.all(query)
        tests.require_complete()
        return frozenset(filter(None, tests.items))

    async def get_jobs(self, organization: str, build_id: str, commit: str) -> Mapping[str, Job]:
        """Returns the jobs of a build by ID, including those that were retried.

        No operation takes the UUID by which a run names its build, so the builds of its commit
        are listed. The token needs the scope `read_builds`.

        Raises:
            NotFound: The build is not among those of the commit.
        """
        query = ListQuery(
            wire.WireBuild,
            "/organizations/{organization}/builds",
            {"organization": organization},
            [("commit", commit), ("include_retried_jobs", "true")],
            make=lambda sent: (sent.id, _jobs_of(sent) if sent.id == build_id else {}),
            key=lambda sent: sent.id,
        )
        builds = await self._lists.all(query)
        builds.require_complete()
        for found_id, jobs in builds.items:
            if found_id == build_id:
                return jobs
        raise NotFound("The build of the run is not among those of its commit.")

    async def get_scopes(self) -> frozenset[str] | None:
        """Returns the scopes of the token; None if the API does not list them."""
        answer = await self._api.get(wire.WireAccessToken, "/access-token")
        return frozenset(present(answer.data.scopes)) or None

    async def get_run_record(self, run: BuildkiteRunRef) -> dict[str, Any]:
        """Returns a run as the API has it, with all its failed executions added to it.

        Raises:
            TooLarge: The pages together have more bytes than a download may have.
        """
        answer = await self._api.get(dict[str, Any], _RUN, **run._asdict())
        query = _executions_query(
            dict[str, Any],
            run,
            make=lambda sent: sent,
            # A field of a record can hold what no key can be.
            key=lambda sent: (
                sent.get("execution_id")
                and repr([sent.get(name) for name in ("execution_id", "test_id", "test_name")])
            ),
            expanded=True,
        )
        executions = await self._lists.all(query)
        executions.require_complete()
        return {**answer.data, "failed_executions": list(executions.items)}


def _failed_executions(
    run: BuildkiteRunRef, *, expanded: bool
) -> ListQuery[wire.WireFailedExecution, FailedExecution]:
    return _executions_query(
        wire.WireFailedExecution,
        run,
        make=lambda sent: failed_execution(sent, run.organization),
        # An ID that several tests share must not cost any of them.
        key=lambda sent: sent.execution_id and (sent.execution_id, sent.test_id, sent.test_name),
        expanded=expanded,
    )


def _executions_query(
    item_type: type[W],
    run: BuildkiteRunRef,
    *,
    make: Callable[[W], T],
    key: Callable[[W], object],
    expanded: bool,
) -> ListQuery[W, T]:
    return ListQuery(
        item_type,
        _RUN + "/failed_executions",
        run._asdict(),
        [("include_failure_expanded", "true")] if expanded else [],
        make=make,
        key=key,
    )


def _jobs_of(build: wire.WireBuild) -> dict[str, Job]:
    return {
        job.id: Job(job.state or "", job.retried_in_job_id or "")
        for job in present(build.jobs)
        if job.id
    }


def _counts_of_test(
    sent: wire.WireBuildTest, suite: BuildkiteSuite
) -> tuple[TestKey, ExecutionCounts]:
    test = _execution_counts(sent, suite)
    return key_of_test(sent.id, sent.url, test.file, sent.name), test


def _execution_counts(sent: wire.WireBuildTest, suite: BuildkiteSuite) -> ExecutionCounts:
    results = sent.executions_count_by_result or {}
    # A test has no field for its suite, but its URL names it.
    in_suite = not sent.url or f"/suites/{suite.suite}/".lower() in f"{sent.url}/".lower()
    return ExecutionCounts(
        passed=count(results.get("passed")),
        failed=count(results.get("failed")),
        unknown=count(results.get("unknown")),
        name=title(f"{sent.scope or ''} {sent.name or ''}"),
        file=place_of(sent.location, suite.organization)[0],
        in_suite=in_suite,
    )
