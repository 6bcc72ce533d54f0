"""The causes of failures of Playwright."""

import random

from triage.failures import BUTTON, LINK, cause_of, failed, jest, number_of_causes

from runs_mcp.model import FailedTest
from runs_mcp.triage.fingerprint.causes import causes_of


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


def test_a_missing_element_is_one_cause_whatever_was_to_be_done_with_it() -> None:
    failures = [
        failed(missing(BUTTON)),
        failed(missing(BUTTON, "toBeEnabled()"), spec="specs/b.spec.ts"),
        failed(click_timeout(BUTTON), frame="signUp (pages/sign_up.ts:7)"),
    ]
    assert number_of_causes(*failures) == 1


def test_two_elements_are_two_causes_even_in_one_helper() -> None:
    failures = [failed(missing(name), frame="open (pages/menu.ts:4)") for name in (BUTTON, LINK)]
    assert number_of_causes(*failures) == 2


def test_rows_of_one_kind_are_one_element() -> None:
    rows = [mismatch(f"getByTestId('sum-{row}')", f"{row},00 €") for row in ("A100", "B207")]
    assert number_of_causes(*map(failed, rows)) == 1


def test_what_a_template_in_the_code_fills_in_does_not_tell_elements_apart() -> None:
    code = "> 8 |   await expect(page.getByTestId(`state-${room}`)).toHaveText('free');"
    rooms = [mismatch(f"getByTestId('state-{room}')", "taken") for room in ("yard", "attic")]
    assert number_of_causes(*(failed(error, code_frame=code) for error in rooms)) == 1
    assert number_of_causes(*map(failed, rooms)) == 2


def test_headings_of_two_levels_are_two_elements() -> None:
    assert number_of_causes(*(failed(missing(f"locator('h{n}')")) for n in (1, 2))) == 2


def test_a_missing_element_and_a_wrong_text_are_two_causes() -> None:
    assert number_of_causes(failed(missing(BUTTON)), failed(mismatch(BUTTON, "Join"))) == 2


def test_the_text_of_an_unspecific_element_tells_causes_apart() -> None:
    heading = "getByRole('heading', { level: 1 })"
    shown = [failed(mismatch(heading, text)) for text in ("Not found", "Not found", "Log in")]
    assert number_of_causes(*shown) == 2


def test_in_strict_mode_the_locator_is_the_cause_and_not_the_elements_found() -> None:
    errors = [
        f"Error: locator.click: Error: strict mode violation: {BUTTON} resolved to 2 "
        "elements:\n"
        f'    1) <button data-id="{row}">Sign up</button> aka {BUTTON}.first()'
        for row in ("x1", "y2")
    ]
    causes = causes_of([failed(error).text for error in errors])
    assert causes[0] == causes[1]
    assert causes[0].cause == f"strict mode violation: {BUTTON}"


def test_an_overlay_is_one_cause_whatever_it_covers() -> None:
    errors = [
        f"{click_timeout(locator)}\n    - locator resolved to <b>Go</b>\n  - attempting click"
        '\n    - <div class="consent">…</div> intercepts pointer events'
        for locator in (BUTTON, LINK)
    ]
    assert number_of_causes(*map(failed, errors)) == 1


def test_a_host_that_is_down_is_one_cause_on_whichever_page_and_port() -> None:
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


def test_a_response_is_known_by_its_request_and_status() -> None:
    def answered(method: str, path: str, status: str) -> FailedTest:
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


def test_what_a_call_waited_for_is_read_from_the_code() -> None:
    def waiting(path: str, **more: str) -> FailedTest:
        code = f"> 4 | const got = page.waitForResponse(r => r.url().includes('{path}'));"
        message = (
            "TimeoutError: page.waitForResponse: Timeout 900ms exceeded while waiting for event"
            ' "response"'
        )
        return failed(message, code_frame=code, **more)

    direct, helped = waiting("/api/find"), waiting("/api/find", frame="find (support/a.ts:3)")
    assert number_of_causes(direct, helped) == 1
    assert number_of_causes(direct, waiting("/api/list")) == 2


def test_errors_that_a_fixture_collected_are_the_cause() -> None:
    def collected(*errors: str) -> FailedTest:
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


def test_a_browser_that_is_gone_is_one_cause_in_every_call() -> None:
    gone = "Target page, context or browser has been closed"
    errors = [f"Error: {call}: {gone}" for call in ("page.goto", "locator.click")]
    assert number_of_causes(*map(failed, errors)) == 1
    assert cause_of(errors[0]).kind == "infrastructure"


def test_a_bare_timeout_is_one_cause_in_a_file_and_joins_no_other() -> None:
    silent = failed("Test timeout of 4000ms exceeded.")
    again = failed("Test timeout of 60000ms exceeded.", test="another test")
    named = failed(
        "Test timeout of 4000ms exceeded.\n\nError: locator.fill: Test timeout of 4000ms "
        "exceeded.\nCall log:\n  - waiting for getByLabel('Street')"
    )
    elsewhere = failed("Test timeout of 4000ms exceeded.", spec="specs/b.spec.ts")
    assert number_of_causes(silent, again) == 1
    assert number_of_causes(silent, named, elsewhere) == 3


def test_a_further_error_says_what_a_bare_timeout_waited_for() -> None:
    waited = "locator.click: Test timeout of 4000ms exceeded.\nCall log:\n  - waiting for "
    bare = failed("Test timeout of 4000ms exceeded.").text
    pay, buy = (bare._replace(further=(waited + name,)) for name in ("locator('#pay')", BUTTON))
    causes = causes_of([pay, buy, bare])
    assert len({cause.fingerprint for cause in causes}) == 3
    assert causes[0].cause == "locator('#pay') not found or not ready"
    assert {cause.kind for cause in causes} == {"timeout"}


def test_a_hook_that_runs_out_of_time_is_named() -> None:
    each = cause_of('Test timeout of 3000ms exceeded while running "beforeEach" hook.')
    every = cause_of('"beforeAll" hook timeout of 3000ms exceeded.')
    assert each.kind == every.kind == "timeout"
    assert each.fingerprint != every.fingerprint
    assert each.cause == 'Test timeout of <n>ms exceeded while running "beforeEach" hook.'


def test_the_page_on_which_the_browser_ended_up_is_the_cause() -> None:
    def landed(expected: str, received: str) -> FailedTest:
        return failed(
            "Error: expect(page).toHaveURL(expected) failed\n\n"
            f'Expected pattern: {expected}\nReceived string:  "http://127.0.0.1:40001{received}"'
        )

    assert number_of_causes(landed("/account/", "/login"), landed("/cart/", "/login")) == 1
    assert number_of_causes(landed("/account/", "/login"), landed("/cart/", "/oops")) == 2


def test_the_endpoint_and_the_part_of_its_result_tell_wrong_numbers_apart() -> None:
    def counted(path: str, part: str) -> FailedTest:
        code = (
            f"  3 |   const got = await (await request.get('{path}')).json();\n"
            f"> 4 |   expect(got.{part}).toBe(3);\n    |   ^"
        )
        return failed(jest("toBe", "3", str(len(path))), code_frame=code)

    assert number_of_causes(counted("/api/a?x=1", "n"), counted("/api/a?x=22", "n")) == 1
    assert number_of_causes(counted("/api/a", "n"), counted("/api/b", "n")) == 2
    assert number_of_causes(counted("/api/a", "n"), counted("/api/a", "sum")) == 2
