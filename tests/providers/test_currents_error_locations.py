"""Where an error was thrown: its location, frame and stack."""

import pytest
from currents_payloads import Sent, full_instance, instance_with

from runs_mcp import model

SPEC = "tests/a.spec.ts"
FILE = f"/home/ci/shop/{SPEC}"


def failure_of(error: object) -> model.Failure:
    attempts = [{"state": "failed", "error": error}]
    return full_instance(instance_with({"state": "failed", "attempts": attempts})).failures[0]


@pytest.mark.parametrize(
    ("code_frame", "location"),
    [
        pytest.param({"line": 3, "file": "tests/b.ts"}, "tests/b.ts:3", id="a file"),
        pytest.param({"line": 3}, "tests/a.spec.ts:3", id="a line alone is of the spec"),
        pytest.param({"line": 3.0, "file": "tests/b.ts"}, "tests/b.ts:3", id="a fraction"),
        pytest.param(
            {"line": 3, "relativeFile": "b.ts", "absoluteFile": "/ci/b.ts", "file": "/ci/b.ts"},
            "b.ts:3",
            id="relative before absolute",
        ),
        pytest.param({"line": 3, "originalFile": "b.ts"}, "b.ts:3", id="the original file"),
        pytest.param({"line": None, "file": "b.ts"}, "", id="no line"),
        pytest.param(None, "", id="no code frame"),
    ],
)
def test_the_location_is_that_of_the_code_frame(code_frame: object, location: str) -> None:
    assert failure_of({"message": "m", "codeFrame": code_frame}).location == location


def test_without_a_code_frame_the_location_is_the_top_own_frame() -> None:
    failure = failure_of({"message": "m", "stack": "at f (/ci/tests/a.spec.ts:3:1)"})
    assert failure.location == "tests/a.spec.ts:3"
    assert failure.error.frame == "f (tests/a.spec.ts:3)"


@pytest.mark.parametrize(
    "code_frame",
    [
        None,
        {"line": 7, "file": "/ci/repo/pages/login.ts"},
        {"line": 7, "file": "/ci/repo/pages/login.ts", "relativeFile": "pages/login.ts"},
    ],
)
def test_the_folder_of_the_checkout_is_taken_off_also_where_a_page_object_failed(
    code_frame: object,
) -> None:
    stack = "at login (/ci/repo/pages/login.ts:7:1)\nat /ci/repo/tests/a.spec.ts:3:1"
    failure = failure_of({"message": "m", "stack": stack, "codeFrame": code_frame})
    assert failure.location == "pages/login.ts:7"
    assert failure.error.frame == "login (pages/login.ts:7)"
    assert failure.error.stack == "at login (pages/login.ts:7)\nat tests/a.spec.ts:3"


def test_a_location_holds_a_path_of_300_characters_whole_with_its_line() -> None:
    path = "x" * 297 + ".ts"
    failure = failure_of({"message": "m", "codeFrame": {"line": 123456, "file": path}})
    assert failure.location == f"{path}:123456"


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
def test_the_location_is_that_of_the_code_frame_the_location_or_the_stack(error: Sent) -> None:
    assert failure_of(error).location == f"{SPEC}:13"
