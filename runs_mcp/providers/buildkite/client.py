"""What the Buildkite Test Engine API can be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import MalformedResponse, TooLarge
from runs_mcp.model import Failure, ListedRun, Run, Suite
from runs_mcp.providers.buildkite import mapping, wire
from runs_mcp.providers.buildkite.references import BuildkiteRun, BuildkiteSuite

T = TypeVar("T")
W = TypeVar("W")

MAX_LIMIT: Final = 100  # the most that the API gives a page


@dataclass(frozen=True)
class Listed(Generic[T]):
    """Items of a list from some position on, and whether more come behind them."""

    items: tuple[T, ...]
    has_more: bool
    upstream_bytes: int


class BuildkiteClient:
    """The Buildkite Test Engine API with one caller's token.

    Every method raises a `RunsError` where the API cannot be read.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def list_suites(self, organization: str, *, limit: int, start: int) -> Listed[Suite]:
        """Returns the suites of an organization, from position `start` on."""
        listed = await self._list(
            wire.WireSuite, "/{organization}/suites", limit, start, organization=organization
        )
        return Listed(
            tuple(mapping.suite(sent, organization) for sent in listed.items),
            listed.has_more,
            listed.upstream_bytes,
        )

    async def list_runs(
        self, suite: BuildkiteSuite, *, build_id: str, limit: int, start: int
    ) -> Listed[ListedRun]:
        """Returns the runs of a suite, newest first, from position `start` on."""
        listed = await self._list(
            wire.WireRun,
            "/{organization}/suites/{suite}/runs",
            limit,
            start,
            [("build_id", build_id)] if build_id else [],
            organization=suite.organization,
            suite=suite.suite,
        )
        return Listed(
            tuple(mapping.listed_run(sent, suite) for sent in listed.items),
            listed.has_more,
            listed.upstream_bytes,
        )

    async def get_run(self, run: BuildkiteRun) -> Run:
        """Returns a run."""
        answer = await self._api.get(
            wire.WireRun,
            "/{organization}/suites/{suite}/runs/{run_id}",
            organization=run.organization,
            suite=run.suite,
            run_id=run.run_id,
        )
        if not answer.data.id:
            raise MalformedResponse("The Buildkite API answered with a run that has no ID.")
        return mapping.run(answer.data, BuildkiteSuite(run.organization, run.suite))

    async def get_failed_executions(
        self, run: BuildkiteRun, *, expanded: bool, start: int
    ) -> Listed[Failure]:
        """Returns the failed executions of a run, from position `start` on, at most 100."""
        listed = await self._list(
            wire.WireFailedExecution,
            "/{organization}/suites/{suite}/runs/{run_id}/failed_executions",
            MAX_LIMIT,
            start,
            [("include_failure_expanded", "true")] if expanded else [],
            organization=run.organization,
            suite=run.suite,
            run_id=run.run_id,
        )
        return Listed(
            tuple(mapping.failure(sent) for sent in listed.items),
            listed.has_more,
            listed.upstream_bytes,
        )

    async def get_run_record(self, run: BuildkiteRun, *, max_bytes: int) -> dict[str, Any]:
        """Returns a run as the API has it, and with `failed_executions` all that failed in it.

        Raises:
            TooLarge: The pages together have more than `max_bytes`.
        """
        where = run._asdict()
        path = "/{organization}/suites/{suite}/runs/{run_id}"
        answer = await self._api.get(dict[str, Any], path, **where)
        failed: list[dict[str, Any]] = []
        size, has_more, page = answer.bytes, True, 0
        while has_more:
            listed = await self._list(
                dict[str, Any],
                f"{path}/failed_executions",
                MAX_LIMIT,
                page * MAX_LIMIT,
                [("include_failure_expanded", "true")],
                **where,
            )
            failed += listed.items
            size += listed.upstream_bytes
            if size > max_bytes:
                raise TooLarge(
                    f"The run with its failed executions is larger than {max_bytes:,} bytes; "
                    "the download was stopped."
                )
            has_more = listed.has_more and bool(listed.items)
            page += 1
        return {**answer.data, "failed_executions": failed}

    async def _list(
        self,
        item_type: type[W],
        path: str,
        limit: int,
        start: int,
        filters: Sequence[tuple[str, str]] = (),
        **values: str,
    ) -> Listed[W]:
        """Reads the page that holds position `start`, and returns it from there on."""
        page, skip = divmod(start, limit)
        answer = await self._api.get(
            list[item_type],  # type: ignore[valid-type]  # a type made at run time
            path,
            [*filters, ("page", str(page + 1)), ("per_page", str(limit))],
            **values,
        )
        return Listed(tuple(answer.data[skip:]), answer.has_next, answer.bytes)
