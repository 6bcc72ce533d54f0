"""Values of an odd shape cost no more than themselves: the rest of an answer is still read.

An answer is decoded strictly first, which is fast. Only where that fails is it taken apart here:
a field that does not fit is left out, as if the API had not sent it, and so is a record that
does not fit at all.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")
_MISFIT: Final = object()
_KINDS: Final = {dict: "an object", list: "a list", str: "text", bool: "a boolean"}


class Fitted(NamedTuple):
    """A value with what fits of it.

    Args:
        data: Builtins that can be converted to the wanted type.
        unreadable: Where whole records were left out, and why.
    """

    data: object
    unreadable: tuple[str, ...]


def decode_what_fits(body: bytes | bytearray, wanted: type[T]) -> tuple[T, tuple[str, ...]]:
    """Returns the answer without what does not fit, and why records were left out.

    Raises:
        msgspec.ValidationError: The answer as a whole is of another shape.
        msgspec.DecodeError: It is not JSON.
    """
    fitted = what_fits(msgspec.json.decode(body), wanted)
    return msgspec.convert(fitted.data, wanted, strict=False), fitted.unreadable


def what_fits(value: object, wanted: type[object]) -> Fitted:
    """Returns what of a decoded JSON value fits a type, and which records did not.

    Raises:
        msgspec.ValidationError: Nothing of it fits, or what frames its records does not.
    """
    fitter = _Fitter()
    root = inspect.type_info(wanted)
    fitted = fitter.fit(value, root, "$")
    if fitted is _MISFIT:
        raise msgspec.ValidationError(f"the answer is {_kind(value)}")
    if isinstance(root, inspect.StructType) and isinstance(value, dict):
        _check_frame(value, fitted, root)
    return Fitted(fitted, tuple(fitter.unreadable))


def _check_frame(value: dict[str, object], fitted: object, root: inspect.StructType) -> None:
    """Refuses an answer whose own fields hold no record, or do not say whether more follows."""
    for field in root.fields:
        name = field.encode_name
        lost = name in value and isinstance(fitted, dict) and name not in fitted
        kinds = (inspect.StructType, inspect.ListType, inspect.DictType, inspect.BoolType)
        if lost and any(isinstance(arm, kinds) for arm in _arms(field.type)):
            raise msgspec.ValidationError(f"{name} is {_kind(value[name])}")


class _Fitter:
    """Takes one answer apart, and keeps in mind which records it left out."""

    def __init__(self) -> None:
        self.unreadable: list[str] = []

    def fit(self, value: object, wanted: inspect.Type, path: str) -> object:
        """Returns the value with what fits of it, or `_MISFIT`."""
        while isinstance(wanted, inspect.Metadata):
            wanted = wanted.type
        if isinstance(wanted, inspect.UnionType):
            return self._fit_union(value, wanted, path)
        if isinstance(wanted, inspect.StructType):
            return self._fit_struct(value, wanted, path)
        if isinstance(wanted, inspect.ListType):
            return self._fit_list(value, wanted, path)
        if isinstance(wanted, inspect.DictType):
            return self._fit_dict(value, wanted, path)
        fits = _SCALARS.get(type(wanted))
        return value if fits is None or fits(value) else _MISFIT

    def _fit_union(self, value: object, wanted: inspect.UnionType, path: str) -> object:
        for arm in wanted.types:
            if (fitted := self.fit(value, arm, path)) is not _MISFIT:
                return fitted
        return _MISFIT

    def _fit_struct(self, value: object, wanted: inspect.StructType, path: str) -> object:
        if not isinstance(value, dict):
            return _MISFIT
        fitted: dict[str, object] = {}
        for field in wanted.fields:
            name = field.encode_name
            if name not in value:
                continue
            kept = self.fit(value[name], field.type, f"{path}.{name}")
            if kept is not _MISFIT:
                fitted[name] = kept
            elif _holds_records(field.type):
                self.unreadable.append(f"{path}.{name} is {_kind(value[name])}")
        return fitted

    def _fit_list(self, value: object, wanted: inspect.ListType, path: str) -> object:
        if not isinstance(value, list):
            return _MISFIT
        fitted: list[object] = []
        for place, item in enumerate(value):
            kept = self.fit(item, wanted.item_type, f"{path}[{place}]")
            if kept is not _MISFIT:
                fitted.append(kept)
            elif _is_record(wanted.item_type):
                self.unreadable.append(f"{path}[{place}] is {_kind(item)}")
        return fitted

    def _fit_dict(self, value: object, wanted: inspect.DictType, path: str) -> object:
        if not isinstance(value, dict):
            return _MISFIT
        fitted: dict[str, object] = {}
        for name, item in value.items():
            kept = self.fit(item, wanted.value_type, f"{path}[…]")
            if kept is not _MISFIT:
                fitted[name] = kept
            elif _is_record(wanted.value_type):
                self.unreadable.append(f"{path}[…] is {_kind(item)}")
        return fitted


def _reads_as(value: object, wanted: type[object]) -> bool:
    try:
        msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        return False
    return True


_SCALARS: Final[dict[type[inspect.Type], Callable[[object], bool]]] = {
    inspect.StrType: lambda value: isinstance(value, str),
    inspect.BoolType: lambda value: _reads_as(value, bool),
    inspect.IntType: lambda value: _reads_as(value, int),
    inspect.FloatType: lambda value: _reads_as(value, float),
    inspect.NoneType: lambda value: value is None,
}


def _arms(wanted: inspect.Type) -> tuple[inspect.Type, ...]:
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
    return "nothing" if value is None else _KINDS.get(type(value), "a number")
