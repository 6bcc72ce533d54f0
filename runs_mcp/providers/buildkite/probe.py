"""Whether the configured token, organization and suite work, for `runs-mcp check`."""

from typing import Final

from runs_mcp.errors import Forbidden, InvalidArgument, NotFound, RunsError, Unauthorized
from runs_mcp.model import Suite
from runs_mcp.providers.buildkite.client import BuildkiteClient
from runs_mcp.providers.buildkite.lists import MAX_LIMIT, BuildkitePage, ListPosition
from runs_mcp.providers.buildkite.references import BuildkiteSuite
from runs_mcp.providers.buildkite.settings import BuildkiteSettings
from runs_mcp.providers.definition import Call
from runs_mcp.text import clip, one_line, quoted, quoted_list

_READS_SUITES: Final = "read_suites"
_READS_BUILDS: Final = "read_builds"
_MAX_NAMES_CHARS: Final = 500


async def probe_buildkite(call: Call[BuildkiteSettings]) -> str:
    """Reads the token's scopes, the configured organization and, if set, the suite.

    Raises:
        RunsError: The API cannot be read with this token, the token lacks the scope `read_suites`,
            or the organization or suite does not exist.
    """
    organization, suite = call.own.organization, call.own.suite
    client = BuildkiteClient(call.api)
    scopes, unread = await _scopes(client)
    if scopes is not None and _READS_SUITES not in scopes:
        raise Forbidden(
            f"The token lacks the scope {_READS_SUITES}; it has {_listed(scopes)}.",
            next_step=f"Give the token in BUILDKITE_API_TOKEN the scope {_READS_SUITES}.",
        )
    if not organization:
        if unread is not None:
            raise unread
        raise InvalidArgument(
            f"The token {_scopes_text(scopes)}; what it can read was not checked, since no "
            "organization is set.",
            next_step="Set BUILDKITE_ORGANIZATION to the slug of your organization.",
        )
    suites = await _suites(client, organization, unread)
    count = f"{len(suites.items)}{' or more' if suites.next else ''}"
    found = f"the token {_scopes_text(scopes)}; {organization} has {count} suites"
    if not suite:
        return found
    await _read_suite(client, BuildkiteSuite(organization, suite), suites)
    return f"{found}; {suite} can be read"


async def _scopes(client: BuildkiteClient) -> tuple[frozenset[str] | None, RunsError | None]:
    """Returns the token's scopes; None if they cannot be read, and why."""
    try:
        return await client.get_scopes(), None
    except Unauthorized:
        raise
    except NotFound as error:
        error.next_step = (
            f"{BuildkiteSettings.url_setting} must be where the Buildkite API is, without `/v2`."
        )
        return None, error
    except RunsError as error:
        return None, error


async def _suites(
    client: BuildkiteClient, organization: str, unread: RunsError | None
) -> BuildkitePage[Suite]:
    try:
        return await client.list_suites(organization, ListPosition(MAX_LIMIT))
    except NotFound as error:
        # An address where even the token's own page is missing is no address of the API.
        raise unread if isinstance(unread, NotFound) else error from error


async def _read_suite(
    client: BuildkiteClient, suite: BuildkiteSuite, suites: BuildkitePage[Suite]
) -> None:
    try:
        await client.list_runs(suite, ListPosition(per_page=1))
    except NotFound as error:
        there_are = quoted_list([one.suite for one in suites.items], _MAX_NAMES_CHARS)
        raise NotFound(
            f"{suite.organization} has no suite {quoted(suite.suite, 128)}, or this token cannot "
            "see it.",
            status=error.status,
            next_step=f"Set BUILDKITE_SUITE to one of its slugs: {there_are}."
            if suites.items
            else "Set BUILDKITE_SUITE to its slug.",
        ) from error


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
