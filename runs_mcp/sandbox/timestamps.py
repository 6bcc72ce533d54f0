"""Times as the APIs write them."""

from datetime import UTC, datetime


def utc(moment: datetime) -> str:
    """The way the API writes a time: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
