"""Failures of the booking pages, as Playwright's collector uploads them."""

from runs_mcp.sandbox.buildkite.records import ExpandedFailure
from runs_mcp.sandbox.story.buildkite.failures.causes import FailedTest, FailureText, UnitCause
from runs_mcp.sandbox.story.code_frames import plain_frame


def playwright_failure(
    failed: FailedTest, message: str, source: tuple[str, ...], at: int, column: int
) -> FailureText:
    """Returns a failure with its stack, then its snippet; the collector sends no backtrace.

    `source[at]` is the failing line.
    """
    test = failed.test
    line = test.line + at + 1
    stack = (*message.split("\n"), f"    at {failed.checkout}/{test.file}:{line}:{column}")
    snippet = plain_frame(source, at, line, column).split("\n")
    expanded = ExpandedFailure(expanded=(*stack, *snippet))
    return FailureText(reason=stack[0], expanded=(expanded,))


def _no_total(failed: FailedTest) -> FailureText:
    source = (
        f'  await page.goto("/booking/{failed.test.route.lower()}");',
        '  await page.getByRole("button", { name: "Choose seats" }).click();',
        '  await expect(page.getByTestId("fare-total")).toBeVisible();',
        "});",
    )
    return playwright_failure(
        failed,
        "Error: expect(locator).toBeVisible() failed\n"
        "\n"
        "Locator: getByTestId('fare-total')\n"
        "Expected: visible\n"
        "Timeout: 5000ms\n"
        "Error: element(s) not found\n"
        "\n"
        "Call log:\n"
        '  - Expect "toBeVisible" with timeout 5000ms\n'
        "  - waiting for getByTestId('fare-total')\n",
        source,
        2,
        52,
    )


def _timed_out(failed: FailedTest) -> FailureText:
    source = (
        f'  await page.goto("/account?from={failed.test.route.lower()}");',
        '  await page.getByLabel("Password").fill("secret");',
        "});",
    )
    return playwright_failure(
        failed,
        "Test timeout of 30000ms exceeded.\n"
        "Error: locator.fill: Test timeout of 30000ms exceeded.\n"
        "Call log:\n"
        "  - waiting for getByLabel('Password')\n",
        source,
        1,
        37,
    )


NO_TOTAL = UnitCause(area="pages", text=_no_total, seconds=7.4)
TIMED_OUT = UnitCause(area="pages", text=_timed_out, seconds=30.1)
