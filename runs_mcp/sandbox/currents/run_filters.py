"""The filters of «list runs» and «find run»."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self, get_args

from msgspec import UNSET

from runs_mcp.sandbox.currents.parameters import PAGING, Parameters
from runs_mcp.sandbox.currents.records import CompletionState, Run, Status

LIST_PARAMETERS = (
    *PAGING,
    "branches[]",
    "tags[]",
    "tag_operator",
    "authors[]",
    "status",
    "completion_state",
    "search",
    "pr_id",
    "date_start",
    "date_end",
)
FIND_PARAMETERS = ("projectId", "ciBuildId", "branch", "tags[]", "tag[]", "pwLastRun")


@dataclass(frozen=True, kw_only=True)
class ListFilter:
    """The filters in a query of «list runs»."""

    branches: list[str]
    tags: list[str]
    any_tag: bool
    authors: list[str]
    statuses: list[str]
    completion_states: list[str]
    search: str | None
    pr_id: str | None
    date_start: datetime | None
    date_end: datetime | None

    @classmethod
    def of(cls, parameters: Parameters) -> Self:
        """Reads them from the query.

        Raises:
            ApiError: A parameter is bad.
        """
        return cls(
            branches=parameters.many("branches[]"),
            tags=parameters.many("tags[]"),
            any_tag=parameters.one_of("tag_operator", ("AND", "OR")) == "OR",
            authors=parameters.many("authors[]"),
            statuses=parameters.many_of("status", get_args(Status)),
            completion_states=parameters.many_of("completion_state", get_args(CompletionState)),
            search=parameters.one("search", longest=200),
            pr_id=parameters.one("pr_id"),
            date_start=parameters.moment("date_start"),
            date_end=parameters.moment("date_end"),
        )

    def matches(self, run: Run) -> bool:
        """Whether the run passes all filters."""
        commit = run.meta.commit
        return (
            _is_among(commit.branch, self.branches)
            and _is_among(commit.author_name, self.authors)
            and _is_among(run.status, self.statuses)
            and _is_among(run.completion_state, self.completion_states)
            and has_tags(run, self.tags, any_tag=self.any_tag)
            and self._finds(run)
            and self._has_pr(run)
            and self._is_in_time(run)
        )

    def _finds(self, run: Run) -> bool:
        if self.search is None:
            return True
        words = self.search.lower()
        return words in run.meta.ci_build_id.lower() or words in run.meta.commit.message.lower()

    def _has_pr(self, run: Run) -> bool:
        pr = run.meta.pr
        return self.pr_id is None or (pr is not UNSET and pr.id == self.pr_id)

    def _is_in_time(self, run: Run) -> bool:
        created = datetime.fromisoformat(run.created_at)
        return (self.date_start is None or created >= self.date_start) and (
            self.date_end is None or created < self.date_end
        )


def has_tags(run: Run, tags: list[str], *, any_tag: bool = False) -> bool:
    """Whether the run has all of these tags, or any of them; always true without tags."""
    found = [tag in run.tags for tag in tags]
    return not found or (any(found) if any_tag else all(found))


def is_on_branch(run: Run, wanted: str) -> bool:
    """Whether the run's branch is the one wanted, or has the prefix before a final `*`."""
    branch = run.meta.commit.branch
    return branch.startswith(wanted[:-1]) if wanted.endswith("*") else branch == wanted


def _is_among(value: object, wanted: list[str]) -> bool:
    return not wanted or value in wanted
