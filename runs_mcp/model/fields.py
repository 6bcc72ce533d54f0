"""The types of fields, with the facts that hold for a field wherever its record is used.

Every string in an answer has a type that says how it is shortened, or how short it always is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Annotated, get_args

from msgspec import Meta, Struct
from msgspec.structs import fields


class Shortening(Enum):
    """How a field is shortened when an answer does not fit into its budget.

    First `TEXT` and `TITLE`; if that is not enough, also `PATH` and the lists; then `URL`; and
    only if nothing else helps, everything.
    """

    TEXT = auto()
    """Its end is cut off."""

    TITLE = auto()
    """Its middle is cut out: the ends of titles distinguish them."""

    PATH = auto()
    """Its end is cut off."""

    FIRST_ITEM = auto()
    """A list: only its first item stays, with the number of the others."""

    COUNTED = auto()
    """A list: none of its items stays; the field `<name>_omitted` counts them."""

    URL = auto()
    """It is left out if it is long: part of a URL is useless."""

    LAST = auto()
    """Its end is cut off."""


@dataclass(frozen=True)
class Whole:
    """A string that is never shortened, since it is always short.

    Args:
        max_bytes: The most bytes of UTF-8 that it has.
    """

    max_bytes: int


Text = Annotated[str, Shortening.TEXT]
"""Free text."""

Texts = Annotated[tuple[Text, ...], Shortening.FIRST_ITEM]
"""Free texts, the most important first."""

Title = Annotated[str, Shortening.TITLE]
"""The title of a test, or the name of a group of a run."""

Path = Annotated[str, Shortening.PATH]
"""The path of a file, or a line in it."""

Commit = Annotated[str, Shortening.PATH]
"""The hash of a commit."""

Url = Annotated[str, Shortening.URL]

Id = Annotated[str, Shortening.LAST]

Statement = Annotated[str, Shortening.LAST]
"""A sentence of this product, which may quote others."""

Word = Annotated[str, Shortening.LAST]
"""A status or the like, as the API has it."""

Timestamp = Annotated[str, Whole(24), Meta(description="ISO 8601, UTC.")]
Milliseconds = Annotated[int, Meta(description="Milliseconds.")]


@cache
def shortenings(record_type: type[Struct]) -> Mapping[str, frozenset[Shortening]]:
    """Returns the facts of each field of a record, and of the strings in it: by field name."""
    return {field.name: frozenset(_shortenings_in(field.type)) for field in fields(record_type)}


def _shortenings_in(annotation: object) -> Iterator[Shortening]:
    if isinstance(annotation, Shortening):
        yield annotation
    for part in get_args(annotation):
        yield from _shortenings_in(part)
