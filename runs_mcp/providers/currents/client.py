"""What the Currents API can be asked, and told."""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from msgspec.structs import replace

from runs_mcp import errors
from runs_mcp.api.client import Answer, ApiClient
from runs_mcp.model import FullInstance, FullRun, LastRun, ListedRun, Project, Receipt
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.mapping import runs as run_mapping
from runs_mcp.providers.currents.queries import FindQuery, RunFilters
from runs_mcp.providers.currents.references import (
    currents_instance_id,
    currents_project_id,
    currents_run_id,
)
from runs_mcp.providers.currents.wire import runs as wire
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.providers.field_values import present
from runs_mcp.text import clip, one_line, without_url_secrets

T = TypeVar("T")

MAX_LIMIT: Final = 50  # what the API's documentation allows a page
_SEARCHED_PAGES: Final = 10
_OK_STATUS: Final = 200
_TOO_LARGE_STATUS: Final = 413
_ERROR_CHARS: Final = 300


@dataclass(frozen=True)
class CurrentsPage(Generic[T]):
    """A page of a list: each item with the cursor that goes on behind it."""

    items: tuple[tuple[T, str], ...]
    has_more: bool
    unreadable: tuple[str, ...] = ()
    """For each item that could not be read, where it stood and why."""


class CurrentsClient:
    """The Currents API with one caller's key.

    IDs are checked before anything is sent. Every method raises a `RunsError` where the API
    cannot be read, and `InvalidArgument` for what is no ID.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def list_projects(self, *, limit: int, after: str = "") -> CurrentsPage[Project]:
        """Returns the projects that the key can see, from behind the cursor `after`."""
        answer = await self._api.get(
            wire.Envelope[list[wire.WireProject | None]], "/projects", _page(limit, after)
        )
        return CurrentsPage(
            tuple(
                (run_mapping.project(sent), sent.cursor or "")
                for sent in present(_data(answer.data))
            ),
            has_more=bool(answer.data.has_more),
            unreadable=answer.unreadable,
        )

    async def get_project(self, project: str) -> Project:
        """Returns a project, with its default branch where the API knows it."""
        answer = await self._api.get(
            wire.Envelope[wire.WireProject],
            "/projects/{project_id}",
            project_id=currents_project_id(project),
        )
        return run_mapping.project(_data(answer.data))

    async def list_runs(
        self, project: str, filters: RunFilters, *, limit: int, after: str = ""
    ) -> CurrentsPage[ListedRun]:
        """Returns the runs of a project, newest first, from behind the cursor `after`."""
        listed = await self._runs(project, filters, limit, after)
        return CurrentsPage(
            tuple((run_mapping.listed_run(sent), after) for sent, after in listed.items),
            listed.has_more,
            listed.unreadable,
        )

    async def get_run(self, reference: str) -> FullRun:
        """Returns a run with all its specs; `reference` is its ID or dashboard URL."""
        answer = await self._api.get(
            wire.Envelope[wire.WireRun], "/runs/{run_id}", run_id=currents_run_id(reference)
        )
        return _full_run(answer)

    async def find_run(self, project: str, query: FindQuery) -> FullRun:
        """Returns the most recent completed run that matches.

        The API refuses to answer with more than 1 MB here, in a way that is not documented: on
        413, and on a 5xx that outlives the retries, the run is looked up in the list and read
        by its ID. The tests that failed last cannot be had that way, which `last_run` then says.
        """
        params = [("projectId", currents_project_id(project)), *query.params()]
        try:
            answer = await self._api.get(wire.Envelope[wire.WireRun], "/runs/find", params)
        except (errors.TooLarge, errors.UpstreamError) as error:
            if error.status != _TOO_LARGE_STATUS and not error.retryable:
                raise
        else:
            return _full_run(answer)
        full = await self.get_run(await self._look_up(project, query))
        return replace(full, last_run=LastRun(status="unavailable")) if query.pw_last_run else full

    async def get_instance(self, reference: str) -> FullInstance:
        """Returns a spec file's execution; `reference` is its ID or dashboard URL."""
        answer = await self._api.get(
            wire.Envelope[WireInstance],
            "/instances/{instance_id}",
            instance_id=currents_instance_id(reference),
        )
        return instance_mapping.full_instance(_data(answer.data), answer.bytes, answer.unreadable)

    async def run_of_instance(self, reference: str) -> str:
        """Returns the ID of the run that an instance is of.

        Raises:
            MalformedResponse: The instance names no run.
        """
        run_id = (await self.get_instance(reference)).instance.run_id
        if not run_id:
            raise errors.MalformedResponse("The Currents API answered with an instance of no run.")
        return run_id

    async def cancel_run(self, reference: str) -> Receipt:
        """Cancels a run in progress. Sent once.

        Raises:
            AnswerLost: It may have been canceled, or not.
        """
        envelope = await self._api.write(
            "PUT",
            wire.Envelope[wire.WireReceipt],
            "/runs/{run_id}/cancel",
            run_id=currents_run_id(reference),
        )
        return _receipt(envelope)

    async def cancel_run_by_github_ci(
        self, github_run_id: str, github_run_attempt: int, *, project: str, ci_build_id: str
    ) -> Receipt:
        """Cancels the run that an attempt of a GitHub workflow run started. Sent once.

        Raises:
            AnswerLost: It may have been canceled, or not.
        """
        body = wire.GithubBody(
            github_run_id=github_run_id,
            github_run_attempt=github_run_attempt,
            project_id=currents_project_id(project) if project else "",
            ci_build_id=ci_build_id,
        )
        envelope = await self._api.write(
            "PUT", wire.Envelope[wire.WireReceipt], "/runs/cancel-ci/github", body
        )
        return _receipt(envelope)

    async def reset_run(
        self, reference: str, machine_ids: tuple[str, ...], *, batched: bool
    ) -> Receipt:
        """Lets the specs that failed on these machines run again. Sent once.

        Raises:
            AnswerLost: They may have been reset, or not.
        """
        envelope = await self._api.write(
            "PUT",
            wire.Envelope[wire.WireReceipt],
            "/runs/{run_id}/reset",
            wire.ResetBody(machine_id=machine_ids, is_batched_or_8n=batched),
            run_id=currents_run_id(reference),
        )
        return _receipt(envelope)

    async def delete_run(self, reference: str) -> Receipt:
        """Deletes a run and all that belongs to it, for good. Sent once.

        Raises:
            AnswerLost: It may have been deleted, or not.
        """
        envelope = await self._api.write(
            "DELETE",
            wire.Envelope[wire.WireReceipt],
            "/runs/{run_id}",
            run_id=currents_run_id(reference),
        )
        return _receipt(envelope)

    async def get_run_record(self, reference: str) -> dict[str, Any]:
        """Returns a run as the API has it, with all that we do not read."""
        answer = await self._api.get(
            wire.Envelope[dict[str, Any]], "/runs/{run_id}", run_id=currents_run_id(reference)
        )
        return _data(answer.data)

    async def get_instance_record(self, reference: str) -> dict[str, Any]:
        """Returns a spec file's execution as the API has it, with all that we do not read."""
        answer = await self._api.get(
            wire.Envelope[dict[str, Any]],
            "/instances/{instance_id}",
            instance_id=currents_instance_id(reference),
        )
        return _data(answer.data)

    async def _look_up(self, project: str, query: FindQuery) -> str:
        """Returns the ID of the most recent completed run that matches, from the list."""
        filters = query.filters()
        # A branch is narrowed by the API, and its first run is the one; the rest is searched.
        limit = 1 if filters.branches else MAX_LIMIT
        after = ""
        for _ in range(_SEARCHED_PAGES):
            listed = await self._runs(project, filters, limit, after)
            for run, _ in listed.items:
                if query.matches(run) and run.run_id:
                    return run.run_id
            after = listed.items[-1][1] if listed.items else ""
            if not listed.has_more or not after:
                break
        raise errors.NotFound(
            "No completed run that matches was found among the latest of the project.",
            next_step="List the runs with currents_list_runs to see what there is.",
        )

    async def _runs(
        self, project: str, filters: RunFilters, limit: int, after: str
    ) -> CurrentsPage[wire.WireRun]:
        answer = await self._api.get(
            wire.Envelope[list[wire.WireRun | None]],
            "/projects/{project_id}/runs",
            _page(limit, after) + filters.params(),
            project_id=currents_project_id(project),
        )
        return CurrentsPage(
            tuple((sent, sent.cursor or "") for sent in present(_data(answer.data))),
            bool(answer.data.has_more),
            answer.unreadable,
        )


def _page(limit: int, after: str) -> list[tuple[str, str]]:
    return [("limit", str(limit)), *([("starting_after", after)] if after else [])]


def _full_run(answer: Answer[wire.Envelope[wire.WireRun]]) -> FullRun:
    sent = _data(answer.data)
    if not sent.run_id:
        raise errors.MalformedResponse("The Currents API answered with a run that has no ID.")
    return run_mapping.full_run(sent, answer.bytes, answer.unreadable)


def _receipt(envelope: wire.Envelope[wire.WireReceipt]) -> Receipt:
    """Returns what the API said of a write.

    Raises:
        AnswerLost: The answer does not say that it was done, so that this is to be read.
    """
    failure = _failure(envelope)
    receipt = envelope.data or wire.WireReceipt()
    if not failure and (envelope.error or (envelope.data is None and not envelope.status)):
        failure = "The Currents API answered 200, but not that it was done."
    if not failure and receipt.cancelled is False:
        failure = "The Currents API answered 200, and that nothing was cancelled."
    if failure:
        raise errors.AnswerLost(failure, status=_OK_STATUS)
    return run_mapping.receipt(receipt)


def _failure(envelope: wire.Envelope[T]) -> str:
    """Returns what a 200 tells of that is a failure according to its body, or nothing."""
    if (envelope.status or "").upper() != "FAILED":
        return ""
    said = clip(without_url_secrets(one_line(envelope.error or "")), _ERROR_CHARS)
    quoted = f': "{said}"' if said else ""
    return f"The Currents API answered 200 with FAILED{quoted}."


def _data(envelope: wire.Envelope[T]) -> T:
    if failure := _failure(envelope):
        raise errors.UpstreamError(
            failure,
            status=_OK_STATUS,
            next_step="Check the arguments; if they are right, tell the operator.",
        )
    if envelope.data is None:
        raise errors.MalformedResponse("The Currents API answered without data.")
    return envelope.data
