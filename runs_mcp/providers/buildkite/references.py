"""Slugs, UUIDs and dashboard URLs of Buildkite Test Engine, parsed and checked."""

import re
from typing import Final, NamedTuple

from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.text import quoted

PROVIDER: Final = "buildkite"
BUILDKITE_HOST: Final = "buildkite.com"
DASHBOARD: Final = f"https://{BUILDKITE_HOST}"

_SLUG = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_-])?")
_IN_SUITE: Final = ["organizations", "analytics", "suites"]  # …/organizations/O/analytics/suites/S
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class BuildkiteSuite(NamedTuple):
    """A suite of an organization, by their slugs."""

    organization: str
    suite: str


class BuildkiteRunRef(NamedTuple):
    """A run of a suite."""

    organization: str
    suite: str
    run_id: str


def buildkite_organization(organization: str, default: str) -> str:
    """Returns the slug of an organization; an empty one is the default.

    Raises:
        InvalidArgument: It is not a slug, or there is neither.
    """
    return _slug(organization or default, "organization", "BUILDKITE_ORGANIZATION")


def buildkite_suite(organization: str, suite: str, defaults: BuildkiteSuite) -> BuildkiteSuite:
    """Returns the suite that slugs or a dashboard URL in it name, or the default suite.

    Raises:
        InvalidArgument: They name none, or contradict each other.
    """
    link = _link(suite)
    if link is not None:
        _require_same(link, organization, "")
        organization, suite = link.organization, link.suite
    return BuildkiteSuite(
        buildkite_organization(organization, defaults.organization),
        _slug(suite or defaults.suite, "suite", "BUILDKITE_SUITE"),
    )


def buildkite_run(
    run_id: str, organization: str, suite: str, defaults: BuildkiteSuite
) -> BuildkiteRunRef:
    """Returns the run that a UUID in a suite, or a dashboard URL as pasted, names.

    Raises:
        InvalidArgument: They name none, or contradict each other.
    """
    link = _link(run_id)
    if link is not None:
        if link.thing != "runs":
            raise _refused(run_id, "is not the URL of a run")
        _require_same(link, organization, suite)
        organization, suite, identifier = link.organization, link.suite, link.identifier
    else:
        identifier = run_id
    if not is_run_id(identifier):
        raise _refused(run_id, "is not the ID of a run, which is a UUID")
    return BuildkiteRunRef(*buildkite_suite(organization, suite, defaults), identifier.lower())


def is_slug(text: str) -> bool:
    """Returns whether a text is the slug of an organization or a suite."""
    return _SLUG.fullmatch(text) is not None


def pasted_suite(text: str) -> BuildkiteSuite | None:
    """Returns what a dashboard URL or `organization/suite` names; the suite may be empty."""
    path = [
        part for part in link_path(text, BUILDKITE_HOST) or () if part not in ("", _IN_SUITE[0])
    ]
    if link := _link(text):
        named = BuildkiteSuite(link.organization, link.suite)
    elif path:
        named = BuildkiteSuite(path[0], "")
    else:
        organization, _, suite = text.partition("/")
        named = BuildkiteSuite(organization, suite)
    return named if all(is_slug(slug) for slug in named if slug) and named.organization else None


def is_run_id(text: str) -> bool:
    """Returns whether a text is the ID of a run, a UUID."""
    return _UUID.fullmatch(text.lower()) is not None


def buildkite_build(build_id: str) -> str:
    """Returns the UUID of a build, or an empty text if none is given.

    Raises:
        InvalidArgument: It is not a UUID.
    """
    if build_id and not _UUID.fullmatch(build_id.lower()):
        raise _refused(build_id, "is not the ID of a build, which is a UUID")
    return build_id.lower()


def buildkite_reference(run: BuildkiteRunRef) -> str:
    """Returns the reference to a run, as every tool takes it."""
    return f"{PROVIDER}:{run.organization}/{run.suite}/{run.run_id}"


def buildkite_run_url(run: BuildkiteRunRef) -> str:
    """Returns the dashboard URL of a run."""
    return f"{buildkite_suite_url(run)}/runs/{run.run_id}"


def buildkite_suite_url(suite: BuildkiteSuite | BuildkiteRunRef) -> str:
    """Returns the dashboard URL of a suite."""
    return f"{DASHBOARD}/organizations/{suite.organization}/analytics/suites/{suite.suite}"


def _slug(slug: str, thing: str, setting: str) -> str:
    if not slug:
        raise InvalidArgument(
            f"No {thing} is given; nothing was requested.",
            next_step=f"Pass {thing}, or a dashboard URL; the operator can set {setting}.",
        )
    if not is_slug(slug):
        raise _refused(slug, f"is not the slug of {'an' if thing[0] in 'aeiou' else 'a'} {thing}")
    return slug


class _Link(NamedTuple):
    """The parts of a dashboard URL in a suite; `thing` is `runs` or `tests`, or empty."""

    organization: str
    suite: str
    thing: str
    identifier: str


def _link(reference: str) -> _Link | None:
    """Returns the parts of a dashboard URL as pasted; None if it is not one."""
    path = link_path(reference, BUILDKITE_HOST) or ()
    if len(path) < 5 or [path[at].lower() for at in (0, 2, 3)] != _IN_SUITE:
        return None
    thing, identifier = (*path[5:7], "", "")[:2]
    return _Link(path[1], path[4], thing.lower(), identifier)


def _require_same(link: _Link, organization: str, suite: str) -> None:
    arguments = (("organization", organization, link.organization), ("suite", suite, link.suite))
    for name, given, linked in arguments:
        if given and given != linked:
            raise InvalidArgument(
                f"The URL and the argument {name} contradict each other; nothing was requested.",
                next_step=f"Leave {name} out: the URL says it.",
            )


def _refused(reference: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        f"{quoted(reference, 120)} {why}; nothing was requested.",
        next_step="Slugs are 1 to 128 letters, digits, `-`, `_` and inner `.`; a run is a UUID, "
        f"or its URL such as {DASHBOARD}/organizations/<organization>/analytics/suites/<suite>"
        "/runs/<run ID>. buildkite_list_suites and buildkite_list_runs give them.",
    )
