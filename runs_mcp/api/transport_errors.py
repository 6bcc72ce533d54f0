"""What the exceptions of httpx mean: each becomes a `RunsError`."""

from collections.abc import Mapping
from typing import Final

import httpx

from runs_mcp.errors import InvalidArgument, NotConnected, RunsError, Unreachable
from runs_mcp.text import clip, one_line

# The nearest base class of an exception decides.
MEANINGS: Final[Mapping[type[Exception], type[RunsError]]] = {
    httpx.InvalidURL: InvalidArgument,
    httpx.ConnectError: NotConnected,
    httpx.ConnectTimeout: NotConnected,
    httpx.PoolTimeout: NotConnected,
    httpx.RequestError: Unreachable,
}


def error_of(exception: Exception, api: str, origin: str) -> RunsError:
    """Returns the error that an exception of httpx means.

    Args:
        exception: One of `MEANINGS`, or of a subclass.
        api: The name of the API, for the message.
        origin: The scheme, host and port of the API, for the message.
    """
    meaning = next(MEANINGS[base] for base in type(exception).__mro__ if base in MEANINGS)
    if meaning is InvalidArgument:
        return InvalidArgument(
            "The arguments are too long for a URL, or do not fit into one; nothing was requested."
        )
    if meaning is NotConnected:
        return NotConnected(
            f"No connection to the {api} API at {origin} could be made: "
            f"{clip(one_line(str(exception)), 200) or 'it took too long'}.",
            next_step="Check that the API's URL is right and that this machine may reach it; "
            "`runs-mcp check` tests it.",
        )
    return Unreachable(f"The connection to the {api} API broke off before the answer was complete.")
