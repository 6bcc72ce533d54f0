"""References to what Currents has: IDs and dashboard URLs, as callers and the API give them.

The client takes the ID types of this module alone, and only the functions here make them: each
ID that goes into a request has been checked once, and none can lead to another path of the API.
"""

import re
from typing import Final, Literal, NamedTuple, NewType, TypeAlias

from runs_mcp.errors import InvalidArgument
from runs_mcp.providers.pasted_links import link_path
from runs_mcp.text import quoted

PROVIDER: Final = "currents"
"""The name of the provider, as in `currents:…` references."""
CURRENTS_HOST: Final = "app.currents.dev"
CURRENTS_DASHBOARD: Final = f"https://{CURRENTS_HOST}"

CurrentsProjectId = NewType("CurrentsProjectId", str)
"""A project ID that was checked. Made by `currents_project_id`."""
CurrentsRunId = NewType("CurrentsRunId", str)
"""A run ID that was checked. Made by `currents_run_id`."""
CurrentsInstanceId = NewType("CurrentsInstanceId", str)
"""An instance ID that was checked. Made by `currents_instance_id`."""

_Thing = Literal["project", "run", "instance"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# Names that the API's own paths use in place of an ID: GET /runs/find, PUT /runs/cancel-ci/…
_RESERVED = frozenset({"find", "cancel-ci"})
# The vendor prints several forms: /run/R, /run/R/i/I, /instance/I, /i/I/test/T.
_SEGMENTS: Final[dict[str, _Thing]] = {
    "run": "run",
    "instance": "instance",
    "i": "instance",
    "projects": "project",
}
_HINTS: Final[dict[_Thing, str]] = {
    "project": "Pass a project ID as currents_list_projects gives it.",
    "run": f"Pass a run ID, or a dashboard URL such as {CURRENTS_DASHBOARD}/run/<run ID>; "
    "currents_list_runs and currents_find_run give run IDs.",
    "instance": "Pass an instance ID as currents_get_run lists it, or a dashboard URL such as "
    f"{CURRENTS_DASHBOARD}/instance/<instance ID>.",
}


class RunOfInstance(NamedTuple):
    """The run that an instance belongs to; its ID is in the instance, which has to be read."""

    instance_id: CurrentsInstanceId


CurrentsRunRef: TypeAlias = CurrentsRunId | RunOfInstance


def currents_project_id(reference: str) -> CurrentsProjectId:
    """Returns the project ID that `reference` is.

    Raises:
        InvalidArgument: It is not 1 to 128 ASCII letters, digits, `-` and `_`.
    """
    return CurrentsProjectId(_checked_id(reference, reference, "project"))


def currents_project_ref(reference: str) -> CurrentsProjectId:
    """Returns the project ID in `reference`: an ID, or the dashboard URL of a project as pasted.

    Raises:
        InvalidArgument: It is neither.
    """
    return CurrentsProjectId(_id_or_url(reference, "project"))


def currents_run_id(reference: str) -> CurrentsRunId:
    """Returns the run ID in `reference`: an ID, or the dashboard URL of a run as pasted.

    Raises:
        InvalidArgument: It is neither.
    """
    return CurrentsRunId(_id_or_url(reference, "run"))


def currents_instance_id(reference: str) -> CurrentsInstanceId:
    """Returns the instance ID in `reference`: an ID, or an instance's dashboard URL as pasted.

    Raises:
        InvalidArgument: It is neither.
    """
    return CurrentsInstanceId(_id_or_url(reference, "instance"))


def currents_run_ref(reference: str) -> CurrentsRunRef:
    """Returns the run that `reference` means: as for a run ID, or by the URL of an instance in it.

    Raises:
        InvalidArgument: It means none.
    """
    linked = _ids_in_link(reference)
    if linked is not None and "run" not in linked and "instance" in linked:
        return RunOfInstance(currents_instance_id(reference))
    return currents_run_id(reference)


def is_currents_id(text: str) -> bool:
    """Returns whether a text can be the ID of a project, a run or an instance."""
    return _ID.fullmatch(text) is not None and text not in _RESERVED


def currents_run_url(run_id: str) -> str:
    """Returns the dashboard URL of a run."""
    return f"{CURRENTS_DASHBOARD}/run/{run_id}"


def currents_instance_url(instance_id: str) -> str:
    """Returns the dashboard URL of an instance."""
    return f"{CURRENTS_DASHBOARD}/instance/{instance_id}"


def _id_or_url(reference: str, thing: _Thing) -> str:
    linked = _ids_in_link(reference)
    if linked is None:
        return _checked_id(reference, reference, thing)
    if thing not in linked:
        raise _refused(reference, thing, f"is not the URL of {_article(thing)}")
    return _checked_id(linked[thing], reference, thing)


def _ids_in_link(reference: str) -> dict[_Thing, str] | None:
    """Returns the IDs in a dashboard URL by what they identify; None if it is not such a URL."""
    path = link_path(reference, CURRENTS_HOST)
    if path is None:
        return None
    pairs = zip(path[::2], path[1::2], strict=False)
    return {
        thing: identifier
        for segment, identifier in pairs
        if (thing := _SEGMENTS.get(segment.lower())) is not None
    }


def _checked_id(candidate: str, reference: str, thing: _Thing) -> str:
    if not is_currents_id(candidate):
        raise _refused(reference, thing, f"is not the ID of {_article(thing)}")
    return candidate


def _refused(reference: str, thing: _Thing, why: str) -> InvalidArgument:
    return InvalidArgument(
        f'{quoted(reference, 120)} {why} (1 to 128 ASCII letters, digits, "-" and "_"); '
        "nothing was requested.",
        next_step=_HINTS[thing],
    )


def _article(thing: _Thing) -> str:
    return "an instance" if thing == "instance" else f"a {thing}"
