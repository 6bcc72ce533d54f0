"""Paths of an API: templates such as `/runs/{run_id}`, and the values for them."""

from collections.abc import Mapping
from urllib.parse import quote

from runs_mcp.errors import InvalidArgument


def fill_path(template: str, values: Mapping[str, str]) -> str:
    """Returns the path with each value percent-encoded as exactly one segment.

    Raises:
        InvalidArgument: A value is empty, or it is `.` or `..`, which would change the path.
    """
    for name, value in values.items():
        if value in ("", ".", ".."):
            raise InvalidArgument(f"{name} is empty or not a name; nothing was requested.")
    return template.format_map({name: quote(value, safe="") for name, value in values.items()})
