"""Cancelling what a GitHub Actions workflow run started."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from runs_mcp.confirmation.action import Preview
from runs_mcp.model import ListedRun, Receipt, Run
from runs_mcp.providers.currents.actions.wording import CANCEL_EFFECT, describe_runs
from runs_mcp.providers.currents.client import MAX_LIMIT, CurrentsClient
from runs_mcp.providers.currents.queries import RunFilters
from runs_mcp.providers.currents.references import PROVIDER, CurrentsProjectId, currents_run_id
from runs_mcp.settings import ActionName

_SEARCH_CHARS: Final = 200  # what the API takes


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
        runs = tuple(run.as_run() for run in found.in_progress)
        return Preview(
            run=runs[0] if runs else None,
            deciding_facts=tuple(sorted(run.id for run in runs)),
            description=self._describe(which, found.in_progress),
            effect=CANCEL_EFFECT,
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

    def _describe(self, which: str, in_progress: list[ListedRun]) -> str:
        if not self.project_id:
            return (
                f"Cancels what {which} started. Without project_id it cannot be looked up "
                "which run that is: the API alone decides."
            )
        if not in_progress:
            return (
                f"No run in progress of {which} was found in the project: the API alone "
                "decides what is canceled."
            )
        return f"{len(in_progress)} in progress for {which}: {describe_runs(in_progress)}"

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
