"""Whether the configured token, organization and suite work."""

from runs_mcp.api_client import ApiClient
from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.buildkite.client import MAX_LIMIT, BuildkiteClient
from runs_mcp.providers.buildkite.references import BuildkiteSuite, buildkite_suite
from runs_mcp.settings import Settings


async def probe_buildkite(api: ApiClient, settings: Settings) -> str:
    """Reads the configured organization, and the configured suite where there is one.

    The token needs the scope `read_suites`; without an organization it cannot be tried.

    Raises:
        RunsError: The API cannot be read with it, or there is no such organization or suite.
    """
    organization, suite = settings.buildkite_organization, settings.buildkite_suite
    if not organization:
        raise InvalidArgument(
            "The token could not be tried, as no organization is set.",
            next_step="Set BUILDKITE_ORGANIZATION to the slug of yours.",
        )
    client = BuildkiteClient(api)
    where = buildkite_suite(organization, suite or "any", BuildkiteSuite(organization, ""))
    suites = await client.list_suites(where.organization, limit=MAX_LIMIT, start=0)
    count = f"{len(suites.items)}{' or more' if suites.has_more else ''}"
    if not suite:
        return f"the token works; {organization} has {count} suites"
    await client.list_runs(where, build_id="", limit=1, start=0)
    return f"the token works; {organization} has {count} suites, {suite} among them"
