"""Payloads with fields that are null, absent, unknown or of another type."""

import copy
from contextlib import suppress
from typing import Any, Final

import pytest
from currents_payloads import (
    CYPRESS_INSTANCE,
    OLDEST_RUN,
    PLAYWRIGHT_INSTANCE,
    PLAYWRIGHT_RUN,
    RUN,
    Sent,
    decoded_run,
    full_instance,
    full_run,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_mcp import model
from runs_mcp.errors import MalformedResponse
from runs_mcp.providers.currents.mapping import runs as run_mapping

Path = tuple[str | int, ...]


def paths_in(value: object, path: Path = ()) -> list[Path]:
    """Returns the path of every field and item within a payload."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    found = [(*path, key) for key, _ in items]
    return found + [inner for key, item in items for inner in paths_in(item, (*path, key))]


def replaced(sent: Sent, path: Path, value: object) -> Sent:
    """Returns the payload with another value at the path; Ellipsis removes the field."""
    result = copy.deepcopy(sent)
    holder: Any = result
    for key in path[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return result


PAYLOADS: Final = [
    *[(sent, True) for sent in (OLDEST_RUN, RUN, PLAYWRIGHT_RUN)],
    *[(sent, False) for sent in (PLAYWRIGHT_INSTANCE, CYPRESS_INSTANCE)],
]
PLACES: Final = [(sent, is_run, path) for sent, is_run in PAYLOADS for path in paths_in(sent)]
every_payload = pytest.mark.parametrize(
    ("sent", "is_run"), PAYLOADS, ids=["2022", "2024", "Playwright run", "Playwright", "Cypress"]
)


def read(sent: object, *, is_run: bool) -> model.Record:
    if is_run:
        run_mapping.listed_run(decoded_run(sent))
        return full_run(sent)
    return full_instance(sent)


@every_payload
def test_any_field_may_be_null_or_absent(sent: Sent, *, is_run: bool) -> None:
    for path in paths_in(sent):
        read(replaced(sent, path, None), is_run=is_run)
        read(replaced(sent, path, ...), is_run=is_run)


@every_payload
def test_unknown_fields_are_ignored_everywhere(sent: Sent, *, is_run: bool) -> None:
    expected = read(sent, is_run=is_run)

    def with_unknown(value: object) -> object:
        if isinstance(value, dict):
            inner = {name: with_unknown(item) for name, item in value.items()}
            return {"unknown": {"a": [1, None]}, **inner, "_id": 7}
        return [with_unknown(item) for item in value] if isinstance(value, list) else value

    assert read(with_unknown(sent), is_run=is_run) == expected


@every_payload
def test_numbers_may_come_as_texts(sent: Sent, *, is_run: bool) -> None:
    def with_texts(value: object) -> object:
        if isinstance(value, dict):
            return {name: with_texts(item) for name, item in value.items()}
        if isinstance(value, list):
            return [with_texts(item) for item in value]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return str(value) if number else value

    assert read(with_texts(sent), is_run=is_run) == read(sent, is_run=is_run)


@pytest.mark.parametrize("is_run", [True, False])
@pytest.mark.parametrize("sent", [{}, {"unknown": 1}])
def test_an_empty_record_is_read(sent: Sent, *, is_run: bool) -> None:
    read(sent, is_run=is_run)


ODD_VALUES = st.sampled_from(
    [True, -1, 1e300, 10**30, "", "nan", "\x00", [], {}, [[]], [1], {"a": 1}]
) | st.text(max_size=5)


@settings(max_examples=150)
@given(place=st.sampled_from(PLACES), value=ODD_VALUES)
def test_a_wrong_type_anywhere_is_read_or_malformed_and_never_another_error(
    place: tuple[Sent, bool, Path], value: object
) -> None:
    sent, is_run, path = place
    with suppress(MalformedResponse):
        read(replaced(sent, path, value), is_run=is_run)
