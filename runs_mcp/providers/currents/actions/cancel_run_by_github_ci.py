"""Cancelling what a GitHub Actions workflow run started."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from runs_mcp.confirmation.action import Fact, Preview, Summary
from runs_mcp.errors import NotFound
from runs_mcp.model import FullRun, ListedRun, Receipt, Run
from runs_mcp.providers.currents.actions.run_action import RunAction
from runs_mcp.providers.currents.actions.wording import (
    CANCEL_EFFECT,
    age_of,
    describe_runs,
    facts_of,
    is_plain_id,
    state_of,
    which_run,
)
from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import PROVIDER, CurrentsProjectId, currents_run_id
from runs_mcp.settings import ActionName

_SEARCH_CHARS: Final = 200  # what the API takes
_READ_RUNS: Final = 3


class _FoundRuns(NamedTuple):
    """The runs of a CI build that were found.

    Args:
        in_progress: Those that are in progress.
        all_over: Whether there are some, and all of them are over.
    """

    in_progress: list[ListedRun]
    all_over: bool


@dataclass(frozen=True)
class CancelRunByGithubCi:
    """Cancels the runs that an attempt of a GitHub workflow run started.

    Args:
        client: Reads and changes runs.
        github_run_id: The workflow run.
        github_run_attempt: Its attempt.
        project_id: Where to look up the runs; None if they cannot be looked up.
        ci_build_id: The exact CI build; empty for any of the attempt.
    """

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
        """The tool's arguments."""
        return (
            self.github_run_id,
            self.github_run_attempt,
            self.project_id or "",
            self.ci_build_id,
        )

    async def inspect(self) -> Preview:
        """Looks up the runs in progress where it can; which these are decides."""
        which = f"attempt {self.github_run_attempt} of GitHub workflow run {self.github_run_id}"
        found = await self._find_runs(self.project_id) if self.project_id else _FoundRuns([], False)
        read, rest = await self._read_first(found.in_progress)
        runs = (*(full.run for full in read), *rest)
        return Preview(
            run=runs[0] if runs else None,
            deciding_facts=tuple(sorted(run.id for run in runs)),
            description=self._describe(which, read, rest),
            effect=CANCEL_EFFECT,
            summary=self._summary(runs, read),
            facts=(
                Fact("Of", (which,)),
                *(fact for full in read for fact in facts_of(full)),
                *([Fact("Also", tuple(run.id for run in rest))] if rest else []),
            ),
            already_done=f"No run of {which} is in progress any more." if found.all_over else "",
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
        """Reads whether a run that was shown is canceled, and none of them in progress."""
        after = [
            (await self.client.get_run(currents_run_id(run))).run.completion
            for run in before.deciding_facts
        ]
        return "canceled" in after and "in_progress" not in after

    async def _read_first(self, listed: list[ListedRun]) -> tuple[list[FullRun], list[Run]]:
        """Reads the first few of these runs; returns them, and the others that are in progress.

        The list does not say how far a run is. A run that has ended since, or is gone, is left out.
        """
        read: list[FullRun] = []
        rest: list[Run] = []
        for run in listed:
            if len(read) == _READ_RUNS or not is_plain_id(run.id):
                rest.append(run.as_run())
                continue
            with suppress(NotFound):
                full = await RunAction(self.client, currents_run_id(run.id)).read_run()
                if not full.run.is_over:
                    read.append(full)
        return read, rest

    def _summary(self, runs: Sequence[Run], read: list[FullRun]) -> Summary:
        question = "Cancel all test runs of this CI build? This cannot be undone."
        attempt = f"attempt {self.github_run_attempt}"
        if not runs:
            unknown = (
                f"No run in progress of {attempt} was found in the project."
                if self.project_id
                else f"Which runs of {attempt} that is was not looked up (no project_id)."
            )
            return Summary(question, unknown, "The API alone decides what is canceled.")
        age = age_of(runs[0])
        several = f"{len(runs)} runs in progress{f', the first created {age}' if age else ''}"
        one = read and len(runs) == 1
        return Summary(question, which_run(runs[0]), state_of(read[0]) if one else several)

    def _describe(self, which: str, read: list[FullRun], rest: list[Run]) -> str:
        if not self.project_id:
            return (
                f"Cancels what {which} started. Without project_id it cannot be looked up "
                "which run that is: the API alone decides."
            )
        if not read and not rest:
            return (
                f"No run in progress of {which} was found in the project: the API alone "
                "decides what is canceled."
            )
        return f"{len(read) + len(rest)} in progress for {which}: {describe_runs(read, rest)}"

    async def _find_runs(self, project: CurrentsProjectId) -> _FoundRuns:
        search = (self.ci_build_id or self.github_run_id)[:_SEARCH_CHARS]
        filters = RunFilters(search=search, completion=("in_progress",))
        found: list[ListedRun] = []
        after, has_more = "", True
        while has_more:
            page = await self.client.list_runs(project, filters, limit=MAX_LIMIT, after=after)
            found += [run for run, _ in page.items if self._is_meant(run)]
            after = page.items[-1][1] if page.items else ""
            has_more = page.has_more and bool(after)
        # A run may have ended since, and a filter may let others through.
        if in_progress := [run for run in found if not run.is_over]:
            return _FoundRuns(in_progress, all_over=False)
        recent = await self.client.list_runs(project, RunFilters(search=search), limit=MAX_LIMIT)
        meant = [run for run, _ in recent.items if self._is_meant(run)]
        return _FoundRuns([], all_over=bool(meant) and all(run.is_over for run in meant))

    def _is_meant(self, run: Run) -> bool:
        """Returns whether the run's CI build is of this attempt; the search finds any text.

        Currents names a GitHub build `<repository>-<workflow run>-<attempt>`. A build with a name
        of its own may not have the attempt in it: such a run is meant, too.
        """
        if self.ci_build_id:
            return run.ci_build_id == self.ci_build_id
        found = re.search(
            rf"(?<![0-9]){self.github_run_id}(?![0-9])(?:-([0-9]+)$)?", run.ci_build_id
        )
        return found is not None and found[1] in (None, str(self.github_run_attempt))
