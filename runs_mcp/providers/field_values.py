"""Values of a payload made fit for the model: plain, of bounded length, never null."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeVar

from runs_mcp.deadline import stop_when_late
from runs_mcp.model import TITLE_CHARS
from runs_mcp.text import (
    clip,
    clip_distinct,
    clip_middle,
    digest,
    full_length,
    middle_marker,
    safe_line,
    safe_text,
)

T = TypeVar("T")

PATH_CHARS: Final = 300
BLOCK_CHARS: Final = 1500
_MOST_CHARS: Final = 1_000_000
_ID_CHARS: Final = 128
_HEX_ID: Final = re.compile(r"[0-9a-f]{8,32}(?:-[0-9a-f]{4,12}){0,4}")
_REPEATED: Final = 8192
_REPEATED_CHARS: Final = 200
_NAME_CHARS: Final = 128
_FIRST_MILLISECONDS: Final = 100_000_000_000  # epoch seconds are far below, milliseconds above


def identifier(value: str | None) -> str:
    """Returns an ID as one line of at most 128 characters."""
    if value is not None and _HEX_ID.fullmatch(value):
        return value  # As most are, each another one: there is nothing in it to hide.
    return distinct_line(value, _ID_CHARS)


def line(value: str | None, max_chars: int = _NAME_CHARS) -> str:
    """Returns a text as one plain line, without secrets in URLs."""
    return clip(safe_line(bounded(value)), max_chars) if value else ""


def distinct_line(value: str | None, max_chars: int = PATH_CHARS) -> str:
    """Returns what tells things apart, such as a group, as one plain line.

    One that is cut keeps a digest: two that differ never become one.
    """
    if value is not None and len(value) <= _REPEATED_CHARS:
        return _repeated_line(value, max_chars)
    return clip_distinct(whole_line(value), max_chars)


@lru_cache(_REPEATED)
def _repeated_line(value: str, max_chars: int) -> str:
    """Does the same: thousands of specs have the same few paths and groups."""
    return clip_distinct(whole_line(value), max_chars)


def title(value: str | None) -> str:
    """Returns a test's title as one plain line; the middle of a long one is left out."""
    return clip_middle(safe_line(bounded(value)), TITLE_CHARS) if value else ""


def whole_line(value: str | None) -> str:
    """Returns a text as one plain line, however long; over a million characters, with a digest."""
    if value is None:
        return ""
    mark = f" [{digest(value)}]" if len(value) > _MOST_CHARS else ""
    return safe_line(bounded(value)) + mark


def path(value: str | None) -> str:
    """Returns a path as one plain line, complete up to 300 characters."""
    return distinct_line(value)


def block(value: str | None, max_chars: int = BLOCK_CHARS) -> str:
    """Returns a text of several lines as plain text, without secrets in URLs."""
    return clip(uncut(value).strip("\n"), max_chars)


def uncut(value: str | None) -> str:
    """Returns a text of several lines as plain text, without secrets in URLs.

    Of a text longer than a million characters, the middle is left out: nobody wrote it.
    """
    return safe_text(bounded(value)) if value else ""


def bounded(value: str) -> str:
    """Returns a text without its middle if it has more than a million characters.

    Raises:
        TimeoutError: The deadline of the work that reads it has passed.
    """
    stop_when_late()
    if len(value) <= _MOST_CHARS:
        return value
    half = _MOST_CHARS // 2
    left_out = full_length(value) - full_length(value[:half]) - full_length(value[-half:])
    return f"{value[:half]}\n{middle_marker(left_out)}\n{value[-half:]}"


def count(value: int | float | None) -> int:
    """Returns a number of things as a whole number; 0 for what cannot be one."""
    if isinstance(value, int) and 0 <= value < _FIRST_MILLISECONDS:
        return value
    return max(0, round(value)) if value is not None and abs(value) < _FIRST_MILLISECONDS else 0


def timestamp(value: str | float | None) -> str:
    """Returns a time as ISO 8601 in UTC to the millisecond; empty if it is not a time."""
    moment = when(value)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else ""


def when(value: str | float | None) -> datetime | None:
    """Returns a time that was sent as ISO 8601, or as seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            # Buildkite has «2025-07-16 06:07:42 UTC» beside ISO 8601.
            moment = datetime.fromisoformat(value.removesuffix(" UTC"))
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if value is None:
            return None
        seconds = value / 1000 if value >= _FIRST_MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def present(items: Sequence[T | None] | None) -> list[T]:
    """Returns the items of a list that are not null; none if there is no list."""
    return [item for item in items or () if item is not None]
