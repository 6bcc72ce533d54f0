"""Reads the muted tests of a suite: their failures do not count."""

from typing import NamedTuple

from runs_mcp.errors import RunsError
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.references import BuildkiteSuite


class MutedTests(NamedTuple):
    """The IDs of the muted tests, or a remark that they are not known."""

    ids: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()

    @classmethod
    def unknown(cls, why: str) -> "MutedTests":
        """Returns that the muted tests are not known, with the kind of error."""
        return cls(remarks=(f"which tests are muted is not known, {why}",))


async def muted_tests(client: BuildkiteClient, suite: BuildkiteSuite) -> MutedTests:
    """Reads which tests are muted."""
    try:
        return MutedTests(await client.get_muted_tests(suite))
    except RunsError as error:
        return MutedTests.unknown(error.kind)
