"""Arguments that tools of every provider take."""

from typing import Annotated

from pydantic import BeforeValidator, Field


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_lower_case_list(value: object) -> object:
    listed = _as_list(value)
    if not isinstance(listed, list):
        return listed
    return [item.lower() if isinstance(item, str) else item for item in listed]


OneOrMore = BeforeValidator(_as_list)
"""Accepts a single text as a list of one, as models write it."""
OneOrMoreValues = BeforeValidator(_as_lower_case_list)
"""The same for values in any case: the APIs write them in capitals."""
Cursor = Annotated[
    str, Field(description="next_cursor of the page before, same arguments.", max_length=4000)
]
