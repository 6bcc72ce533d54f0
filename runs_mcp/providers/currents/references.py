"""What a caller may name, and nothing else: IDs and dashboard URLs become IDs.

Every ID that goes into a request comes through here first, so that nothing a model or a
stranger writes can reach another path of the API.
"""

import re
from typing import Final, Literal, NamedTuple

from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.text import quoted

CURRENTS_HOST: Final = "app.currents.dev"
CURRENTS_DASHBOARD: Final = f"https://{CURRENTS_HOST}"

CurrentsThing = Literal["project", "run", "instance"]

_CURRENTS_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# Names that the API's own paths use where an ID stands: GET /runs/find, PUT /runs/cancel-ci/…
_RESERVED = frozenset({"find", "cancel-ci"})
# The vendor prints several forms: /run/R, /run/R/i/I, /instance/I, /i/I/test/T.
_SEGMENTS: Final[dict[str, CurrentsThing]] = {
    "run": "run",
    "instance": "instance",
    "i": "instance",
    "projects": "project",
}
_HINTS: Final[dict[CurrentsThing, str]] = {
    "project": "Pass a project ID as currents_list_projects gives it.",
    "run": f"Pass a run ID, or a dashboard URL such as {CURRENTS_DASHBOARD}/run/<run ID>; "
    "currents_list_runs and currents_find_run give run IDs.",
    "instance": "Pass an instance ID as currents_get_run lists it, or a dashboard URL such as "
    f"{CURRENTS_DASHBOARD}/instance/<instance ID>.",
}


class CurrentsRunRef(NamedTuple):
    """A run, by its ID or by an instance of it; the other one is empty."""

    run_id: str = ""
    instance_id: str = ""


def currents_project_id(reference: str) -> str:
    """Returns the project ID that `reference` is.

    Raises:
        InvalidArgument: It is not 1 to 128 ASCII letters, digits, `-` and `_`.
    """
    return _checked_id(reference, reference, "project")


def currents_run_id(reference: str) -> str:
    """Returns the run ID in `reference`: an ID, or the dashboard URL of a run as pasted.

    Raises:
        InvalidArgument: It is neither.
    """
    return _id_or_url(reference, "run")


def currents_run_ref(reference: str) -> CurrentsRunRef:
    """Returns the run that `reference` means: as for a run ID, or by the URL of an instance in it.

    Raises:
        InvalidArgument: It means none.
    """
    named = _ids_in_link(reference)
    if named is not None and "run" not in named and "instance" in named:
        return CurrentsRunRef(instance_id=currents_instance_id(reference))
    return CurrentsRunRef(run_id=currents_run_id(reference))


def currents_instance_id(reference: str) -> str:
    """Returns the instance ID in `reference`: an ID, or an instance's dashboard URL as pasted.

    Raises:
        InvalidArgument: It is neither.
    """
    return _id_or_url(reference, "instance")


def currents_run_url(run_id: str) -> str:
    """Returns the dashboard URL of a run."""
    return f"{CURRENTS_DASHBOARD}/run/{run_id}"


def currents_instance_url(instance_id: str) -> str:
    """Returns the dashboard URL of an instance."""
    return f"{CURRENTS_DASHBOARD}/instance/{instance_id}"


def _id_or_url(reference: str, thing: Literal["run", "instance"]) -> str:
    named = _ids_in_link(reference)
    if named is None:
        return _checked_id(reference, reference, thing)
    if thing not in named:
        raise _refused(reference, thing, f"is not the URL of {_article(thing)}")
    return _checked_id(named[thing], reference, thing)


def _ids_in_link(reference: str) -> dict[CurrentsThing, str] | None:
    """Returns the IDs in a dashboard URL by what they are of; None where it is no such URL."""
    path = link_path(reference, CURRENTS_HOST)
    if path is None:
        return None
    pairs = zip(path[::2], path[1::2], strict=False)
    return {
        thing: identifier
        for segment, identifier in pairs
        if (thing := _SEGMENTS.get(segment.lower())) is not None
    }


def _checked_id(candidate: str, reference: str, thing: CurrentsThing) -> str:
    if not _CURRENTS_ID.fullmatch(candidate) or candidate in _RESERVED:
        raise _refused(reference, thing, f"is not the ID of {_article(thing)}")
    return candidate


def _refused(reference: str, thing: CurrentsThing, why: str) -> InvalidArgument:
    return InvalidArgument(
        f'{quoted(reference, 120)} {why} (1 to 128 ASCII letters, digits, "-" and "_"); '
        "nothing was requested.",
        next_step=_HINTS[thing],
    )


def _article(thing: CurrentsThing) -> str:
    return "an instance" if thing == "instance" else f"a {thing}"
