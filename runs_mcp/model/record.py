"""The base of all records."""

from msgspec import Struct


class Record(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of all records: immutable; what is at its default is left out when encoded."""
