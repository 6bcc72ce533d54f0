"""Whether the configured token, organization and suite work, for `runs-mcp check`."""

from typing import Final

from runs_mcp.errors import Forbidden, InvalidArgument, RunsError, Unauthorized
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, ListPosition
from runs_mcp.providers.buildkite.references import BuildkiteSuite, buildkite_suite
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.text import clip, one_line

_READS_SUITES: Final = "read_suites"
_READS_BUILDS: Final = "read_builds"


async def probe_buildkite(call: Call[BuildkiteSettings]) -> str:
    """Reads the token's scopes, the configured organization and, if set, the suite.

    Raises:
        RunsError: The API cannot be read with this token, the token lacks the scope `read_suites`,
            or the organization or suite does not exist.
    """
    organization, suite = call.own.organization, call.own.suite
    client = BuildkiteClient(call.api)
    scopes = await _scopes(client)
    if scopes is not None and _READS_SUITES not in scopes:
        raise Forbidden(
            f"The token lacks the scope {_READS_SUITES}; it has {_listed(scopes)}.",
            next_step=f"Give the token in BUILDKITE_API_TOKEN the scope {_READS_SUITES}.",
        )
    if not organization:
        raise InvalidArgument(
            f"The token {_scopes_text(scopes)}; what it can read was not checked, since no "
            "organization is set.",
            next_step="Set BUILDKITE_ORGANIZATION to the slug of your organization.",
        )
    where = buildkite_suite(organization, suite or "any", BuildkiteSuite(organization, ""))
    suites = await client.list_suites(where.organization, ListPosition(MAX_LIMIT))
    count = f"{len(suites.items)}{' or more' if suites.next else ''}"
    found = f"the token {_scopes_text(scopes)}; {organization} has {count} suites"
    if not suite:
        return found
    await client.list_runs(where, ListPosition(per_page=1))
    return f"{found}; {suite} can be read"


async def _scopes(client: BuildkiteClient) -> frozenset[str] | None:
    """Returns the token's scopes; None if they cannot be read."""
    try:
        return await client.get_scopes()
    except Unauthorized:
        raise
    except RunsError:
        return None


def _scopes_text(scopes: frozenset[str] | None) -> str:
    if scopes is None:
        return "works"
    missing = ""
    if _READS_BUILDS not in scopes:
        missing = f", but lacks {_READS_BUILDS}, which is needed to recognize retried jobs"
    return f"works, with {_listed(scopes)}{missing}"


def _listed(scopes: frozenset[str]) -> str:
    known = sorted(one_line(scope) for scope in scopes)
    return clip(", ".join(known), 200) or "no scope"
