"""Whether the configured token, organization and suite work."""

from typing import Final

from runs_mcp.errors import Forbidden, InvalidArgument, RunsError, Unauthorized
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, Position
from runs_mcp.providers.buildkite.references import BuildkiteSuite, buildkite_suite
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.text import clip, one_line

_READS_SUITES: Final = "read_suites"
_READS_BUILDS: Final = "read_builds"


async def probe_buildkite(call: Call[BuildkiteSettings]) -> str:
    """Reads the token's scopes, the configured organization, and the configured suite if any.

    Raises:
        RunsError: The API cannot be read with it, the token lacks the scope `read_suites`, or
            there is no such organization or suite.
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
            f"The token {_scopes_text(scopes)}; what it sees could not be tried, as no "
            "organization is set.",
            next_step="Set BUILDKITE_ORGANIZATION to the slug of yours.",
        )
    where = buildkite_suite(organization, suite or "any", BuildkiteSuite(organization, ""))
    suites = await client.list_suites(where.organization, Position(MAX_LIMIT))
    count = f"{len(suites.items)}{' or more' if suites.next else ''}"
    found = f"the token {_scopes_text(scopes)}; {organization} has {count} suites"
    if not suite:
        return found
    await client.list_runs(where, Position(per_page=1))
    return f"{found}; {suite} can be read"


async def _scopes(client: BuildkiteClient) -> frozenset[str] | None:
    """Returns the token's scopes; None where the API does not tell them."""
    try:
        return await client.get_scopes()
    except Unauthorized:
        raise
    except RunsError:
        return None


def _scopes_text(scopes: frozenset[str] | None) -> str:
    if scopes is None:
        return "works"
    without = "" if _READS_BUILDS in scopes else f", but lacks {_READS_BUILDS}, with which retried "
    without += "jobs could be told from others" if without else ""
    return f"works, with {_listed(scopes)}{without}"


def _listed(scopes: frozenset[str]) -> str:
    known = sorted(one_line(scope) for scope in scopes)
    return clip(", ".join(known), 200) or "no scope"
