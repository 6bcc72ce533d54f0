"""The message, type and causes of an error, in whatever form it was sent."""

import msgspec
import pytest
from currents_payloads import SIGNATURE, SIGNED_QUERY, Sent, full_instance

from runs_mcp import model

SPEC = "tests/checkout.spec.ts"
FILE = f"/home/ci/shop/{SPEC}"


def failure_of(error: Sent | str | None, **fields: object) -> model.Failure:
    test = {"testId": "t", "title": ["pays"], "state": "failed", **fields}
    test["attempts"] = [{"state": "failed", "error": error, **fields}]
    sent = {"instanceId": "i", "spec": SPEC, "results": {"tests": [test]}}
    (failure,) = full_instance(sent).failures
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
        ({"name": "KeyError"}, "shown"),
        ("a bare text", "a bare text"),
        ("", "shown"),
        ({}, "shown"),
        ({"name": None, "message": None, "stack": None}, "shown"),
        ({"name": "E", "message": ""}, "shown"),
        (None, "shown"),
    ],
)
def test_the_message_is_what_there_is_of_message_stack_value_and_shown_text(
    error: Sent | str | None, message: str
) -> None:
    found = failure_of(error, displayError="shown").error.message
    assert found == message


@pytest.mark.parametrize("attempts", [[], None])
def test_without_attempts_the_message_is_the_shown_text(attempts: list[Sent] | None) -> None:
    test = {"title": ["pays"], "state": "failed", "displayError": "shown", "attempts": attempts}
    (failure,) = full_instance({"results": {"tests": [test]}}).failures
    assert failure.error.message == "shown"


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
def test_nested_causes_of_a_stack_are_listed(stack: str, causes: tuple[str, ...]) -> None:
    error = {"message": stack.partition("\n")[0], "stack": stack}
    assert failure_of(error).error.causes == causes


def test_further_errors_of_an_attempt_are_listed_once_and_whole() -> None:
    first = {"message": "Error: expected\n\nReceived: 1", "stack": "s"}
    second = {"message": "Error: expected\n\nReceived: 2", "stack": "s"}
    error = failure_of(first, errors=[first, second, second, None, "a text"]).error
    assert error.message == "Error: expected\n\nReceived: 1"
    assert error.causes == ("Error: expected Received: 2", "a text")


def test_errors_without_a_main_one_are_read_all_the_same() -> None:
    error = failure_of(None, errors=[{"message": "Error: one"}, {"message": "Error: two"}]).error
    assert error.message == "Error: one"
    assert error.causes == ("Error: two",)


def test_a_secret_in_an_error_is_not_shown() -> None:
    failure = failure_of(
        {
            "message": f"GET https://fs.currents.dev/a.png{SIGNED_QUERY} failed",
            "stack": f"Error\n    at https://fs.currents.dev/a.js{SIGNED_QUERY}:1:2",
            "codeFrame": {"line": 1, "frame": f"get('https://a.example/{SIGNED_QUERY}')"},
        }
    )
    assert SIGNATURE[:20].encode() not in msgspec.json.encode(failure)


def test_a_password_on_a_line_of_its_own_in_a_stack_is_not_shown() -> None:
    failure = failure_of(
        {
            "message": "cannot connect to\npostgres://app:hunter2@db.internal:5432",
            "stack": "Error: cannot connect to\npostgres://app:hunter2@db.internal:5432\n"
            f"    at login ({FILE}:3:1)",
        }
    )
    assert b"hunter2" not in msgspec.json.encode(failure)
    assert failure.location == f"{SPEC}:3"
