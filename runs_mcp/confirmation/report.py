"""What a destructive call answers with."""

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from runs_mcp.model import Receipt, Record, Run, Statement, Text, Whole

Outcome = Literal[
    "done",
    "already_done",
    "confirmation_required",
    "declined",
    "no_answer",
    "refused",
    "changed",
    "unknown",
]


class Offer(NamedTuple):
    """How the same call can still be confirmed.

    Args:
        seconds: For how long.
        token: The token to pass back, where that confirms.
        url: The address of the page to confirm on, where the person has to be given it. Without
            it and a token, the page was opened for them.
    """

    seconds: int
    token: str = ""
    url: str = ""


class ActionReport(Record, frozen=True, kw_only=True):
    """What came of a destructive call.

    Every outcome but done, already_done and unknown says that nothing was changed.
    """

    action: Literal["cancel", "reset", "delete"]
    outcome: Outcome
    run: Annotated[
        Run | msgspec.UnsetType, Meta(description="What was about to be, or was, acted on.")
    ] = msgspec.UNSET
    others: Annotated[tuple[Run, ...], Meta(description="More runs concerned.")] = ()
    preview: Annotated[Text, Meta(description="The run's state in plain words.")] = ""
    effect: Annotated[
        Statement, Meta(description="What it does, and whether it can be undone.")
    ] = ""
    upstream: Annotated[Receipt, Meta(description="What the API said of it.")] = Receipt()
    confirmation_url: Annotated[
        str, Whole(300), Meta(description="The page on which the person can confirm.")
    ] = ""
    confirmation_token: Annotated[str, Whole(200)] = ""
    expires_in_s: Annotated[
        int, Meta(description="How long the page or the token is valid, in seconds.")
    ] = 0
    next: Annotated[Statement, Meta(description="What to do now.")] = ""
