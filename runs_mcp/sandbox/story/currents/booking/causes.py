"""The root causes of the booking site's failures."""

from runs_mcp.sandbox.seeded import hex_id, uuid_id
from runs_mcp.sandbox.story.currents.causes import FailedAttempt
from runs_mcp.sandbox.story.currents.playwright_errors import (
    PlaywrightCause,
    Spot,
    action_timeout,
    expectation,
    test_timeout,
)


def _bad_gateway(attempt: FailedAttempt) -> str:
    quote, request = uuid_id(f"quote {attempt.seed}"), hex_id(f"request {attempt.seed}", 24)
    return (
        f"Error: POST https://fares.staging.skerry.example/v2/quotes/{quote}/hold"
        f" answered 502 Bad Gateway (x-request-id {request})"
    )


_PAYMENT_BUTTON = "getByRole('button', { name: 'Continue to payment' })"

RENAMED_BUTTON = PlaywrightCause(
    message=action_timeout("click", 15_000, _PAYMENT_BUTTON),
    call="await checkout.continueToPayment();",
    spot=Spot(
        "e2e/pages/checkout-page.ts",
        "CheckoutPage.continueToPayment",
        41,
        82,
        (
            "  async continueToPayment() {",
            "    await this.acceptTerms();",
            f"    await this.page.{_PAYMENT_BUTTON}.click();",
            "    await this.page.waitForURL('**/payment');",
            "  }",
        ),
        2,
    ),
    attempt_ms=15_400,
)
FARE_API_DOWN = PlaywrightCause(
    message=_bad_gateway,
    call="const quote = await fares.hold(familyTrip);",
    spot=Spot(
        "e2e/support/fares-api.ts",
        "FaresApi.hold",
        27,
        13,
        (
            "    const answer = await this.request.post(url, { data: trip });",
            "    if (!answer.ok()) {",
            "      throw new Error(await describe(answer));",
            "    }",
        ),
        2,
    ),
    attempt_ms=900,
)
FARE_ROUNDING = PlaywrightCause(
    message=expectation(
        "toHaveText",
        "getByTestId('fare-total')",
        '"€ 184.5\x1b[7m0\x1b[27m"',
        '"€ 184.\x1b[7m49\x1b[27m"',
        '<output data-testid="fare-total">€ 184.49</output>',
    ),
    call="await fare.expectTotal(familyTrip.total);",
    spot=Spot(
        "e2e/pages/fare-summary.ts",
        "FareSummary.expectTotal",
        18,
        52,
        (
            "  async expectTotal(total: string) {",
            "    await expect(this.page.getByTestId('fare-total')).toHaveText(total);",
            "  }",
        ),
        1,
    ),
    attempt_ms=6_900,
)
SEAT_MAP_FLAKE = PlaywrightCause(
    message=expectation(
        "toHaveCount", "getByRole('gridcell', { selected: true })", "2", "1", "1 element"
    ),
    call="await expect(page.getByRole('gridcell', { selected: true })).toHaveCount(2);",
    attempt_ms=6_200,
)
PRINTED_WEEKDAY = PlaywrightCause(
    message=expectation(
        "toHaveText",
        "getByRole('columnheader').last()",
        '"s\x1b[7mø\x1b[27mndag"',
        '"s\x1b[7mo\x1b[27mndag"',
        '<th scope="col">sondag</th>',
    ),
    call="await expect(page.getByRole('columnheader').last()).toHaveText('søndag');",
)
TEST_TIMEOUT = PlaywrightCause(
    message=test_timeout(45_000),
    call="await page.goto('/book');",
    raw_status="timedOut",
    attempt_ms=45_100,
    has_stack=False,
)
INTERRUPTED = PlaywrightCause(
    message=lambda _: (
        "Error: page.goto: Target page, context or browser has been closed\nCall log:\n"
        '\x1b[2m  - navigating to "https://www.staging.skerry.example/book",'
        ' waiting until "load"\x1b[22m\n'
    ),
    call="await page.goto('/book');",
    raw_status="interrupted",
    attempt_ms=2_100,
)
STRANGE_NAME = PlaywrightCause(
    message=expectation(
        "toHaveText",
        "getByTestId('passenger-name')",
        '"Zoë O\'Brien-‹Ærø› 🛳️"',
        '"<div class=\\"name\\">List<String> Zo\u200be\u0308 &amp; \u202enóisrev\u202c</div>"',
        '<div data-testid="passenger-name">…</div>',
    ),
    call="await expect(page.getByTestId('passenger-name')).toHaveText(name);",
)
BROKEN_PAGE = PlaywrightCause(
    message=lambda _: "TypeError: Cannot read properties of undefined (reading 'berth')",
    call="await sailing.openBerth();",
    spot=Spot(
        "e2e/pages/sailing-page.ts",
        "SailingPage.openBerth",
        12,
        37,
        (
            "  async openBerth() {",
            "    const berth = this.sailing.port.berth;",
            "    await this.page.getByText(berth).click();",
        ),
        1,
    ),
    attempt_ms=400,
)
DATE_PICKER = PlaywrightCause(
    message=action_timeout("fill", 10_000, "getByLabel('Departure date')"),
    call="await page.getByLabel('Departure date').fill('2031-06-14');",
    attempt_ms=10_300,
)
NO_CABINS = PlaywrightCause(
    message=expectation(
        "toBeVisible", "getByRole('list', { name: 'Cabins' })", "visible", "hidden"
    ),
    call="await expect(page.getByRole('list', { name: 'Cabins' })).toBeVisible();",
    attempt_ms=5_300,
)
HELP_MOVED = PlaywrightCause(
    message=expectation(
        "toHaveText", "getByRole('heading').first()", '"Questions"', '"Page not found"'
    ),
    call="await expect(page.getByRole('heading').first()).toHaveText('Questions');",
    attempt_ms=5_100,
)
WEATHER_DOWN = PlaywrightCause(
    message=lambda _: (
        "Error: GET https://weather.staging.skerry.example/v1/marine answered"
        " 503 Service Unavailable"
    ),
    call="const forecast = await weather.marine(crossing);",
    attempt_ms=1_200,
)
DOWNLOAD = PlaywrightCause(
    message=lambda _: (
        "TimeoutError: page.waitForEvent: Timeout 20000ms exceeded"
        ' while waiting for event "download"\n'
        "=========================== logs ===========================\n"
        'waiting for event "download"\n'
        "============================================================"
    ),
    call="const download = await page.waitForEvent('download');",
    attempt_ms=20_200,
)
