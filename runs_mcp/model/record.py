"""The base of all records."""

from msgspec import Struct


class Record(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The base of all records: immutable, and encoded without fields at their defaults."""
