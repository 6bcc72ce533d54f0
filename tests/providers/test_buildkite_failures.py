"""The mapping of failed executions, as each collector sends them."""

import time
from typing import Any

import msgspec
import pytest

from runs_mcp.providers.buildkite.mapping.failed_executions import (
    FailedExecution,
    failed_execution,
    place_of,
)
from runs_mcp.providers.buildkite.wire import WireFailedExecution

Sent = dict[str, Any]


def read(**fields: object) -> FailedExecution:
    sent = {"test_name": "adds", **fields}
    return failed_execution(msgspec.convert(sent, WireFailedExecution), "acme")


@pytest.mark.parametrize(
    ("sent", "spec", "location"),
    [
        ("./spec/x_spec.rb:12", "spec/x_spec.rb", "spec/x_spec.rb:12"),
        ("./spec/x_spec.rb[1:2:1]", "spec/x_spec.rb", "spec/x_spec.rb"),
        ("tests/test_x.py:0", "tests/test_x.py", "tests/test_x.py:0"),
        ("tests/test_x.py:None", "tests/test_x.py", "tests/test_x.py"),
        ("tests/test_x.py", "tests/test_x.py", "tests/test_x.py"),
        ("tests/x.spec.ts:10:5", "tests/x.spec.ts", "tests/x.spec.ts:10"),
        ("FileTests.swift:12", "FileTests.swift", "FileTests.swift:12"),
        ("C:\\proj\\CartTests.cs", "C:\\proj\\CartTests.cs", "C:\\proj\\CartTests.cs"),
        ("C:\\proj\\CartTests.cs:42", "C:\\proj\\CartTests.cs", "C:\\proj\\CartTests.cs:42"),
        ("com.x.CartTest", "com.x.CartTest", "com.x.CartTest"),
        ("CartTest", "CartTest", "CartTest"),
        ("CartTest:12", "CartTest:12", "CartTest:12"),
        ("a file.py:3", "a file.py", "a file.py:3"),
        (
            "/var/lib/buildkite-agent/builds/agent-1/acme/shop/test/x_test.exs:12",
            "test/x_test.exs",
            "test/x_test.exs:12",
        ),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_a_location_is_a_file_and_a_line_where_it_has_one(
    sent: str | None, spec: str, location: str
) -> None:
    assert place_of(sent, "acme") == (spec, location)


def test_the_key_of_a_test_is_its_id_wherever_it_is() -> None:
    before = read(test_id="t1", location="tests/x.spec.ts:10:5")
    after = read(test_id="t1", location="tests/x.spec.ts:11:5")
    assert before.key == after.key == ("t1",)


def test_the_key_of_a_test_without_an_id_is_from_its_url_or_its_file_and_title() -> None:
    page = "https://buildkite.com/organizations/acme/analytics/suites/s/tests/t1"
    assert read(test_url=page).key == ("t1",)
    assert read(location="a.py:3").key == ("", "a.py", "adds")


@pytest.mark.parametrize(
    ("reason", "parts", "first_line"),
    [
        ("AssertionError: one", None, "AssertionError: one"),
        (None, [{"expanded": ["java.lang.Error: two", "\tat a.B.c(B.java:1)"]}], "java.lang.Error"),
        ("", [{"expanded": ["", "it broke"]}], "it broke"),
        ("Failed", [{"expanded": ["=== RUN   TestA", "    a_test.go:12: got 3"]}], "a_test.go:12"),
        ("Failed", [{"expanded": ["--- FAIL: TestA (0.0s)", "panic: nil map"]}], "panic: nil map"),
        ("Failed", None, "Failed"),
        (
            "ImportError while importing test module '/app/a.py'.",
            [{"expanded": ["Traceback:", "a.py:1: in <module>", "E   ImportError: no shop"]}],
            "ImportError: no shop",
        ),
        (
            None,
            [{"backtrace": ["Error: in the backtrace", "    at f (a.js:1:1)"]}],
            "Error: in the",
        ),
        (None, "one text\nof two lines", "one text"),
        (None, ["a part that is a text"], "a part that is a text"),
        (None, [{"expanded": "a text for a list", "backtrace": "    at f (a.js:1:1)"}], "a text"),
        (None, [{}], ""),
        (None, [None], ""),
        (None, None, ""),
    ],
)
def test_the_first_line_of_a_message_is_the_first_with_an_error(
    reason: str | None, parts: object, first_line: str
) -> None:
    message = read(failure_reason=reason, failure_expanded=parts).failure.error.message
    assert message.partition("\n")[0].startswith(first_line)
    assert bool(message) is bool(first_line)


def test_a_reason_that_the_text_repeats_is_shown_once() -> None:
    part = {"expanded": ["Error: it broke", "Locator: #pay", "    at tests/x.spec.ts:3:1"]}
    error = read(failure_reason="Error: it broke", failure_expanded=[part]).failure.error
    assert error.message == "Error: it broke\nLocator: #pay"


def test_further_errors_are_causes_by_their_first_line_in_text_or_backtrace() -> None:
    parts = [
        {"expanded": ["actual: 1"], "backtrace": ["AssertionError: 1", "    at f (test/a.js:1:1)"]},
        {"expanded": [], "backtrace": ["Error: cleanup failed", "    at g (test/h.js:5:9)"]},
        {"expanded": ["Error: third", "    at g (test/h.js:5:9)"]},
    ]
    error = read(failure_reason="AssertionError: 1", failure_expanded=parts).failure.error
    assert error.causes == ("Error: cleanup failed",)
    assert "Error: third" in error.message


def test_frames_do_not_have_the_folder_of_the_checkout() -> None:
    folder = "/var/lib/buildkite-agent/builds/agent-1/acme/shop"
    part = {"expanded": ["Error: x", f"    at pay ({folder}/pages/cart.ts:3:1)"]}
    error = read(location="tests/x.spec.ts:1:1", failure_expanded=[part]).failure.error
    assert error.frame == "pay (pages/cart.ts:3)"


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ("file:///var/lib/buildkite-agent/builds/a-1/acme/shop/test/a.mjs:3", "test/a.mjs:3"),
        ("C:\\buildkite\\builds\\a-1\\acme\\shop\\test\\a.cs:3", "test\\a.cs:3"),
        (
            "src/app/builds/linux/acme/debug/test_x.py:3",
            "src/app/builds/linux/acme/debug/test_x.py:3",
        ),
        (
            "/src/app/builds/linux/x64/debug/test_x.py:3",
            "/src/app/builds/linux/x64/debug/test_x.py:3",
        ),
        (
            "https://acme.example/builds/1/acme/3/app.js:3",
            "https://acme.example/builds/1/acme/3/app.js:3",
        ),
    ],
)
def test_only_the_folder_of_an_agent_is_removed_from_a_path(sent: str, location: str) -> None:
    assert place_of(sent, "acme")[1] == location


@pytest.mark.parametrize(
    ("reason", "part", "first_line"),
    [
        (
            None,
            {
                "backtrace": ["Error: broke", "more of it", "    at f (a.js:1:1)"],
                "expanded": ["showDiff: true"],
            },
            "Error: broke",
        ),
        (
            "",
            {"backtrace": ["AssertionError: 1"], "expanded": ["name: AssertionError"]},
            "AssertionError: 1",
        ),
        (
            "Failed",
            {"expanded": ["=== RUN T\n    a_test.go:12: got 1\n--- FAIL: T (0.0s)"]},
            "a_test.go:12: got 1",
        ),
        (
            "running 1 test\nthread 'tests::t' panicked at src/lib.rs:3:\nno rope",
            {},
            "thread 'tests::t' panicked at src/lib.rs:3:",
        ),
        (
            "tests/a.py:1: in <module>",
            {"expanded": ["E   RuntimeError: no key"]},
            "RuntimeError: no key",
        ),
        (
            "\x1b[31mtests/a.py:1: in <module>\x1b[0m",
            {"expanded": ["\x1b[1mE   RuntimeError: no key\x1b[0m"]},
            "RuntimeError: no key",
        ),
    ],
)
def test_the_error_is_found_wherever_a_collector_puts_it(
    reason: str | None, part: Sent, first_line: str
) -> None:
    message = read(failure_reason=reason, failure_expanded=[part]).failure.error.message
    assert message.partition("\n")[0] == first_line


def test_a_cause_is_found_also_without_a_frame() -> None:
    part = {"backtrace": ["\tat com.x.A.b(A.java:1)", "Caused by: java.io.IOException: disk"]}
    error = read(failure_reason="java.lang.Error: x", failure_expanded=[part]).failure.error
    assert error.causes == ("java.io.IOException: disk",)


@pytest.mark.parametrize(
    "text",
    [
        "a:1:in `" * 30_000,
        "builds " + "/a" * 40_000,
        "builds " + "/" * 30_000,
        "Browser logs:\n" * 20_000,
    ],
    ids=["frames", "folders", "slashes", "browser logs"],
)
def test_a_long_text_is_read_in_seconds(text: str) -> None:
    """Each of these took minutes with patterns that backtrack."""
    started = time.process_time()
    assert read(failure_reason=text, failure_expanded=[{"expanded": [text]}]).failure.test
    assert time.process_time() - started < 10


def test_tags_that_collectors_add_by_themselves_are_left_out() -> None:
    tags = {
        "build.job_id": "j1",
        "collector.name": "js",
        "host.name": "agent",
        "language.version": "3",
        "test.framework.name": "jest",
        "team": "web",
        "retries": 2,
        "none": None,
    }
    found = read(tags=tags)
    assert found.failure.tags == ("team=web", "retries=2")
    assert found.job_id == "j1"
