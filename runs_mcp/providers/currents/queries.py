"""The queries of *list runs* and *find run*, in the API's own terms."""

from dataclasses import dataclass

from runs_mcp.providers.currents.wire import runs as wire


@dataclass(frozen=True)
class RunFilters:
    """The filters of *list runs*; an empty one does not filter."""

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tag_operator: str = ""
    authors: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    completion: tuple[str, ...] = ()
    search: str = ""
    pr_id: str = ""
    date_start: str = ""
    date_end: str = ""

    def params(self) -> list[tuple[str, str]]:
        """Returns the filters as query parameters, by the API's names."""
        several = {
            "branches[]": self.branches,
            "tags[]": self.tags,
            "authors[]": self.authors,
            "status": tuple(value.upper() for value in self.status),
            "completion_state": tuple(value.upper() for value in self.completion),
        }
        single = {
            "tag_operator": self.tag_operator,
            "search": self.search,
            "pr_id": self.pr_id,
            "date_start": self.date_start,
            "date_end": self.date_end,
        }
        params = [(name, value) for name, values in several.items() for value in values]
        return params + [(name, value) for name, value in single.items() if value]


@dataclass(frozen=True)
class FindQuery:
    """The query of *find run*. `ci_build_id` wins over `branch`, which may end in `*`."""

    ci_build_id: str = ""
    branch: str = ""
    tags: tuple[str, ...] = ()
    pw_last_run: bool = False

    def params(self) -> list[tuple[str, str]]:
        """Returns the query as query parameters, by the API's names."""
        single = {"ciBuildId": self.ci_build_id, "branch": self.branch}
        params = [(name, value) for name, value in single.items() if value]
        params += [("tags[]", tag) for tag in self.tags]
        return [*params, ("pwLastRun", "true")] if self.pw_last_run else params

    def filters(self) -> RunFilters:
        """Returns the filters of *list runs* that come nearest; `matches` decides on the runs."""
        exact = self.branch and not self.branch.endswith("*") and not self.ci_build_id
        return RunFilters(
            branches=(self.branch,) if exact else (),
            tags=self.tags,
            completion=("complete",),
            search=self.ci_build_id[:200],
        )

    def matches(self, run: wire.WireRun) -> bool:
        """Says whether a listed run matches the query."""
        meta = run.meta or wire.WireMeta()
        branch = (meta.commit.branch if meta.commit else None) or ""
        if self.ci_build_id:
            return meta.ci_build_id == self.ci_build_id
        if self.branch.endswith("*"):
            return branch.startswith(self.branch[:-1])
        return not self.branch or branch == self.branch
