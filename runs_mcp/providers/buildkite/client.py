"""What the Buildkite Test Engine API can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import MalformedResponse, NotFound, TooLarge
from runs_mcp.model import ListedRun, Run, Suite
from runs_mcp.providers.buildkite import mapping, wire
from runs_mcp.providers.buildkite.mapping import FailedExecution
from runs_mcp.providers.buildkite.references import BuildkiteRun, BuildkiteSuite
from runs_mcp.providers.field_values import count, present, title

T = TypeVar("T")
W = TypeVar("W")

MAX_LIMIT: Final = 100  # the most that the API gives a page
MAX_PAGES: Final = 100
"""How many pages of one list are read at most: a list that never ends must not be read for ever."""

_EMPTY_PAGES: Final = 5  # in a row, before a list is taken to end

_SUITES: Final = "/analytics/organizations/{organization}/suites"
_SUITE: Final = _SUITES + "/{suite}"
_RUN: Final = _SUITE + "/runs/{run_id}"


class Position(NamedTuple):
    """Where a list goes on: pages of so many items, the page, and the items to skip of it."""

    per_page: int
    page: int = 1
    skip: int = 0


@dataclass(frozen=True)
class Listed(Generic[T]):
    """Items of a list from some position on.

    Args:
        items: Each with the position behind it.
        next: The position behind all of them, where more follow.
        upstream_bytes: The size of the page that they are of.
        unreadable: For each item that could not be read, where it stood and why.
    """

    items: tuple[tuple[T, Position], ...]
    next: Position | None
    upstream_bytes: int
    unreadable: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[T, ...]:
        """The items alone."""
        return tuple(item for item, _ in self.items)


class ExecutionCounts(NamedTuple):
    """How often a test passed and failed in a build; unknown is how an interrupted one ends."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    name: str = ""


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

    async def list_suites(self, organization: str, start: Position) -> Listed[Suite]:
        """Returns the suites of an organization, from a position on."""
        listed = await self._list(wire.WireSuite, _SUITES, start, organization=organization)
        return _mapped(listed, [mapping.suite(sent, organization) for sent in listed.values])

    async def list_runs(
        self, suite: BuildkiteSuite, start: Position, *, build_id: str = ""
    ) -> Listed[ListedRun]:
        """Returns the runs of a suite, newest first, from a position on."""
        listed = await self._list(
            wire.WireRun,
            _SUITE + "/runs",
            start,
            [("build_id", build_id)] if build_id else [],
            **suite._asdict(),
        )
        return _mapped(listed, [mapping.listed_run(sent, suite) for sent in listed.values])

    async def get_run(self, run: BuildkiteRun) -> Run:
        """Returns a run."""
        answer = await self._api.get(wire.WireRun, _RUN, **run._asdict())
        if not answer.data.id:
            raise MalformedResponse("The Buildkite API answered with a run that has no ID.")
        return mapping.run(answer.data, BuildkiteSuite(run.organization, run.suite))

    async def get_failed_executions(
        self, run: BuildkiteRun, start: Position, *, expanded: bool
    ) -> Listed[FailedExecution]:
        """Returns the failed executions of a run, from a position on.

        They are executions, not verdicts: also what a retry mended is among them.
        """
        listed = await self._list(
            wire.WireFailedExecution,
            _RUN + "/failed_executions",
            start,
            [("include_failure_expanded", "true")] if expanded else [],
            **run._asdict(),
        )
        return _mapped(listed, [mapping.failed_execution(sent) for sent in listed.values])

    async def count_failed_executions(self, run: BuildkiteRun) -> int:
        """Returns how many failed executions a run has; the API gives no total."""
        seen: set[str] = set()
        start: Position | None = Position(MAX_LIMIT)
        while start is not None and start.page <= MAX_PAGES:
            listed = await self.get_failed_executions(run, start, expanded=False)
            before = len(seen)
            seen |= {
                execution.failure.execution_id or f"{start.page}.{nth}"
                for nth, execution in enumerate(listed.values)
            }
            start = listed.next if len(seen) > before else None
        return len(seen)

    async def get_build_tests(
        self, suite: BuildkiteSuite, build_id: str, tags: str
    ) -> dict[str, ExecutionCounts]:
        """Returns how often the tests of a build passed and failed, by test ID.

        Args:
            suite: The suite whose tests are wanted: a build can upload to several.
            build_id: The UUID of the build.
            tags: Narrows the executions, as the API has it: `result:~failed`, say.
        """
        counts: dict[str, ExecutionCounts] = {}
        others: set[str] = set()
        start: Position | None = Position(MAX_LIMIT)
        while start is not None and start.page <= MAX_PAGES:
            listed = await self._list(
                wire.WireBuildTest,
                "/analytics/organizations/{organization}/builds/{build_id}/tests",
                start,
                [("tags", tags)],
                organization=suite.organization,
                build_id=build_id,
            )
            before = len(counts)
            counts |= {test.id: _execution_counts(test) for test in listed.values if test.id}
            others |= {test.id for test in listed.values if test.id and _is_elsewhere(test, suite)}
            start = listed.next if len(counts) > before else None
        return {test_id: counted for test_id, counted in counts.items() if test_id not in others}

    async def get_muted_tests(self, suite: BuildkiteSuite) -> frozenset[str]:
        """Returns the IDs of the muted tests of a suite."""
        muted: set[str] = set()
        start: Position | None = Position(MAX_LIMIT)
        while start is not None and start.page <= MAX_PAGES:
            listed = await self._list(
                wire.WireBuildTest, _SUITE + "/tests/muted", start, **suite._asdict()
            )
            before = len(muted)
            muted |= {test.id for test in listed.values if test.id}
            start = listed.next if len(muted) > before else None
        return frozenset(muted)

    async def get_jobs(self, organization: str, build_id: str, commit: str) -> Mapping[str, Job]:
        """Returns the jobs of a build by ID, those that were tried again among them.

        A run names its build by UUID alone, which no operation takes: the builds of its commit
        are listed. The token needs the scope `read_builds`.

        Raises:
            NotFound: The build is not among those of the commit.
        """
        listed = await self._list(
            wire.WireBuild,
            "/organizations/{organization}/builds",
            Position(MAX_LIMIT),
            [("commit", commit), ("include_retried_jobs", "true")],
            organization=organization,
        )
        for build in listed.values:
            if build.id == build_id:
                return {
                    job.id: Job(job.state or "", job.retried_in_job_id or "")
                    for job in present(build.jobs)
                    if job.id
                }
        raise NotFound("The build of the run is not among those of its commit.")

    async def get_scopes(self) -> frozenset[str]:
        """Returns what the token may do: its scopes."""
        answer = await self._api.get(wire.WireAccessToken, "/access-token")
        return frozenset(present(answer.data.scopes))

    async def get_run_record(self, run: BuildkiteRun, *, max_bytes: int) -> dict[str, Any]:
        """Returns a run as the API has it, and with `failed_executions` all that failed in it.

        Raises:
            TooLarge: The pages together have more than `max_bytes`.
        """
        answer = await self._api.get(dict[str, Any], _RUN, **run._asdict())
        failed: list[dict[str, Any]] = []
        size = answer.bytes
        start: Position | None = Position(MAX_LIMIT)
        while start is not None and start.page <= MAX_PAGES:
            listed = await self._list(
                dict[str, Any],
                _RUN + "/failed_executions",
                start,
                [("include_failure_expanded", "true")],
                **run._asdict(),
            )
            failed += listed.values
            size += listed.upstream_bytes
            if size > max_bytes:
                raise TooLarge(
                    f"The run with its failed executions is larger than {max_bytes:,} bytes; "
                    "the download was stopped."
                )
            start = listed.next if listed.items else None
        return {**answer.data, "failed_executions": failed}

    async def _list(
        self,
        item_type: type[W],
        path: str,
        start: Position,
        filters: Sequence[tuple[str, str]] = (),
        **values: str,
    ) -> Listed[W]:
        """Reads the page that holds a position, and returns it from there on.

        A page may be shorter than what was asked for, or empty: whether another follows, and
        which, says the `Link` header alone.
        """
        for _ in range(_EMPTY_PAGES):
            listed = await self._page(item_type, path, start, filters, values)
            if listed.items or listed.next is None:
                break
            start = listed.next
        return listed

    async def _page(
        self,
        item_type: type[W],
        path: str,
        start: Position,
        filters: Sequence[tuple[str, str]],
        values: Mapping[str, str],
    ) -> Listed[W]:
        answer = await self._api.get(
            list[item_type],  # type: ignore[valid-type]  # a type made at run time
            path,
            [*filters, ("page", str(start.page)), ("per_page", str(start.per_page))],
            **values,
        )
        behind = None
        if answer.has_next:
            behind = Position(start.per_page, max(answer.next_page or 0, start.page + 1))
        places = [start._replace(skip=nth) for nth in range(1, len(answer.data) + 1)]
        if places and behind:
            places[-1] = behind
        items = tuple(zip(answer.data, places, strict=True))[start.skip :]
        return Listed(items, behind, answer.bytes, answer.unreadable)


def _mapped(listed: Listed[W], values: Sequence[T]) -> Listed[T]:
    """Returns a list with its items replaced, their positions kept."""
    places = [place for _, place in listed.items]
    return Listed(
        tuple(zip(values, places, strict=True)),
        listed.next,
        listed.upstream_bytes,
        listed.unreadable,
    )


def _is_elsewhere(sent: wire.WireBuildTest, suite: BuildkiteSuite) -> bool:
    """Says whether the address of a test is in another suite; no field tells the suite."""
    return bool(sent.url) and f"/suites/{suite.suite}/" not in f"{sent.url}/"


def _execution_counts(sent: wire.WireBuildTest) -> ExecutionCounts:
    results = sent.executions_count_by_result or {}
    return ExecutionCounts(
        count(results.get("passed")),
        count(results.get("failed")),
        count(results.get("unknown")),
        title(f"{sent.scope or ''} {sent.name or ''}"),
    )
