"""Times in the form of the APIs."""

from datetime import UTC, datetime


def utc(moment: datetime) -> str:
    """Returns a time in UTC, with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
