"""Reports of every type, each with all its texts as long as they can be."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Final, Literal, Union, get_args, get_origin

from msgspec import UNSET, UnsetType
from msgspec.structs import fields

from runs_mcp.model import Record, Shortening, Whole
from runs_mcp.providers import PROVIDERS
from runs_mcp.server.tools.catalog import FOR_EVERY_PROVIDER
from runs_mcp.server.tools.provider_tools import provider_tool

CHARACTERS: Final = ("x", "😀", '"\n')
_TEXT_CHARS: Final = 2000
_COUNT: Final = 999_999
_TEXTS_IN_A_LIST: Final = 13
_RECORDS_IN_A_RECORD: Final = 6


def report_types() -> list[type[Record]]:
    """Returns what the tools answer with, whatever provider they are of."""
    own = {
        provider_tool(provider.name, tool).report
        for provider in PROVIDERS
        for tool in provider.tools
    }
    return sorted(own | {tool.report for tool in FOR_EVERY_PROVIDER}, key=lambda one: one.__name__)


def record_types(annotation: object) -> set[type[Record]]:
    """Returns a type of records, and those of all records in it."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        found = {annotation}
        for field in fields(annotation):
            found |= record_types(field.type)
        return found
    return {one for part in get_args(annotation) for one in record_types(part)}


def longest_reports(report_type: type[Record], character: str) -> Iterator[Record]:
    """Yields pages with all their texts at their longest, and one record of each list in turn.

    A page that holds a single record is the smallest there is: no other could be sent instead.
    """
    rows = [field.name for field in fields(report_type) if _holds_rows(field.type)]
    constant = {
        field.name: () if field.name in rows else _longest(field.type, character)
        for field in fields(report_type)
    }
    yield report_type(**constant)
    for field in fields(report_type):
        if field.name in rows:
            for row in _longest_rows(_item_type(field.type), character):
                yield report_type(**constant | {field.name: (row,)})


def _holds_rows(annotation: object) -> bool:
    """Whether a field of a report is a list that goes on with the next page."""
    return _item_type(annotation) is not None and not (
        {Shortening.FIRST_ITEM, Shortening.COUNTED} & {*get_args(annotation)}
    )


def _item_type(annotation: object) -> object:
    if get_origin(annotation) is Annotated:
        return _item_type(get_args(annotation)[0])
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def _longest_rows(row_type: object, character: str) -> Iterator[object]:
    """Yields longest records; of a group of failures each part in turn, as the pages have it."""
    if not (isinstance(row_type, type) and issubclass(row_type, Record)):
        yield _longest(row_type, character)
        return
    parts = [
        field.name
        for field in fields(row_type)
        if field.default in ((), UNSET) and record_types(field.type)
    ]
    for shown in parts or [""]:
        yield row_type(
            **{
                field.name: _longest(field.type, character)
                for field in fields(row_type)
                if field.name == shown or field.name not in parts
            }
        )


def _longest(annotation: object, character: str) -> object:
    """Returns the value of a type that takes the most room."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated and arguments[0] is str:
        return _longest_text(arguments[1:], character)
    if origin is Annotated:
        return _longest(arguments[0], character)
    if origin in (Union, UnionType):
        (wanted,) = (arm for arm in arguments if arm is not UnsetType and arm != Literal[""])
        return _longest(wanted, character)
    if origin is Literal:
        return max(arguments, key=len)
    if origin is dict:
        keys = [f"{n}{_longest(arguments[0], character)}" for n in range(_TEXTS_IN_A_LIST)]
        return dict.fromkeys(keys, _COUNT)
    if origin is tuple:
        count = _RECORDS_IN_A_RECORD if record_types(arguments[0]) else _TEXTS_IN_A_LIST
        return (_longest(arguments[0], character),) * count
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation(
            **{field.name: _longest(field.type, character) for field in fields(annotation)}
        )
    return False if annotation is bool else _COUNT


def _longest_text(facts: tuple[object, ...], character: str) -> str:
    for fact in facts:
        if isinstance(fact, Whole):
            return "w" * fact.max_bytes
        if isinstance(fact, Shortening):
            return character * _TEXT_CHARS
    raise AssertionError("a string says nothing of its length")
