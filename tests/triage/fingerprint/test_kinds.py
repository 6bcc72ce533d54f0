"""The kind of a cause, by what frameworks, drivers and machines say."""

import pytest
from triage.failures import cause_of, failed, number_of_causes


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            "Wanted but not invoked:\nmailer.send(<any>);\n-> at shop.MailTest.sends(A.java:3)",
            "assertion",
        ),
        (
            (
                "org.mockito.exceptions.WantedButNotInvoked: \nWanted but not invoked:\n"
                "mailer.send(<any>);"
            ),
            "assertion",
        ),
        (
            "Moq.MockException : \nExpected invocation on the mock once, but was 0 times",
            "assertion",
        ),
        ("AssertionError: Expected 'send' to have been called once. Called 0 times.", "assertion"),
        ("Failed: DID NOT RAISE <class 'shop.Locked'>", "assertion"),
        (
            "androidx.test.espresso.NoMatchingViewException: No views in hierarchy found",
            "assertion",
        ),
        ("Error: No element found for selector: #pay", "assertion"),
        (
            (
                "AssertionError: Locator expected to be visible\nActual value: None\n"
                'Call log:\n  - Expect "to_be_visible" with timeout 5000ms\n'
                '  - waiting for get_by_role("button", name="Pay")'
            ),
            "assertion",
        ),
        (
            (
                "error: no match of right hand side value: nil\n  1) test pays (ShopTest)\n"
                "     ** (MatchError) no match of right hand side value: nil\n"
                "     code: assert {200, _} = pay()"
            ),
            "crash",
        ),
        ("Error: spawnSync /usr/bin/chromium ENOENT", "infrastructure"),
        (
            (
                "Error: An element could not be located on the page using the given search "
                "parameters."
            ),
            "assertion",
        ),
        ("Asynchronous wait failed: Exceeded timeout of 5 seconds, with unfulfilled", "timeout"),
        (
            "org.awaitility.ConditionTimeoutException: Condition was not fulfilled within 9 s",
            "timeout",
        ),
        ("context deadline exceeded", "timeout"),
        ("Failed: Timeout >10.0s", "timeout"),
        ("rpc error: code = Unavailable desc = dial tcp 10.0.0.3:50051: connect refused", "other"),
        (
            "rpc error: code = Unavailable desc = dial tcp 10.0.0.3:50051: connection refused",
            "network",
        ),
        (
            "requests.exceptions.SSLError: certificate verify failed: self-signed certificate",
            "network",
        ),
        ("psycopg.OperationalError: server closed the connection unexpectedly", "network"),
        ("java.net.UnknownHostException: api.shop.test", "network"),
        ("Test suite failed to run\n\nCannot find module '../cart' from 'src/a.test.ts'", "crash"),
        ("SyntaxError: Unexpected token '}' (14:3)", "crash"),
        ("django.db.utils.IntegrityError: UNIQUE constraint failed: users.mail", "crash"),
        (
            "Error: Process from config.webServer was not able to start. Exit code: 1",
            "infrastructure",
        ),
        ("java.lang.OutOfMemoryError: Java heap space", "infrastructure"),
        ("The command exited with code 137", "infrastructure"),
        ("Error: spawn /usr/bin/ffmpeg ENOENT", "infrastructure"),
        (
            "IllegalStateException: Could not find a valid Docker environment",
            "infrastructure",
        ),
        ("OSError: [Errno 28] No space left on device", "infrastructure"),
    ],
)
def test_it_is_read_from_the_message(message: str, kind: str) -> None:
    assert cause_of(message).kind == kind


def test_statuses_and_numbers_of_errors_stay_in_the_cause() -> None:
    assert cause_of("Error: POST /orders answered 502 Bad Gateway").cause == (
        "Error: POST /orders answered 502 Bad Gateway"
    )
    assert "#418" in cause_of("Error: Minified React error #418; visit the site").cause
    assert "status code 404" in cause_of("AxiosError: Request failed with status code 404").cause


@pytest.mark.parametrize(
    "message",
    [
        "An element could not be located on the page using the given search parameters.",
        "StaleElementReferenceError: stale element reference: stale element not found",
        "expect(received).toBe(expected)\n\nExpected: 3\nReceived: 4",
        "Timed out retrying after 4000ms: Not enough elements found. Found '1', expected '3'.",
        "AssertionError",
        "Error",
    ],
)
def test_where_nothing_tells_two_tests_are_two_causes(message: str) -> None:
    one = failed(message, spec="a.spec.ts", test="a")
    other = failed(message, spec="b.spec.ts", test="b")
    assert number_of_causes(one, other) == 2


@pytest.mark.parametrize(
    ("one", "same", "another"),
    [
        (
            "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: http://a:80/x/1",
            "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: http://b:90/x/2",
            "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: http://a:80/y/1",
        ),
        (
            (
                "ElementClickInterceptedError: click intercepted: Element <b id='x'> is not "
                "clickable at (5, 3). Other element would receive the click: <a id='cookie'>"
            ),
            (
                "ElementClickInterceptedError: click intercepted: Element <i id='y'> is not "
                "clickable at (7, 1). Other element would receive the click: <a id='cookie'>"
            ),
            (
                "ElementClickInterceptedError: click intercepted: Element <b id='x'> is not "
                "clickable at (5, 3). Other element would receive the click: <a id='menu'>"
            ),
        ),
        (
            'Error: Failed to resolve import "./cart" from "src/a.test.ts". Does the file exist?',
            'Error: Failed to resolve import "./cart" from "src/b.test.ts". Does the file exist?',
            'Error: Failed to resolve import "./stock" from "src/a.test.ts". Does the file exist?',
        ),
    ],
)
def test_what_is_named_tells_whoever_meets_it(one: str, same: str, another: str) -> None:
    places = {"frame": "load (src/api.py:3)"}
    first = failed(one, **places)
    assert number_of_causes(first, failed(same, spec="b.ts", test="b", **places)) == 1
    assert number_of_causes(first, failed(another, **places)) == 2
