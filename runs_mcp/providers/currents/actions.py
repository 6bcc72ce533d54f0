"""What can be done to a Currents run that cannot simply be undone, as the guard needs it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from runs_mcp.confirmation.action import Preview
from runs_mcp.errors import InvalidArgument, NotFound
from runs_mcp.model import FullRun, ListedRun, Receipt, Run
from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import (
    PROVIDER,
    CurrentsProjectId,
    CurrentsRunId,
    currents_run_id,
)
from runs_mcp.providers.field_values import when
from runs_mcp.settings import ActionName
from runs_mcp.text import clip, one_line

_CANCELS: Final = (
    "It is stopped for good: tests under way finish, no further spec starts, and commit statuses, "
    "pull request comments, Slack messages and webhooks go out. This cannot be undone."
)
_SEARCH_CHARS: Final = 200  # what the API takes
_NAMED_IDS_CHARS: Final = 1200


@dataclass(frozen=True)
class _OnRun:
    """What is done to one run."""

    client: CurrentsClient
    run_id: CurrentsRunId
    provider: ClassVar[str] = PROVIDER

    @property
    def target(self) -> str:
        """The run ID."""
        return self.run_id

    @property
    def arguments(self) -> tuple[object, ...]:
        """What tells this call from another of the tool."""
        return (self.run_id,)


@dataclass(frozen=True)
class CancelRun(_OnRun):
    """Cancels a run in progress."""

    name: ClassVar[ActionName] = "cancel"
    tool: ClassVar[str] = "currents_cancel_run"

    async def inspect(self) -> Preview:
        """Reads the run; its completion decides."""
        full = await self.client.get_run(self.run_id)
        over = f"The run is over already: {_ended(full)}." if full.run.is_over else ""
        return Preview(
            run=full.run,
            decides=(full.run.completion, full.canceled_at),
            preview=_described(full),
            effect=_CANCELS,
            done_already=over,
        )

    async def execute(self) -> Receipt:
        """Cancels it."""
        return await self.client.cancel_run(self.run_id)

    async def verify(self, before: Preview) -> bool:
        """Reads whether it is canceled."""
        del before
        return (await self.client.get_run(self.run_id)).run.completion == "canceled"


@dataclass(frozen=True)
class CancelRunByGithubCi:
    """Cancels the run that an attempt of a GitHub workflow run started."""

    client: CurrentsClient
    github_run_id: str
    github_run_attempt: int
    project_id: CurrentsProjectId | None
    ci_build_id: str
    name: ClassVar[ActionName] = "cancel"
    provider: ClassVar[str] = PROVIDER
    tool: ClassVar[str] = "currents_cancel_run_by_github_ci"

    @property
    def target(self) -> str:
        """The workflow run ID."""
        return self.github_run_id

    @property
    def arguments(self) -> tuple[object, ...]:
        """What tells this call from another of the tool."""
        return (
            self.github_run_id,
            self.github_run_attempt,
            self.project_id or "",
            self.ci_build_id,
        )

    async def inspect(self) -> Preview:
        """Looks up which runs it means, as far as that can be told; their completion decides."""
        which = f"attempt {self.github_run_attempt} of GitHub workflow run {self.github_run_id}"
        going, ended = await self._runs(self.project_id) if self.project_id else ([], False)
        if not self.project_id:
            preview = f"Cancels what {which} started. Without project_id it cannot be looked up "
            preview += "which run that is: the API alone decides."
        elif not going:
            preview = f"No run in progress of {which} was found in the project: the API alone "
            preview += "decides what is canceled."
        else:
            preview = f"{len(going)} in progress for {which}: {_listed(going)}"
        runs = tuple(run.as_run() for run in going)
        return Preview(
            run=runs[0] if runs else None,
            decides=tuple(sorted(run.id for run in runs)),
            preview=preview,
            effect=_CANCELS,
            done_already=f"No run of {which} is in progress any more." if ended else "",
            others=runs[1:],
        )

    async def execute(self) -> Receipt:
        """Cancels what the API finds."""
        return await self.client.cancel_run_by_github_ci(
            self.github_run_id,
            self.github_run_attempt,
            project=self.project_id,
            ci_build_id=self.ci_build_id,
        )

    async def verify(self, before: Preview) -> bool:
        """Reads whether a run that was shown is canceled now, and none is in progress."""
        after = [
            (await self.client.get_run(currents_run_id(run))).run.completion
            for run in before.decides
        ]
        return "canceled" in after and "in_progress" not in after

    async def _runs(self, project: CurrentsProjectId) -> tuple[list[ListedRun], bool]:
        """Returns the runs in progress; and whether there were some, and all of them are over."""
        search = (self.ci_build_id or self.github_run_id)[:_SEARCH_CHARS]
        filters = RunFilters(search=search, completion=("in_progress",))
        going: list[ListedRun] = []
        after, has_more = "", True
        while has_more:
            page = await self.client.list_runs(project, filters, limit=MAX_LIMIT, after=after)
            going += [run for run, _ in page.items if self._is_meant(run)]
            after = page.items[-1][1] if page.items else ""
            has_more = page.has_more and bool(after)
        # A run may have ended since, and a filter may let others through.
        going = [run for run in going if not run.is_over]
        if going:
            return going, False
        recent = await self.client.list_runs(project, RunFilters(search=search), limit=MAX_LIMIT)
        meant = [run for run, _ in recent.items if self._is_meant(run)]
        return [], bool(meant) and all(run.is_over for run in meant)

    def _is_meant(self, run: Run) -> bool:
        """Whether the run's CI build is this attempt's; the search finds any text.

        Currents names a GitHub build `<repository>-<workflow run>-<attempt>`. A build of a name
        of its own says nothing of the attempt: it is shown.
        """
        if self.ci_build_id:
            return run.ci_build_id == self.ci_build_id
        named = re.search(
            rf"(?<![0-9]){self.github_run_id}(?![0-9])(?:-([0-9]+)$)?", run.ci_build_id
        )
        return named is not None and named[1] in (None, str(self.github_run_attempt))


@dataclass(frozen=True)
class ResetRun(_OnRun):
    """Lets the specs of a run that failed on some machines run again."""

    machine_ids: tuple[str, ...]
    batched: bool
    name: ClassVar[ActionName] = "reset"
    tool: ClassVar[str] = "currents_reset_run"

    @property
    def arguments(self) -> tuple[object, ...]:
        """What tells this call from another of the tool."""
        return (self.run_id, self.machine_ids, self.batched)

    async def inspect(self) -> Preview:
        """Reads the run; its completion and the failed specs on the machines decide."""
        full = await self.client.get_run(self.run_id)
        machines = sorted({spec.machine_id for spec in full.specs if spec.machine_id})
        if unknown := [machine for machine in self.machine_ids if machine not in machines]:
            raise InvalidArgument(
                f"The run has no machine {clip(one_line(', '.join(unknown)), 300)}.",
                next_step=f"It has {clip(', '.join(machines), 600) or 'none yet'}.",
            )
        failed = self._failed(full)
        names = clip(", ".join(sorted(spec for spec, _ in failed)), 600)
        chosen = f"{len(self.machine_ids)} of its {len(machines)} machines"
        return Preview(
            run=full.run,
            decides=(full.run.completion, *sorted(f"{spec} {end}" for spec, end in failed)),
            preview=f"{_described(full)} {len(failed)} failed specs on {chosen} "
            f"({clip(', '.join(self.machine_ids), 200)}): {names}.",
            effect="They run again on those machines, and their earlier results are replaced. "
            "This cannot be undone.",
            done_already="" if failed else "No spec failed on these machines.",
        )

    async def execute(self) -> Receipt:
        """Resets them."""
        return await self.client.reset_run(self.run_id, self.machine_ids, batched=self.batched)

    async def verify(self, before: Preview) -> bool:
        """Reads whether none of those failed executions is left."""
        left = self._failed(await self.client.get_run(self.run_id))
        return not {f"{spec} {end}" for spec, end in left} & set(before.decides[1:])

    def _failed(self, full: FullRun) -> list[tuple[str, str]]:
        """Returns path and completion of each failed execution on the machines."""
        return [
            (spec.spec, end)
            for spec, end in zip(full.specs, full.completed_at, strict=True)
            if spec.status == "failed" and spec.machine_id in self.machine_ids
        ]


@dataclass(frozen=True)
class DeleteRun(_OnRun):
    """Deletes a run and all that belongs to it."""

    name: ClassVar[ActionName] = "delete"
    tool: ClassVar[str] = "currents_delete_run"

    async def inspect(self) -> Preview:
        """Reads the run; its completion and the number of specs completed decide."""
        try:
            full = await self.client.get_run(self.run_id)
        except NotFound:
            return Preview(
                run=None,
                decides=(),
                preview="",
                effect="",
                done_already="No such run is visible to this key: it was deleted, or never there.",
            )
        specs, tests = full.totals.specs, full.totals.tests
        return Preview(
            run=full.run,
            decides=(full.run.completion, str(specs.complete)),
            preview=_described(full),
            effect=f"Deletes the run with its {specs.overall} specs, the records of its "
            f"{tests.overall} tests, and all recordings (screenshots, videos, traces), for good. "
            "This cannot be undone.",
        )

    async def execute(self) -> Receipt:
        """Deletes it."""
        return await self.client.delete_run(self.run_id)

    async def verify(self, before: Preview) -> bool:
        """Reads whether it is gone."""
        del before
        return bool((await self.inspect()).done_already)


def _described(full: FullRun) -> str:
    """Returns a run, its state, counts and age in plain words."""
    tests, specs = full.totals.tests, full.totals.specs
    return (
        f"{_named(full.run)}; {specs.complete} of {specs.overall} specs complete, "
        f"{tests.failed} tests failed, {tests.flaky} flaky."
    )


def _named(run: Run) -> str:
    state = ", ".join(part for part in (run.status, run.completion.replace("_", " ")) if part)
    began = when(run.created_at)
    age = f", created {_age(began)} ago ({run.created_at})" if began else ""
    message = f" {_quoted(run.commit_message)}" if run.commit_message else ""
    return (
        f"Run {run.id} of project {run.project_id}: {state}{age}; "
        f"branch {_quoted(run.branch)}, commit {run.commit[:12]}{message}"
    )


def _listed(runs: Sequence[ListedRun]) -> str:
    """Returns some runs in plain words: a few with their state, many by their IDs."""
    described = "; ".join(
        f"{_named(run)}; {run.failed} tests failed, {run.flaky} flaky" for run in runs[:3]
    )
    if len(runs) <= 3:
        return f"{described}."
    room = _NAMED_IDS_CHARS
    named: list[str] = []
    for run in runs[3:]:
        if (room := room - len(run.id) - 2) < 0:
            break
        named.append(run.id)
    left = len(runs) - 3 - len(named)
    return f"{described}; and {', '.join(named)}{f', and {left} more' if left else ''}."


def _quoted(text: str) -> str:
    """Returns a stranger's text in quotes that it cannot close."""
    return '"' + clip(text, 80).replace('"', "'") + '"'


def _age(began: datetime) -> str:
    minutes = max(0, int((datetime.now(UTC) - began).total_seconds() // 60))
    for size, unit in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"


def _ended(full: FullRun) -> str:
    at = f" at {full.canceled_at}" if full.canceled_at else ""
    return f"{full.run.completion}{at}, {full.run.status or 'no status'}"
