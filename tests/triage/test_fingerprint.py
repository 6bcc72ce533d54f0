"""One cause, one fingerprint; texts as the frameworks write them."""

import random
from typing import Any

import msgspec
import pytest
from corpus_scores import corpus_runs
from hypothesis import given
from hypothesis import strategies as st

from runs_mcp.model import Error, Failure
from runs_mcp.triage.fingerprint.causes import Cause, causes_of


def failed(message: str, **more: Any) -> Failure:  # noqa: ANN401 - fields of two records
    error = {name: more.pop(name) for name in ("frame", "code_frame", "stack") if name in more}
    more = {"test": "a test", "spec": "specs/a.spec.ts", "status": "failed"} | more
    return Failure(error=Error(message=message, **error), **more)


def cause_of(message: str, **more: Any) -> Cause:  # noqa: ANN401
    return causes_of([failed(message, **more)])[0]


def number_of_causes(*failures: Failure) -> int:
    return len({cause.fingerprint for cause in causes_of(failures)})


def missing(locator: str, matcher: str = "toBeVisible()") -> str:
    return (
        f"Error: expect(locator).{matcher} failed\n\nLocator: {locator}\nExpected: visible\n"
        "Timeout: 900ms\nError: element(s) not found\n\n"
        f'Call log:\n  - Expect "x" {locator} with timeout 900ms\n  - waiting for {locator}\n'
    )


def click_timeout(locator: str) -> str:
    return (
        "TimeoutError: locator.click: Timeout 1300ms exceeded.\n"
        f"Call log:\n  - waiting for {locator}"
    )


def mismatch(locator: str, received: str, matcher: str = "toHaveText") -> str:
    return (
        f'Error: expect(locator).{matcher}(expected) failed\n\nLocator:  {locator}\nExpected: "x"\n'
        f'Received: "{received}"\nTimeout:  900ms\n\nCall log:\n  - waiting for {locator}\n'
        f'    9 × locator resolved to <p>{received}</p>\n      - unexpected value "{received}"'
    )


def jest(matcher: str, expected: str, received: str) -> str:
    return (
        f"Error: expect(received).{matcher}(expected)\n\nExpected: {expected}\nReceived: {received}"
    )


BUTTON = "getByRole('button', { name: 'Sign up' })"
LINK = "getByRole('link', { name: 'Sign up' })"


class TestPlaywright:
    def test_an_element_that_is_gone_is_one_cause_however_it_is_missed(self) -> None:
        assert (
            number_of_causes(
                failed(missing(BUTTON)),
                failed(missing(BUTTON, "toBeEnabled()"), spec="specs/b.spec.ts"),
                failed(click_timeout(BUTTON), frame="signUp (pages/sign_up.ts:7)"),
            )
            == 1
        )

    def test_two_elements_are_two_causes_also_in_one_helper(self) -> None:
        frame = "open (pages/menu.ts:4)"
        assert (
            number_of_causes(
                failed(missing(BUTTON), frame=frame), failed(missing(LINK), frame=frame)
            )
            == 2
        )

    def test_rows_of_one_kind_are_one_element(self) -> None:
        rows = [mismatch(f"getByTestId('sum-{row}')", f"{row},00 €") for row in ("A100", "B207")]
        assert number_of_causes(*map(failed, rows)) == 1

    def test_what_a_template_in_the_code_fills_in_is_no_part_of_the_locator(self) -> None:
        code = "> 8 |   await expect(page.getByTestId(`state-${room}`)).toHaveText('free');"
        rooms = [mismatch(f"getByTestId('state-{room}')", "taken") for room in ("yard", "attic")]
        assert number_of_causes(*(failed(error, code_frame=code) for error in rooms)) == 1
        assert number_of_causes(*map(failed, rooms)) == 2

    def test_headings_of_two_levels_are_two_elements(self) -> None:
        assert number_of_causes(*(failed(missing(f"locator('h{n}')")) for n in (1, 2))) == 2

    def test_wrong_and_missing_are_two_causes(self) -> None:
        assert number_of_causes(failed(missing(BUTTON)), failed(mismatch(BUTTON, "Join"))) == 2

    def test_what_an_unspecific_element_shows_tells_causes_apart(self) -> None:
        heading = "getByRole('heading', { level: 1 })"
        shown = [failed(mismatch(heading, text)) for text in ("Not found", "Not found", "Log in")]
        assert number_of_causes(*shown) == 2

    def test_strict_mode_names_the_element_and_not_what_it_resolved_to(self) -> None:
        errors = [
            f"Error: locator.click: Error: strict mode violation: {BUTTON} resolved to 2 "
            "elements:\n"
            f'    1) <button data-id="{row}">Sign up</button> aka {BUTTON}.first()'
            for row in ("x1", "y2")
        ]
        causes = causes_of([failed(error) for error in errors])
        assert causes[0] == causes[1]
        assert causes[0].cause == f"strict mode violation: {BUTTON}"

    def test_an_overlay_is_one_cause_whatever_it_covers(self) -> None:
        errors = [
            f"{click_timeout(locator)}\n    - locator resolved to <b>Go</b>\n  - attempting click"
            '\n    - <div class="consent">…</div> intercepts pointer events'
            for locator in (BUTTON, LINK)
        ]
        assert number_of_causes(*map(failed, errors)) == 1

    def test_a_host_that_is_down_is_one_cause_on_whichever_page_and_port(self) -> None:
        error = "Error: page.goto: net::ERR_{} at {}\nCall log:\n  - navigating to …"
        refused = [
            error.format("CONNECTION_REFUSED", f"http://127.0.0.1:{port}/pay?tx={port}")
            for port in (41001, 41002)
        ]
        unknown = [
            error.format("NAME_NOT_RESOLVED", f"https://pay.example.com/{page}")
            for page in ("card", "cash")
        ]
        assert number_of_causes(*map(failed, refused)) == 1
        assert number_of_causes(*map(failed, unknown)) == 1
        assert number_of_causes(*map(failed, refused + unknown)) == 2
        assert cause_of(refused[0]).kind == "network"

    def test_an_answer_is_known_by_request_and_status(self) -> None:
        def answered(method: str, path: str, status: str) -> Failure:
            return failed(
                "Error: expect(response).toBeOK() failed\n\nCall log:\n"
                f"→ {method} http://127.0.0.1:{random.randint(1024, 9999)}{path}\n  accept: */*\n"
                f"← {status}\n  x-request-id: {random.random()}\n"
            )

        order = answered("POST", "/api/orders", "500 Internal Server Error")
        again = answered("POST", "/api/orders", "500 Internal Server Error")
        assert number_of_causes(order, again) == 1
        assert number_of_causes(order, answered("POST", "/api/orders", "403 Forbidden")) == 2
        assert number_of_causes(order, answered("GET", "/api/orders", "500 Internal")) == 2

    def test_what_is_waited_for_is_read_from_the_code(self) -> None:
        def waiting(path: str, **more: str) -> Failure:
            code = f"> 4 | const got = page.waitForResponse(r => r.url().includes('{path}'));"
            message = (
                "TimeoutError: page.waitForResponse: Timeout 900ms exceeded while waiting for event"
                ' "response"'
            )
            return failed(message, code_frame=code, **more)

        direct, helped = waiting("/api/find"), waiting("/api/find", frame="find (support/a.ts:3)")
        assert number_of_causes(direct, helped) == 1
        assert number_of_causes(direct, waiting("/api/list")) == 2

    def test_errors_collected_by_a_fixture_are_what_tells(self) -> None:
        def collected(*errors: str) -> Failure:
            lines = "".join(f'+   "{error}",\n' for error in errors)
            return failed(
                "Error: expect(received).toEqual(expected) // deep equality\n\n- Expected  - 1\n"
                f"+ Received  + 3\n\n- Array []\n+ Array [\n{lines}+ ]",
                frame="quiet (support/fixtures.ts:9)",
            )

        street = "TypeError: Cannot read properties of undefined (reading 'street')"
        weight = "TypeError: Cannot read properties of undefined (reading 'weight')"
        assert number_of_causes(collected(street), collected(street, street)) == 1
        assert number_of_causes(collected(street), collected(weight)) == 2

    def test_a_browser_that_is_gone_is_one_cause_in_every_call(self) -> None:
        gone = "Target page, context or browser has been closed"
        errors = [f"Error: {call}: {gone}" for call in ("page.goto", "locator.click")]
        assert number_of_causes(*map(failed, errors)) == 1
        assert cause_of(errors[0]).kind == "infrastructure"

    def test_a_silent_timeout_joins_the_one_cause_of_its_file(self) -> None:
        silent = failed("Test timeout of 4000ms exceeded.")
        call = (
            "Test timeout of 4000ms exceeded.\n\nError: locator.fill: Test timeout of 4000ms "
            "exceeded.\nCall log:\n  - waiting for getByLabel('{}')"
        )
        street, city = failed(call.format("Street")), failed(call.format("City"))
        elsewhere = failed("Test timeout of 4000ms exceeded.", spec="specs/b.spec.ts")
        assert number_of_causes(silent, street) == 1
        assert number_of_causes(silent, street, city) == 3
        assert number_of_causes(silent, street, elsewhere) == 2

    def test_a_hook_that_runs_out_of_time_is_named(self) -> None:
        each = cause_of('Test timeout of 3000ms exceeded while running "beforeEach" hook.')
        every = cause_of('"beforeAll" hook timeout of 3000ms exceeded.')
        assert each.kind == every.kind == "timeout"
        assert each.fingerprint != every.fingerprint
        assert each.cause == 'Test timeout of <n>ms exceeded while running "beforeEach" hook.'

    def test_where_the_browser_ended_up_is_the_cause(self) -> None:
        def landed(expected: str, received: str) -> Failure:
            return failed(
                "Error: expect(page).toHaveURL(expected) failed\n\n"
                f'Expected pattern: {expected}\nReceived string:  "http://127.0.0.1:40001{received}"'
            )

        assert number_of_causes(landed("/account/", "/login"), landed("/cart/", "/login")) == 1
        assert number_of_causes(landed("/account/", "/login"), landed("/cart/", "/oops")) == 2

    def test_the_call_and_its_result_tell_bare_numbers_apart(self) -> None:
        def counted(path: str, part: str) -> Failure:
            code = (
                f"  3 |   const got = await (await request.get('{path}')).json();\n"
                f"> 4 |   expect(got.{part}).toBe(3);\n    |   ^"
            )
            return failed(jest("toBe", "3", str(len(path))), code_frame=code)

        assert number_of_causes(counted("/api/a?x=1", "n"), counted("/api/a?x=22", "n")) == 1
        assert number_of_causes(counted("/api/a", "n"), counted("/api/b", "n")) == 2
        assert number_of_causes(counted("/api/a", "n"), counted("/api/a", "sum")) == 2


class TestCypress:
    RETRIED = "Timed out retrying after 4000ms: "

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (
                RETRIED + "Expected to find element: `[data-cy=plan]`, but never found it.",
                RETRIED + "Expected to find element: `[data-cy=map]`, but never found it.",
            ),
            (
                RETRIED + "expected '<li.shift>' to have text 'Ida', but the text was 'loading'",
                RETRIED + "expected '<li.crew>' to have text 'Ida', but the text was 'loading'",
            ),
            (
                RETRIED + "`cy.wait()` timed out waiting `5000ms` for the 1st request to the "
                "route: `getCart`. No request ever occurred.",
                RETRIED + "`cy.wait()` timed out waiting `5000ms` for the 1st request to the "
                "route: `getUser`. No request ever occurred.",
            ),
            (
                (
                    "`cy.request()` failed on:\n\nhttps://a.example/api/x\n\nThe response we "
                    "received from your web server was:\n\n  > 500: Internal Server Error"
                ),
                (
                    "`cy.request()` failed on:\n\nhttps://a.example/api/y\n\nThe response we "
                    "received from your web server was:\n\n  > 500: Internal Server Error"
                ),
            ),
            (
                (
                    "The following error originated from your application code, not from "
                    "Cypress.\n\n  > Cannot read properties of undefined (reading 'name')"
                ),
                (
                    "The following error originated from your application code, not from "
                    "Cypress.\n\n  > Cannot read properties of undefined (reading 'sum')"
                ),
            ),
        ],
    )
    def test_what_was_retried_tells_causes_apart(self, one: str, other: str) -> None:
        slower = one.replace("4000ms", "10000ms").replace("5000ms", "9000ms")
        assert number_of_causes(failed(one), failed(slower, spec="cypress/e2e/b.cy.ts")) == 1
        assert number_of_causes(failed(one), failed(other)) == 2


class TestValues:
    HELPER = "expectSum (test/support/checks.js:5)"

    def test_a_helper_that_checks_numbers_has_one_cause_whatever_they_are(self) -> None:
        sums = [jest("toBe", "4.58", "4.57"), jest("toBe", "30", "29.99")]
        assert number_of_causes(*(failed(error, frame=self.HELPER) for error in sums)) == 1

    def test_a_helper_keeps_texts_from_numbers_and_404_from_500(self) -> None:
        errors = [jest("toBe", "4", "5"), jest("toBe", '"Rye"', '"Oat"')]
        errors += [jest("toBe", "200", "404"), jest("toBe", "200", "500")]
        assert number_of_causes(*(failed(error, frame=self.HELPER) for error in errors)) == 4

    def test_in_a_test_the_words_tell_causes_apart(self) -> None:
        euro, krone = jest("toBe", '"EUR"', '"SEK"'), jest("toBe", '"EUR"', '"USD"')
        assert number_of_causes(failed(euro), failed(euro, spec="specs/b.spec.ts")) == 1
        assert number_of_causes(failed(euro), failed(krone)) == 2

    def test_texts_that_differ_in_form_alone_are_not_told_apart_by_their_words(self) -> None:
        errors = [jest("toBe", '"Rye Bread"', '"rye bread"'), jest("toBe", '"Oats"', '"oats"')]
        assert number_of_causes(*map(failed, errors)) == 1

    def test_keys_of_objects_tell_causes_apart(self) -> None:
        def differing(*lines: str) -> Failure:
            diff = "\n".join(lines)
            return failed(
                "Error: expect(received).toEqual(expected) // deep equality\n\n- Expected  - 1\n"
                f'+ Received  + 1\n\n  Object {{\n    "id": "O-8",\n{diff}\n  }}',
                frame="expectOrder (test/support/checks.js:9)",
            )

        sums = [differing(f'-   "sum": {n},', f'+   "sum": {n + 7},') for n in (5, 60)]
        lost = [differing(f'-   "state": "{state}",') for state in ("open", "paid")]
        assert number_of_causes(*sums) == number_of_causes(*lost) == 1
        assert number_of_causes(*sums, *lost) == 2

    def test_a_lost_field_is_one_cause_in_a_diff_and_by_its_path(self) -> None:
        path = 'Error: expect(received).toHaveProperty(path)\n\nExpected path: "eta"\n'
        diff = (
            "Error: expect(received).toEqual(expected) // deep equality\n\n- Expected  - 1\n"
            '+ Received  + 0\n\n  Object {\n-   "eta": "10:30",\n    "day": "Monday",\n  }'
        )
        assert number_of_causes(failed(path + "Received path: []"), failed(diff)) == 1

    def test_a_snapshot_is_known_by_the_first_line_that_changed(self) -> None:
        def changed(name: str, total: str) -> Failure:
            return failed(
                "Error: expect(received).toMatchSnapshot()\n\n"
                f"Snapshot name: `{name} 1`\n\n- Snapshot  - 1\n+ Received  + 1\n\n"
                f"  Corner\n- Total     {total}\n+ TOTAL     {total}"
            )

        assert number_of_causes(changed("one", "7.50"), changed("two", "169.00")) == 1

    def test_an_error_that_an_expectation_met_is_the_cause(self) -> None:
        error = (
            "Error: expect(received).resolves.toBe()\n\nReceived promise rejected instead of "
            "resolved\nRejected to value: [Error: lift does not answer]"
        )
        vitest = (
            'AssertionError: promise rejected "Error: lift does not answer" instead of resolving'
        )
        assert cause_of(error).cause == "Error: lift does not answer"
        assert cause_of(error).fingerprint == cause_of(vitest).fingerprint

    def test_vitest_tells_a_lost_key_from_a_wrong_value_by_the_number_of_keys(self) -> None:
        error = (
            "AssertionError: expected {{ id: 'O-8', …({}) }} to deeply equal {{ id: 'O-8', …(3) }}"
        )
        lost, wrong = (
            failed(error.format(2), frame=self.HELPER),
            failed(error.format(3), frame=self.HELPER),
        )
        assert number_of_causes(lost, wrong) == 2


class TestPytest:
    def test_the_function_is_read_from_the_source(self) -> None:
        def helper(name: str, left: int) -> Failure:
            source = f"    def {name}(actual, expected):\n>       assert actual == expected\n"
            return failed(
                f"assert {left} == 7\ndef test_a():\n>       {name}(f(), 7)\n{source}"
                f"E       assert {left} == 7",
                frame=f"tests/asserts.py:{left}",
                spec="tests/test_a.py",
            )

        assert number_of_causes(helper("assert_sum", 3), helper("assert_sum", 9)) == 1
        assert number_of_causes(helper("assert_sum", 3), helper("assert_weight", 3)) == 2

    def test_what_pytest_says_of_a_value_is_no_diff(self) -> None:
        def status(path: str) -> Failure:
            said = f"assert 404 == 200\n +  where 404 = <function get at 0x7f0a>('{path}')"
            return failed(
                f"AssertionError: {said}\ndef test_a():\n>       assert api.get('{path}') == 200\n"
                f"E       AssertionError: {said}",
                spec="tests/test_a.py",
            )

        assert number_of_causes(status("/api/keys/3"), status("/api/keys/14")) == 1
        assert number_of_causes(status("/api/keys/3"), status("/api/rooms/3")) == 2

    def test_an_assertion_without_words_is_known_by_its_code(self) -> None:
        bare = (
            "AssertionError\nactual = 3\n    def check(actual):\n>       assert actual == {}\nE   …"
        )
        place = {"frame": "tests/asserts.py:3", "spec": "tests/test_a.py"}
        causes = [failed(bare.format(name), **place) for name in ("wanted", "wanted", "other")]
        assert number_of_causes(*causes) == 2
        assert cause_of(bare, **place).kind == "assertion"

    def test_dicts_are_compared_by_their_keys(self) -> None:
        lost = "AssertionError: assert {'a': 1} == {'a': 1, 'eta': 2}\n  \n  Omitting 1 item\n"
        lost += "  Right contains 1 more item:\n  {'eta': 2}\n"
        assert cause_of(lost).fingerprint == cause_of(lost.replace("2", "77")).fingerprint
        assert cause_of(lost).fingerprint != cause_of(lost.replace("eta", "sum")).fingerprint

    def test_the_statement_that_raised_tells_data_from_message(self) -> None:
        def raised(who: str, why: str) -> Failure:
            return failed(
                f"shop.Locked: {who} is locked: {why}\n    def open(self):\n"
                '>       raise Locked(f"{who} is locked: {why}")\n'
                f"E       shop.Locked: {who} is locked: {why}",
                frame="shop/gate.py:4",
                spec="tests/test_a.py",
            )

        strike, rain = "all keepers are on strike today", "it has been raining since noon"
        assert number_of_causes(raised("anna", strike), raised("bo", strike)) == 1
        assert number_of_causes(raised("anna", strike), raised("anna", rain)) == 2


class TestRSpec:
    def test_an_exception_has_its_class_on_a_line_of_its_own(self) -> None:
        refused = (
            "Failure/Error:\n  TCPSocket.open(host, port) do |s|\n    s.gets\n  end\n"
            'Errno::ECONNREFUSED:\n  Connection refused - connect(2) for "127.0.0.1" port {}'
        )
        cause = cause_of(refused.format(40444), frame="push (app/queue.rb:5)")
        assert cause == cause_of(refused.format(42738), frame="push (app/queue.rb:9)")
        assert cause.kind == "network"
        assert cause.cause.startswith("Errno::ECONNREFUSED: Connection refused")

    def test_what_is_in_a_list_is_the_cause_and_not_what_was_sought_in_it(self) -> None:
        sought = 'Failure/Error: expect(team).to include({0})\n  expected ["ida"] to include {0}'
        names = ('"bo"', '"carl"')
        assert number_of_causes(*(failed(sought.format(name)) for name in names)) == 1

    def test_nil_in_two_files_is_two_causes(self) -> None:
        error = (
            "Failure/Error: found.name\nNoMethodError:\n  undefined method `name' for nil:NilClass"
        )
        frames = ("to_s (app/label.rb:10)", "stop (app/route.rb:10)")
        assert number_of_causes(*(failed(error, frame=frame) for frame in frames)) == 2


class TestThrown:
    def test_a_value_that_is_missing_is_told_by_the_file_and_not_by_the_line(self) -> None:
        error = "TypeError: Cannot read properties of undefined (reading 'rate')"
        vat = [failed(error, frame=f"vat (src/vat.js:{line})") for line in (5, 9)]
        assert number_of_causes(*vat) == 1
        assert number_of_causes(*vat, failed(error, frame="freight (src/freight.js:4)")) == 2

    @pytest.mark.parametrize(
        "error",
        [
            "TypeError: __vite_ssr_import_{}__.levelOf is not a function",
            "TypeError: (0 , _stock{}.levelOf) is not a function",
        ],
    )
    def test_a_renamed_export_is_one_cause_wherever_it_is_imported(self, error: str) -> None:
        files = ("src/a.js", "src/b.js")
        users = [failed(error.format(n), frame=f"use ({file}:2)") for n, file in enumerate(files)]
        assert number_of_causes(*users) == 1

    def test_what_a_test_filled_into_a_message_is_not_part_of_it(self) -> None:
        error = "Error: coupon {} cannot be redeemed (cart 040ee905-3d39-4744-8a43-f6259758c5b{})"
        causes = [
            failed(error.format(code, n), frame="redeem (src/coupon.js:4)")
            for n, code in enumerate(("SPRING-24", "HALF", "gold"))
        ]
        assert number_of_causes(*causes) == 1

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("KeyError: 'unit_price'", "KeyError: 'vat_code'"),
            (
                "sqlite3.OperationalError: no such table: a",
                "sqlite3.OperationalError: no such table: b",
            ),
            ("Error: request to '/api/a' failed", "Error: request to '/api/b' failed"),
        ],
    )
    def test_names_tell_causes_apart_in_one_function(self, one: str, other: str) -> None:
        frame = "read (src/store.js:4)"
        assert number_of_causes(failed(one, frame=frame), failed(other, frame=frame)) == 2

    @pytest.mark.parametrize(
        ("message", "kind"),
        [
            ("TypeError: x is not a function", "crash"),
            ("Error: connect ECONNREFUSED 127.0.0.1:5432", "network"),
            ("ENOSPC: no space left on device, write", "infrastructure"),
            ("concurrent.futures.TimeoutError: timed out", "timeout"),
            ("assert 1 == 2", "assertion"),
            ("something is odd", "other"),
            ("", "other"),
        ],
    )
    def test_the_kind_is_told(self, message: str, kind: str) -> None:
        assert cause_of(message).kind == kind


@pytest.mark.parametrize(
    "error",
    [
        'Error: thrown: "Exceeded timeout of {}00 ms for a test.\nAdd a timeout value.',
        "Error: Test timed out in {}00ms.\nIf this is a long-running test, pass a timeout value.",
    ],
)
def test_runners_that_never_say_what_hangs_have_one_cause_for_all_timeouts(error: str) -> None:
    cause, other = causes_of([failed(error.format(n), spec=f"{n}.test.js") for n in (3, 5)])
    assert cause == other
    assert cause.kind == "timeout"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("ValueError: bad id 52a0f4c1-7cbe-4f6b-9f0c-111122223333", "ValueError: bad id <uuid>"),
        ("RuntimeError: at 2026-03-01T10:00:00.123Z", "RuntimeError: at <time>"),
        (
            "OSError: cannot open '/tmp/pytest-of-ci/pytest-3/a.txt'",
            "OSError: cannot open '<path>'",
        ),
        (
            "Error: <Cart object at 0x7efee3755f10> is empty",
            "Error: <Cart object at <hex>> is empty",
        ),
        ("Error: GET https://a.example:8443/api/x?t=1 failed", "Error: GET <host>/api/x failed"),
        ("Error: took 1300 ms, not 900 ms", "Error: took <n> ms, not <n> ms"),
    ],
)
def test_a_cause_reads_like_the_message_with_its_volatile_parts_masked(
    message: str, cause: str
) -> None:
    assert cause_of(message).cause == cause


def test_a_cause_is_one_line_of_at_most_300_characters() -> None:
    cause = cause_of("Error: " + "very\n" * 5 + "long word " * 100).cause
    long = cause_of("Error: " + "long word " * 100).cause
    assert "\n" not in cause
    assert len(long) <= 300


@pytest.mark.parametrize("reference", corpus_runs())
def test_order_does_not_matter(reference: str) -> None:
    failures = corpus_runs()[reference].failures
    before = dict(zip(failures, causes_of(failures), strict=True))
    moved = random.Random(7).sample(failures, len(failures))
    assert [before[failure] for failure in moved] == causes_of(moved)


@given(
    st.lists(
        st.builds(
            Failure,
            test=st.text(),
            status=st.just("failed"),
            spec=st.sampled_from(["", "a.spec.ts", "tests/test_a.py"]),
            error=st.builds(
                Error,
                message=st.one_of(
                    st.text(),
                    st.builds(
                        "{} {}\n{}: {}".format,
                        st.sampled_from(["Error:", "Test timeout of 9ms exceeded.", "assert", ""]),
                        st.text(),
                        st.sampled_from(["Locator", "expected", "Failure/Error", "Received"]),
                        st.text(),
                    ),
                ),
                frame=st.text(),
                code_frame=st.text(),
                stack=st.text(),
            ),
        ),
        max_size=6,
    )
)
def test_every_failure_has_a_cause_whatever_it_says(failures: list[Failure]) -> None:
    causes = causes_of(failures)
    assert len(causes) == len(failures)
    assert causes_of(failures[::-1]) == causes[::-1]
    for cause in causes:
        assert len(cause.fingerprint) == 12
        assert len(cause.cause) <= 300
        assert "\n" not in cause.cause


def test_a_cause_without_a_message_is_a_record_like_all_others() -> None:
    assert causes_of([]) == []
    assert msgspec.json.decode(msgspec.json.encode(cause_of("")))["kind"] == "other"
