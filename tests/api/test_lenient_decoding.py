"""Decoding of JSON with values of the wrong type."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.api.lenient_decoding import decode_leniently
from runs_mcp.api.response_body import decode
from runs_mcp.errors import MalformedResponse
from runs_mcp.providers.buildkite.wire import WireFailedExecution
from runs_mcp.providers.currents.wire.instances import WireInstance
from runs_mcp.providers.currents.wire.runs import Envelope, WireRun

PAYLOADS: Final = Path(__file__).parents[1] / "payloads"
INSTANCE: Final = json.loads((PAYLOADS / "instance-schema-2.json").read_bytes())
RUN: Final = json.loads((PAYLOADS / "run-complete.json").read_bytes())
ODD: Final[tuple[object, ...]] = ("odd", 7, True, [], {}, ["odd"], {"odd": 1}, None)
Path_ = tuple[str | int, ...]


def places(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Yields the path of every value in a payload but the outermost."""
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for name, item in items:
        yield from places(item, (*path, name))


def replaced(payload: dict[str, Any], path: Path_, odd: object) -> dict[str, Any]:
    """Returns the payload with one value replaced."""
    changed = copy.deepcopy(payload)
    container: Any = changed
    for step in path[:-1]:
        container = container[step]
    container[path[-1]] = odd
    return changed


def read_instance(payload: object) -> tuple[Envelope[WireInstance], tuple[str, ...]]:
    return decode(bytearray(json.dumps(payload).encode()), Envelope[WireInstance], "Currents")


@given(st.data())
def test_an_odd_value_anywhere_in_an_instance_leaves_its_other_tests_as_they_are(
    data: st.DataObject,
) -> None:
    inside = [path for path in places(INSTANCE["data"]) if path[0] in ("results", "testResults")]
    path = data.draw(st.sampled_from([path for path in inside if len(path) > 2]))
    sent = replaced(INSTANCE, ("data", *path), data.draw(st.sampled_from(ODD)))
    answer, _ = read_instance(sent)
    whole, _ = read_instance(INSTANCE)
    assert answer.data is not None
    assert whole.data is not None
    for test_id, result in (whole.data.test_results or {}).items():
        if test_id not in path:
            assert (answer.data.test_results or {})[test_id] == result


@given(st.data())
def test_an_odd_value_in_a_run_leaves_its_other_specs_as_they_are(data: st.DataObject) -> None:
    inside = [path for path in places(RUN["data"]) if path[:2] == ("specs", 1)]
    path = data.draw(st.sampled_from(inside))
    sent = replaced(RUN, ("data", *path), data.draw(st.sampled_from(ODD)))
    answer, unreadable = decode(bytearray(json.dumps(sent).encode()), Envelope[WireRun], "Currents")
    assert answer.data is not None
    specs = [spec.spec for spec in answer.data.specs or () if spec]
    assert specs[0] == "storefront/onboarding.spec.ts"
    assert specs[-1] == "storefront/invoices.spec.ts"
    assert len(specs) + len(unreadable) + (answer.data.specs or []).count(None) == 3


@pytest.mark.parametrize("odd", ["odd", 7, True, [], ["odd"]])
def test_a_record_of_the_wrong_type_is_dropped_and_the_reason_is_returned(odd: object) -> None:
    sent = [{"test_name": "a"}, odd, {"test_name": "c"}]
    found, unreadable = decode_leniently(json.dumps(sent).encode(), list[WireFailedExecution])
    assert [execution.test_name for execution in found] == ["a", "c"]
    assert len(unreadable) == 1
    assert unreadable[0].startswith("$[1] is ")


@pytest.mark.parametrize(
    ("field", "odd"),
    [
        ("tags", {"a": "1", "b": {"c": 2}}),
        ("tags", "odd"),
        ("duration", "soon"),
        ("failure_expanded", 7),
        ("failure_expanded", [7, {"expanded": {"a": 1}}]),
        ("location", ["a.py", 3]),
    ],
)
def test_a_record_is_read_without_a_field_of_the_wrong_type(field: str, odd: object) -> None:
    sent = [{"test_name": "a", "failure_reason": "why", field: odd}]
    found, _ = decode_leniently(json.dumps(sent).encode(), list[WireFailedExecution])
    assert found[0].test_name == "a"
    assert found[0].failure_reason == "why"


def test_a_list_of_records_of_the_wrong_type_is_reported() -> None:
    sent = {"data": {"runId": "r", "specs": "odd", "groups": {"a": 1}}}
    answer, unreadable = decode_leniently(json.dumps(sent).encode(), Envelope[WireRun])
    assert answer.data is not None
    assert answer.data.run_id == "r"
    assert set(unreadable) == {"$.data.specs is text", "$.data.groups is an object"}


def test_a_correct_answer_is_decoded_as_by_the_strict_decoder() -> None:
    body = json.dumps(INSTANCE).encode()
    strict = msgspec.json.decode(body, type=Envelope[WireInstance], strict=False)
    assert decode_leniently(body, Envelope[WireInstance]) == (strict, ())


@pytest.mark.parametrize("body", [b"[]", b'"odd"', b"7", b"null"])
def test_an_answer_of_another_type_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedResponse):
        decode(bytearray(body), Envelope[WireRun], "Currents")


OUT_OF_RANGE: Final = ["1e400", "-1E+400", "9" * 5000, "-" + "9" * 5000, "9" * 5000 + ".5"]
PLACE: Final = "the place of the number"


def with_number(payload: dict[str, Any], path: Path_, number: str) -> bytearray:
    return bytearray(
        json.dumps(replaced(payload, path, PLACE)).replace(f'"{PLACE}"', number), "ascii"
    )


@given(st.data())
def test_a_number_out_of_range_counts_as_missing(data: st.DataObject) -> None:
    fields = [path for path in places(RUN["data"]) if isinstance(path[-1], str)]
    path = ("data", *data.draw(st.sampled_from(fields)))
    sent = with_number(RUN, path, data.draw(st.sampled_from(OUT_OF_RANGE)))
    answer, unreadable = decode(sent, Envelope[WireRun], "Currents")
    missing = bytearray(json.dumps(replaced(RUN, path, None)).encode())
    assert answer == decode(missing, Envelope[WireRun], "Currents")[0]
    records = path[-1] in ("specs", "groups") and len(path) == 2
    assert unreadable == ((f"$.data.{path[-1]} is a number out of range",) if records else ())


@pytest.mark.parametrize("number", OUT_OF_RANGE)
def test_a_number_out_of_range_costs_its_own_place_alone(number: str) -> None:
    text = f'"1e400 \\" {"9" * 5000}"'
    sent = f'{{"a": {text}, "b": [1, {number}, {number}], "c": {{"{number}": {number}}}}}'
    read, _ = decode(bytearray(sent.encode()), dict[str, Any], "Currents")
    told = "(a number out of range)"
    assert read == {"a": f'1e400 " {"9" * 5000}', "b": [1, told, told], "c": {number: told}}


def test_a_list_that_does_not_say_whether_it_goes_on_is_malformed() -> None:
    with pytest.raises(MalformedResponse, match="has_more is a number out of range"):
        decode(bytearray(b'{"data":{"runId":"r"},"has_more":1e400}'), Envelope[WireRun], "Currents")


@pytest.mark.parametrize("body", [b'{"a":1e400', b'{"a":1e400,"b":01}', b'{"a":1e400,"b":1e}'])
def test_what_is_not_json_stays_malformed_with_a_number_out_of_range(body: bytes) -> None:
    with pytest.raises(MalformedResponse, match="not JSON"):
        decode(bytearray(body), dict[str, Any], "Currents")
