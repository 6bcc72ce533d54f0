"""What an error of an attempt says, in whatever form it comes."""

from typing import Any

import msgspec
import pytest

from runs_mcp import model
from runs_mcp.providers.currents.mapping import instances as instance_mapping
from runs_mcp.providers.currents.wire.instances import WireInstance

Sent = dict[str, Any]
SPEC = "tests/checkout.spec.ts"
FILE = f"/home/ci/shop/{SPEC}"


def failure_of(error: Sent | str | None, **fields: object) -> model.Failure:
    test = {"testId": "t", "title": ["pays"], "state": "failed", **fields}
    test["attempts"] = [{"state": "failed", "error": error, **fields}]
    sent = {"instanceId": "i", "spec": SPEC, "results": {"tests": [test]}}
    (failure,) = instance_mapping.full_instance(msgspec.convert(sent, WireInstance), 0).failures
    return failure


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"message": "Error: broke"}, "Error: broke"),
        ({"stack": f"Error: broke\n    at {FILE}:3:1"}, "Error: broke"),
        ({"message": "", "stack": f"Error: broke\n    at {FILE}:3:1"}, "Error: broke"),
        ({"stack": "expected 3 to be 4"}, "expected 3 to be 4"),
        ({"value": "a thrown text"}, "a thrown text"),
        ({"value": 0}, "0"),
        ({"name": "KeyError"}, ""),
        ("a bare text", "a bare text"),
        ({}, "shown"),
        (None, "shown"),
    ],
)
def test_the_message_is_what_there_is_of_message_stack_value_and_shown_text(
    error: Sent | str | None, message: str
) -> None:
    found = failure_of(error, displayError="shown").error.message
    assert found == (message or "shown")


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ({"name": "TimeoutError", "message": "Error: x"}, "TimeoutError"),
        ({"name": None, "message": "TypeError: x is not a function"}, "TypeError"),
        ({"name": None, "message": "Error: x"}, "Error"),
        ({"name": None, "message": "\x1b[31mRangeError\x1b[39m: x"}, "RangeError"),
        ({"stack": "java.lang.IllegalStateException: no bollard"}, None),
        ({"stack": "no type", "value": "AssertionError"}, "AssertionError"),
        ({"name": None, "message": "Something: odd"}, ""),
    ],
)
def test_the_type_comes_from_the_name_the_text_or_the_value(error: Sent, name: str | None) -> None:
    found = failure_of(error).error.name
    assert found == ("java.lang.IllegalStateException" if name is None else name)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Error: x", "codeFrame": {"line": 13, "file": FILE}},
        {"message": "Error: x", "codeFrame": {"line": 13, "relativeFile": SPEC}},
        {"message": "Error: x", "location": {"file": FILE, "line": 13, "column": 2}},
        {"message": "Error: x", "location": {"line": 13}},
        {"message": "Error: x", "stack": f"Error: x\n    at {FILE}:13:26"},
    ],
)
def test_the_place_is_that_of_the_code_frame_the_location_or_the_stack(error: Sent) -> None:
    assert failure_of(error).location == f"{SPEC}:13"


def test_a_code_frame_that_is_a_text_is_shown_as_one() -> None:
    assert (
        failure_of({"message": "x", "codeFrame": "> 1 | pay()"}).error.code_frame == "> 1 | pay()"
    )


@pytest.mark.parametrize(
    ("stack", "causes"),
    [
        (
            (
                f"Error: outer\n    at {FILE}:1:5\n"
                "[cause]: Error: connect ECONNREFUSED 127.0.0.1:1\n"
                "    at TCPConnectWrap.afterConnect (node:net:1607:16) {"
            ),
            ("Error: connect ECONNREFUSED 127.0.0.1:1",),
        ),
        (
            (
                f"Error: outer\n    at {FILE}:1:5 {{\n  [cause]: TypeError: no sku\n"
                "      at f (a.js:1:1)\n    [cause]: RangeError: deep\n}"
            ),
            ("TypeError: no sku", "RangeError: deep"),
        ),
        (
            (
                "java.lang.RuntimeException: outer\n\tat a.B.c(B.java:1)\n    at f (a.js:1:1)\n"
                "Caused by: java.io.IOException: disk\n\t... 3 more"
            ),
            ("java.io.IOException: disk",),
        ),
        (
            (
                f"AggregateError: all failed\n    at {FILE}:1:5 {{\n  [errors]: [\n"
                "    Error: first\n        at a (a.js:1:1),\n    Error: second\n  ]\n}"
            ),
            ("Error: first", "Error: second"),
        ),
        (f"Error: outer\n    at {FILE}:1:5", ()),
    ],
)
def test_nested_causes_of_a_stack_are_told(stack: str, causes: tuple[str, ...]) -> None:
    error = {"message": stack.partition("\n")[0], "stack": stack}
    assert failure_of(error).error.causes == causes


def test_further_errors_of_an_attempt_are_told_once_and_whole() -> None:
    first = {"message": "Error: expected\n\nReceived: 1", "stack": "s"}
    second = {"message": "Error: expected\n\nReceived: 2", "stack": "s"}
    error = failure_of(first, errors=[first, second, second, None, "a text"]).error
    assert error.message == "Error: expected\n\nReceived: 1"
    assert error.causes == ("Error: expected Received: 2", "a text")


def test_errors_without_a_main_one_are_read_all_the_same() -> None:
    error = failure_of(None, errors=[{"message": "Error: one"}, {"message": "Error: two"}]).error
    assert error.message == "Error: one"
    assert error.causes == ("Error: two",)
