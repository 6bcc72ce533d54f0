"""Types of fields, each with what is to be known of the field.

Every string in an answer says here how it may be shortened, or that it is short by nature: the
budget of an answer rests on it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated, get_args

from msgspec import Meta, Struct
from msgspec.structs import fields


class Shortening(Enum):
    """How a field is shortened where an answer does not fit into its budget."""

    TEXT = "Its end is cut off."
    TITLE = "Its middle is cut out: the end tells the cases of a test, or shards, apart."
    PATH = "Its end is cut off, but only once shorter texts and titles do not help."
    URL = "It is left out where it is long: a part of it would be worthless."
    LAST = "Its end is cut off, but only once nothing else helps."
    FIRST_ITEM = "Of a list: only the first item stays, with the number of the others."
    COUNTED = "Of a list: no item stays; the field of the same name and `_omitted` counts them."


@dataclass(frozen=True)
class Whole:
    """A string that is never shortened: it is short by nature.

    Args:
        max_bytes: How long it can be, in UTF-8.
    """

    max_bytes: int


Text = Annotated[str, Shortening.TEXT]
"""Free text."""
Texts = Annotated[tuple[Text, ...], Shortening.FIRST_ITEM]
"""Free texts, the most important first."""
Title = Annotated[str, Shortening.TITLE]
Path = Annotated[str, Shortening.PATH]
"""A path or a place in a file."""
Commit = Annotated[str, Shortening.PATH]
Url = Annotated[str, Shortening.URL]
Id = Annotated[str, Shortening.LAST]
Statement = Annotated[str, Shortening.LAST]
"""What this product says of its own accord."""
Word = Annotated[str, Shortening.LAST]
"""A status or the like, as the API has it."""
Timestamp = Annotated[str, Whole(24), Meta(description="ISO 8601, UTC.")]
Milliseconds = Annotated[int, Meta(description="Milliseconds.")]


@cache
def shortenings(record_type: type[Struct]) -> Mapping[str, frozenset[Shortening]]:
    """Returns for each field of a record how it, and what is in it, may be shortened."""
    return {field.name: frozenset(_shortenings_in(field.type)) for field in fields(record_type)}


def _shortenings_in(annotation: object) -> Iterator[Shortening]:
    if isinstance(annotation, Shortening):
        yield annotation
    for part in get_args(annotation):
        yield from _shortenings_in(part)
