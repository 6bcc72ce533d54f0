"""The default branch of a Buildkite suite."""

from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.providers.run_reader import USUAL_DEFAULT_BRANCHES


class DefaultBranches:
    """The branches of a suite that may be its default one: read once, when they are asked for.

    Args:
        client: The client of the API.
        suite: The suite.
    """

    def __init__(self, client: BuildkiteClient, suite: BuildkiteSuite) -> None:
        self._client = client
        self._suite = suite
        self._known: tuple[str, ...] = ()

    async def read(self) -> tuple[str, ...]:
        """Returns the suite's default branch, or the usual ones if the API does not say."""
        if not self._known:
            page = await self._client.list_suites(self._suite.organization, ListPosition(MAX_LIMIT))
            named = (
                suite.default_branch for suite in page.items if suite.suite == self._suite.suite
            )
            self._known = tuple(filter(None, named))[:1] or USUAL_DEFAULT_BRANCHES
        return self._known
