"""How much of all there is an answer shows."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from runs_mcp.model import Record, Whole

_NEXT_CURSOR: Final = "Call again with this cursor and the same arguments for the rest."
NextCursor = Annotated[str, Whole(400), Meta(description=_NEXT_CURSOR)]
"""It holds a cursor of the API."""


class Trim(Record, frozen=True, kw_only=True):
    """How much of all there is this answer shows."""

    trimmed: Annotated[bool, Meta(description="Whether anything is left out of this answer.")]
    upstream_bytes: Annotated[
        int | UnsetType, Meta(description="Size of what the API sent, decoded.")
    ] = UNSET
    shown: Annotated[int, Meta(description="Records on this page.")]
    total: Annotated[
        int | UnsetType,
        Meta(description="Records on all pages together, where that is known."),
    ] = UNSET
    detail: Annotated[str, Whole(8), Meta(description="The detail that was applied.")] = ""
    reason: Annotated[str, Whole(163), Meta(description="Why this is not everything.")] = ""
    next_cursor: Annotated[str, Whole(92), Meta(description=_NEXT_CURSOR)] = ""


def trim_of(
    shown: int,
    total: int | None,
    next_cursor: str,
    *,
    trimmed: bool | None = None,
    upstream_bytes: int | UnsetType = UNSET,
    detail: str = "",
    reason: str = "",
) -> Trim:
    """Returns how much of all there is a page shows.

    Args:
        shown: The number of records on this page.
        total: Their number on all pages; None where that is not known.
        next_cursor: Leads to the next page; empty on the last one.
        trimmed: Whether anything is left out; by default, whether `shown` is less than `total`.
        upstream_bytes: The size of what the API sent.
        detail: The detail that was applied.
        reason: Why records are on no page.
    """
    rest = "next_cursor gives the rest" if next_cursor else ""
    return Trim(
        trimmed=total is not None and shown < total if trimmed is None else trimmed,
        upstream_bytes=upstream_bytes,
        shown=shown,
        total=UNSET if total is None else total,
        detail=detail,
        reason="; ".join(filter(None, [reason, rest])),
        next_cursor=next_cursor,
    )
