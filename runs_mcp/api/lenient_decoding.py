"""Decoding of JSON with values of the wrong type: they are dropped, and the rest is read.

An answer is decoded strictly first, which is fast. Where that fails, this module drops each field
of the wrong type, as if the API had not sent it, and each record that is not an object.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from msgspec import inspect

from runs_mcp.api.json_numbers import OUT_OF_RANGE, json_value
from runs_mcp.deadline import stop_when_late

T = TypeVar("T")

_DROPPED: Final = object()
_MOST_NAMED: Final = 1000
_NOT_NAMED: Final = "one of many that could not be read"
_JSON_KINDS: Final = {dict: "an object", list: "a list", str: "text", bool: "a boolean"}


def decode_leniently(body: bytes | bytearray, wanted: type[T]) -> tuple[T, tuple[str, ...]]:
    """Returns the answer without what is of the wrong type, and why records were dropped.

    Raises:
        msgspec.ValidationError: The answer as a whole is of another type, or a field of its own
            that holds its records or says whether more follow.
        msgspec.DecodeError: It is not JSON.
    """
    value = json_value(body)
    root = inspect.type_info(wanted)
    filter_ = _TypeFilter()
    kept = filter_.keep(value, root, "$")
    if kept is _DROPPED:
        raise msgspec.ValidationError(f"the answer is {_kind(value)}")
    if isinstance(root, inspect.StructType) and isinstance(value, dict):
        _check_envelope(value, kept, root)
    return msgspec.convert(kept, wanted, strict=False), tuple(filter_.unreadable)


def _check_envelope(value: dict[str, object], kept: object, root: inspect.StructType) -> None:
    """Refuses an answer that lost its records, or whether more follow."""
    for field in root.fields:
        name = field.encode_name
        lost = name in value and isinstance(kept, dict) and name not in kept
        kinds = (inspect.StructType, inspect.ListType, inspect.DictType, inspect.BoolType)
        if lost and any(isinstance(arm, kinds) for arm in _arms(field.type)):
            raise msgspec.ValidationError(f"{name} is {_kind(value[name])}")


class _TypeFilter:
    """Keeps what is of the wanted type, and collects which records were dropped."""

    def __init__(self) -> None:
        self.unreadable: list[str] = []

    def keep(self, value: object, wanted: inspect.Type, path: str) -> object:
        """Returns the value without what is of the wrong type, or `_DROPPED`.

        Raises:
            TimeoutError: The deadline of the call has passed.
        """
        stop_when_late()
        if value == OUT_OF_RANGE:
            return _DROPPED
        while isinstance(wanted, inspect.Metadata):
            wanted = wanted.type
        if isinstance(wanted, inspect.UnionType):
            return self._keep_union(value, wanted, path)
        if isinstance(wanted, inspect.StructType):
            return self._keep_struct(value, wanted, path)
        if isinstance(wanted, inspect.ListType):
            return self._keep_list(value, wanted, path)
        if isinstance(wanted, inspect.DictType):
            return self._keep_dict(value, wanted, path)
        fits = _SCALARS.get(type(wanted))
        return value if fits is None or fits(value) else _DROPPED

    def _add(self, path: str, value: object) -> None:
        named = len(self.unreadable) < _MOST_NAMED
        self.unreadable.append(f"{path} is {_kind(value)}" if named else _NOT_NAMED)

    def _keep_union(self, value: object, wanted: inspect.UnionType, path: str) -> object:
        for arm in wanted.types:
            if (kept := self.keep(value, arm, path)) is not _DROPPED:
                return kept
        return _DROPPED

    def _keep_struct(self, value: object, wanted: inspect.StructType, path: str) -> object:
        if not isinstance(value, dict):
            return _DROPPED
        fields: dict[str, object] = {}
        for field in wanted.fields:
            name = field.encode_name
            if name not in value:
                continue
            kept = self.keep(value[name], field.type, f"{path}.{name}")
            if kept is not _DROPPED:
                fields[name] = kept
            elif _holds_records(field.type):
                self._add(f"{path}.{name}", value[name])
        return fields

    def _keep_list(self, value: object, wanted: inspect.ListType, path: str) -> object:
        if not isinstance(value, list):
            return _DROPPED
        items: list[object] = []
        for index, item in enumerate(value):
            kept = self.keep(item, wanted.item_type, f"{path}[{index}]")
            if kept is not _DROPPED:
                items.append(kept)
            elif _is_record(wanted.item_type):
                self._add(f"{path}[{index}]", item)
        return items

    def _keep_dict(self, value: object, wanted: inspect.DictType, path: str) -> object:
        if not isinstance(value, dict):
            return _DROPPED
        items: dict[str, object] = {}
        for name, item in value.items():
            kept = self.keep(item, wanted.value_type, f"{path}[…]")
            if kept is not _DROPPED:
                items[name] = kept
            elif _is_record(wanted.value_type):
                self._add(f"{path}[…]", item)
        return items


def _converts_to(value: object, wanted: type[object]) -> bool:
    try:
        msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        return False
    return True


_SCALARS: Final[dict[type[inspect.Type], Callable[[object], bool]]] = {
    inspect.StrType: lambda value: isinstance(value, str),
    inspect.BoolType: lambda value: _converts_to(value, bool),
    inspect.IntType: lambda value: _converts_to(value, int),
    inspect.FloatType: lambda value: _converts_to(value, float),
    inspect.NoneType: lambda value: value is None,
}


def _arms(wanted: inspect.Type) -> tuple[inspect.Type, ...]:
    """Returns the types of a union, or the type itself."""
    return wanted.types if isinstance(wanted, inspect.UnionType) else (wanted,)


def _is_record(wanted: inspect.Type) -> bool:
    return any(isinstance(arm, inspect.StructType) for arm in _arms(wanted))


def _holds_records(wanted: inspect.Type) -> bool:
    return any(
        (isinstance(arm, inspect.ListType) and _is_record(arm.item_type))
        or (isinstance(arm, inspect.DictType) and _is_record(arm.value_type))
        for arm in _arms(wanted)
    )


def _kind(value: object) -> str:
    if value == OUT_OF_RANGE:
        return "a number out of range"
    return "nothing" if value is None else _JSON_KINDS.get(type(value), "a number")
