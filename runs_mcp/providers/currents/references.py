"""What a caller may name, and nothing else: IDs and dashboard URLs become IDs.

Every ID that goes into a request comes through here first, so that nothing a model or a
stranger writes can reach another path of the API.
"""

import re
from typing import Final, Literal

from runs_mcp.errors import InvalidArgument
from runs_mcp.text import clip, one_line

CURRENTS_DASHBOARD: Final = "https://app.currents.dev"

CurrentsThing = Literal["project", "run", "instance"]

_CURRENTS_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# Names that the API's own paths use where an ID stands: GET /runs/find, PUT /runs/cancel-ci/…
_RESERVED = frozenset({"find", "cancel-ci"})
# As people paste it: with or without the scheme, in angle brackets, with anything behind the ID.
_CURRENTS_URL = re.compile(
    r"<?(?:https?://)?app\.currents\.dev/(?P<thing>\w+)/(?P<id>[^/?#>]*)(?:[/?#>].*)?",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_HINTS: Final[dict[CurrentsThing, str]] = {
    "project": "Pass a project ID as currents_list_projects gives it.",
    "run": f"Pass a run ID, or a dashboard URL such as {CURRENTS_DASHBOARD}/run/<run ID>; "
    "currents_list_runs and currents_find_run give run IDs.",
    "instance": "Pass an instance ID as currents_get_run lists it, or a dashboard URL such as "
    f"{CURRENTS_DASHBOARD}/instance/<instance ID>.",
}


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
    url = _CURRENTS_URL.fullmatch(reference.strip())
    if url is None:
        return _checked_id(reference, reference, thing)
    if url["thing"].lower() != thing:
        raise _refused(reference, thing, f"is not the URL of {_article(thing)}")
    return _checked_id(url["id"], reference, thing)


def _checked_id(candidate: str, reference: str, thing: CurrentsThing) -> str:
    if not _CURRENTS_ID.fullmatch(candidate) or candidate in _RESERVED:
        raise _refused(reference, thing, f"is not the ID of {_article(thing)}")
    return candidate


def _refused(reference: str, thing: CurrentsThing, why: str) -> InvalidArgument:
    shown = clip(one_line(reference), 120)
    return InvalidArgument(
        f'"{shown}" {why} (1 to 128 ASCII letters, digits, "-" and "_"); nothing was requested.',
        next_step=_HINTS[thing],
    )


def _article(thing: CurrentsThing) -> str:
    return "an instance" if thing == "instance" else f"a {thing}"
