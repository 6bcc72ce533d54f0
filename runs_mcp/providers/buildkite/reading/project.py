"""The reader of a Buildkite suite, for what its tests do over many runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from runs_mcp.api.client import ApiClient
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.reading.default_branches import DefaultBranches
from runs_mcp.providers.buildkite.reading.past_runs import (
    NO_SPECS,
    BuildkitePastRun,
    has_result,
)
from runs_mcp.providers.buildkite.references import (
    BUILDKITE_HOST,
    PROVIDER,
    BuildkiteSuite,
    buildkite_suite,
    is_run_id,
)
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.providers.past_runs import newest_first
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.providers.project_reader import FlakyStatistics, RecentRuns, Window
from runs_mcp.triage.flakiness import Flakiness

if TYPE_CHECKING:
    from runs_mcp.model import ListedRun

_LISTED_PAGES: Final = 5


class BuildkiteProjectReader:
    """The reader of one suite."""

    def __init__(self, api: ApiClient, suite: BuildkiteSuite) -> None:
        self._client = BuildkiteClient(api)
        self._api = api
        self._suite = suite
        self._default_branches = DefaultBranches(self._client, self._suite)

    @property
    def reference(self) -> str:
        """The reference to the suite."""
        return f"{PROVIDER}:{self._suite.organization}/{self._suite.suite}"

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._api.sent

    async def recent_runs(self, window: Window, at_most: int) -> RecentRuns:
        """Lists the latest runs of a branch that have a result."""
        branches = (window.branch,) if window.branch else await self._default_branches.read()
        listed_once: dict[str, ListedRun] = {}
        start: ListPosition | None = ListPosition(MAX_LIMIT)
        for _ in range(_LISTED_PAGES):
            if start is None or len(listed_once) > at_most:
                break
            page = await self._client.list_runs(self._suite, start)
            listed_once |= {
                listed.id: listed
                for listed in page.items
                if listed.branch in branches
                and window.since <= listed.created_at <= window.until
                and has_result(listed)
                and is_run_id(listed.id)
            }
            oldest = min((listed.created_at for listed in page.items), default="")
            start = page.next if oldest >= window.since else None
        found = newest_first(listed_once.values())
        branch = found[0].branch if found else branches[0]
        of_branch = [listed for listed in found if listed.branch == branch]
        return RecentRuns(
            branch,
            tuple(
                BuildkitePastRun(self._client, listed, with_retries=True)
                for listed in of_branch[:at_most]
            ),
            has_more=len(of_branch) > at_most or start is not None,
            remarks=(NO_SPECS,),
        )

    async def flaky_statistics(self, window: Window) -> FlakyStatistics | None:
        """Returns None: the API's statistics count executions, and not which of them were flaky."""
        del window
        return None

    async def with_last_errors(
        self, window: Window, branch: str, tests: Sequence[Flakiness]
    ) -> tuple[Flakiness, ...]:
        """Returns the tests as they are."""
        del window, branch
        return tuple(tests)


def open_buildkite_project(call: Call[BuildkiteSettings], reference: str) -> BuildkiteProjectReader:
    """Returns the reader of the suite that `<org>/<suite>`, a slug or a dashboard URL names.

    Raises:
        InvalidArgument: It names none.
    """
    organization, slash, suite = reference.partition("/")
    if not slash or link_path(reference, BUILDKITE_HOST) is not None:
        organization, suite = "", reference
    named = buildkite_suite(organization, suite, call.own.default_suite)
    return BuildkiteProjectReader(call.api, named)
