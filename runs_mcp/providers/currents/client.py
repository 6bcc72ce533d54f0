"""The client of the Currents API: projects, runs, instances and writes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from msgspec.structs import replace

from runs_mcp import errors
from runs_mcp.api.client import Answer, ApiClient
from runs_mcp.model import FullInstance, FullRun, LastRun, ListedRun, Project, Receipt
from runs_mcp.providers.currents import kept_records
from runs_mcp.providers.currents.envelopes import data_of, receipt_of
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.mapping import runs as run_mapping
from runs_mcp.providers.currents.queries import FindQuery, RunFilters
from runs_mcp.providers.currents.references import (
    CurrentsInstanceId,
    CurrentsProjectId,
    CurrentsRunId,
    currents_run_id,
)
from runs_mcp.providers.currents.settings import CurrentsSettings
from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.providers.field_values import present

T = TypeVar("T")
W = TypeVar("W", wire.WireProject, wire.WireRun)

MAX_LIMIT: Final = 50  # what the API's documentation allows a page
_SEARCHED_PAGES: Final = 10
_TOO_LARGE_STATUS: Final = 413
_CURSOR_CHARS: Final = 480  # Of a cursor of ours, 4,000 are taken back: 8 for each, escaped.
_RUN: Final = "Currents run"
_INSTANCE: Final = "Currents instance"
_WRITTEN: Final = wire.Envelope[wire.WireReceipt]
_RECORD: Final = wire.Envelope[dict[str, Any]]


@dataclass(frozen=True)
class CurrentsPage(Generic[T]):
    """A page of a list: each item with the cursor of what comes after it."""

    items: tuple[tuple[T, str], ...]
    has_more: bool
    unreadable: tuple[str, ...] = ()
    """For each item that could not be read, where it was and why."""


class CurrentsClient:
    """The Currents API with one caller's key.

    It takes IDs that were checked. Every method raises a `RunsError` where the API cannot be read.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._records = api.records

    async def list_projects(self, *, limit: int, after: str = "") -> CurrentsPage[Project]:
        """Returns the projects that the key can see, starting after the cursor `after`."""
        try:
            async with self._api.answer(
                wire.Envelope[list[wire.WireProject | None]],
                "/projects",
                _page_params(limit, after),
            ) as answer:
                return await self._page(answer, run_mapping.project)
        except errors.NotFound as error:  # no ID can be wrong
            error.next_step = (
                f"{CurrentsSettings.url_setting} must be where the Currents API is, and most often "
                "ends in /v1: the operator sets it."
            )
            raise

    async def get_project(self, project: CurrentsProjectId) -> Project:
        """Returns a project, with its default branch where the API knows it."""
        answer = await self._api.get(
            wire.Envelope[wire.WireProject], "/projects/{project_id}", project_id=project
        )
        return run_mapping.project(data_of(answer.data))

    async def list_runs(
        self, project: CurrentsProjectId, filters: RunFilters, *, limit: int, after: str = ""
    ) -> CurrentsPage[ListedRun]:
        """Returns the runs of a project, newest first, starting after the cursor `after`."""
        async with self._runs(project, filters, limit, after) as answer:
            return await self._page(answer, run_mapping.listed_run)

    async def list_runs_with_groups(
        self, project: CurrentsProjectId, filters: RunFilters, *, limit: int, after: str = ""
    ) -> CurrentsPage[tuple[ListedRun, frozenset[str]]]:
        """Does what `list_runs` does, and returns with each run the names of its groups."""
        async with self._runs(project, filters, limit, after) as answer:
            return await self._page(
                answer, lambda sent: (run_mapping.listed_run(sent), run_mapping.run_groups(sent))
            )

    async def get_run(self, run: CurrentsRunId, *, anew: bool = False) -> FullRun:
        """Returns a run with all its specs; one that is over may be known, unless read anew."""
        if anew:
            self._records.drop(run)
        elif kept := self._records.get(_RUN, run, FullRun):
            return kept
        shape = wire.Envelope[wire.WireRun]
        async with self._api.answer(shape, "/runs/{run_id}", run_id=run) as answer:
            full = await self._full_run(answer)
        if kept_records.is_settled(full.run):
            self._records.put(_RUN, run, full, kept_records.bytes_of_run(full), run)
        return full

    async def find_run(self, project: CurrentsProjectId, query: FindQuery) -> FullRun:
        """Returns the most recent completed run that matches.

        The API refuses to answer with more than 1 MB here, in a way that is not documented: on
        413, and on a 5xx that outlives the retries, the run is looked up in the list and read
        by its ID. That does not give the tests that failed last, which `last_run` then says.
        """
        params = [("projectId", project), *query.params()]
        shape = wire.Envelope[wire.WireRun]
        try:
            async with self._api.answer(shape, "/runs/find", params) as answer:
                return await self._full_run(answer)
        except (errors.TooLarge, errors.UpstreamError) as error:
            if error.status != _TOO_LARGE_STATUS and not error.retryable:
                raise
        full = await self.get_run(await self._look_up(project, query))
        return replace(full, last_run=LastRun(status="unavailable")) if query.pw_last_run else full

    async def get_instance(
        self, instance: CurrentsInstanceId, *, anew: bool = False
    ) -> FullInstance:
        """Returns an execution of a spec with its tests; if its run is known, it may be as well."""
        if not anew and (kept := self._records.get(_INSTANCE, instance, FullInstance)):
            return kept
        async with self._api.answer(
            wire.Envelope[WireInstance], "/instances/{instance_id}", instance_id=instance
        ) as answer:
            sent = data_of(answer.data)

            def read() -> tuple[FullInstance, int]:
                full = instance_mapping.full_instance(sent, answer.bytes, answer.unreadable)
                return full, kept_records.bytes_of_instance(full)

            full, size = await self._api.work_on(read, answer.bytes)
        run = full.instance.run_id
        if self._records.has(_RUN, run):
            self._records.put(_INSTANCE, instance, full, size, run)
        return full

    async def _full_run(self, answer: Answer[wire.Envelope[wire.WireRun]]) -> FullRun:
        return await self._api.work_on(lambda: _full_run(answer), answer.bytes)

    async def run_of_instance(self, instance: CurrentsInstanceId) -> CurrentsRunId:
        """Returns the ID of the run that an instance belongs to.

        Raises:
            MalformedResponse: The instance names no run.
        """
        run_id = (await self.get_instance(instance)).instance.run_id
        if not run_id:
            raise errors.MalformedResponse(
                "The Currents API answered with an instance that names no run."
            )
        return currents_run_id(run_id)

    async def cancel_run(self, run: CurrentsRunId) -> Receipt:
        """Cancels a run in progress. Sent once.

        Raises:
            AnswerLost: It may have been canceled, or not.
        """
        path = "/runs/{run_id}/cancel"
        with self._changing(run):
            return receipt_of(await self._api.write("PUT", _WRITTEN, path, run_id=run), run)

    async def cancel_run_by_github_ci(
        self,
        github_run_id: str,
        github_run_attempt: int,
        *,
        project: CurrentsProjectId | None,
        ci_build_id: str,
    ) -> Receipt:
        """Cancels the run that an attempt of a GitHub workflow run started. Sent once.

        Raises:
            AnswerLost: It may have been canceled, or not.
        """
        body = wire.GithubBody(
            github_run_id=github_run_id,
            github_run_attempt=github_run_attempt,
            project_id=project or "",
            ci_build_id=ci_build_id,
        )
        with self._changing(None):
            written = await self._api.write("PUT", _WRITTEN, "/runs/cancel-ci/github", body)
            return receipt_of(written)

    async def reset_run(
        self, run: CurrentsRunId, machine_ids: tuple[str, ...], *, batched: bool
    ) -> Receipt:
        """Makes the specs that failed on these machines run again. Sent once.

        Raises:
            AnswerLost: They may have been reset, or not.
        """
        body = wire.ResetBody(machine_id=machine_ids, is_batched_or_8n=batched)
        path = "/runs/{run_id}/reset"
        with self._changing(run):
            return receipt_of(await self._api.write("PUT", _WRITTEN, path, body, run_id=run), run)

    async def delete_run(self, run: CurrentsRunId) -> Receipt:
        """Deletes a run and all that belongs to it, for good. Sent once.

        Raises:
            AnswerLost: It may have been deleted, or not.
        """
        path = "/runs/{run_id}"
        with self._changing(run):
            return receipt_of(await self._api.write("DELETE", _WRITTEN, path, run_id=run), run)

    @contextmanager
    def _changing(self, run: CurrentsRunId | None) -> Iterator[None]:
        """Forgets what was read of a run that is changed, or of all: it holds no more."""
        self._records.drop(run)
        try:
            yield
        finally:
            self._records.drop(run)  # It may have been read meanwhile.

    async def get_run_record(self, run: CurrentsRunId) -> dict[str, Any]:
        """Returns a run as the API has it, complete."""
        answer = await self._api.get(_RECORD, "/runs/{run_id}", run_id=run)
        return data_of(answer.data)

    async def get_instance_record(self, instance: CurrentsInstanceId) -> dict[str, Any]:
        """Returns a spec file's execution as the API has it, complete."""
        answer = await self._api.get(_RECORD, "/instances/{instance_id}", instance_id=instance)
        return data_of(answer.data)

    async def _look_up(self, project: CurrentsProjectId, query: FindQuery) -> CurrentsRunId:
        """Returns the ID of the most recent completed run that matches, from the list."""
        filters = query.filters()
        # The API filters by branch, so the first run is the one; otherwise search the pages.
        limit = 1 if filters.branches else MAX_LIMIT
        after = ""
        for _ in range(_SEARCHED_PAGES):
            async with self._runs(project, filters, limit, after) as answer:
                runs = present(data_of(answer.data))
                for run in runs:
                    if query.matches(run) and run.run_id:
                        return currents_run_id(run.run_id)
                after = _cursor(runs[-1]) if runs else ""
                if not answer.data.has_more or not after:
                    break
        raise errors.NotFound(
            "No completed run that matches was found among the latest of the project.",
            next_step="List the runs with currents_list_runs to see what there is.",
        )

    def _runs(
        self, project: CurrentsProjectId, filters: RunFilters, limit: int, after: str
    ) -> AbstractAsyncContextManager[Answer[wire.Envelope[list[wire.WireRun | None]]]]:
        return self._api.answer(
            wire.Envelope[list[wire.WireRun | None]],
            "/projects/{project_id}/runs",
            _page_params(limit, after) + filters.params(),
            project_id=project,
        )

    async def _page(
        self, answer: Answer[wire.Envelope[list[W | None]]], make: Callable[[W], T]
    ) -> CurrentsPage[T]:
        sent = present(data_of(answer.data))
        items = await self._api.work_on(
            lambda: tuple((make(item), _cursor(item)) for item in sent), answer.bytes
        )
        return CurrentsPage(items, bool(answer.data.has_more), answer.unreadable)


def _page_params(limit: int, after: str) -> list[tuple[str, str]]:
    return [("limit", str(limit)), *([("starting_after", after)] if after else [])]


def _cursor(sent: wire.WireProject | wire.WireRun) -> str:
    """Returns the API's cursor to what follows, or "" where ours could not hold it."""
    cursor = sent.cursor or ""
    return cursor if len(cursor) <= _CURSOR_CHARS else ""


def _full_run(answer: Answer[wire.Envelope[wire.WireRun]]) -> FullRun:
    sent = data_of(answer.data)
    if not sent.run_id:
        raise errors.MalformedResponse("The Currents API answered with a run that has no ID.")
    return run_mapping.full_run(sent, answer.bytes, answer.unreadable)
