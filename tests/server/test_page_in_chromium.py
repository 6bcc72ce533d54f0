"""The confirmation page in a real browser: Debian's Chromium, without a window."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from in_process import connect
from mcp import Client
from msgspec.structs import replace
from playwright.async_api import Browser, Page, async_playwright, expect
from providers.currents_runs import FAILED, OWN, RUNNING, put_run, some_specs, writes
from server.destructive_calls import report_of

from runs_mcp.sandbox import Sandbox

SCREENSHOTS: Final = Path(__file__).parents[2] / "build" / "screenshots"
CANCEL: Final = {"run_id": RUNNING}
RIGHT: Final = RUNNING[-6:]
HOSTILE: Final = (
    "</bdi></dd><script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>"
    "<style>*{display:none}</style><svg onload=alert(3)> javascript:alert(4) &#x3C;b> \u202etxet"
)
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def chromium() -> str:
    """Where Chromium is. Without one the tests are skipped, and fail in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("CI"):
        pytest.fail("Chromium is not installed; .ci/run installs it.")
    if found is None:
        pytest.skip("Chromium is not installed.")
    return found


@asynccontextmanager
async def browser_of(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            await browser.close()


async def url_of(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    url: str = report_of(await client.call_tool(tool, arguments))["confirmation_url"]
    return url


@asynccontextmanager
async def cancel_page(sandbox: Sandbox, chromium: str) -> AsyncIterator[tuple[Client, Page]]:
    """Yields a client whose call waits for a confirmation, and the page for it in a browser."""
    async with connect(sandbox) as client, browser_of(chromium) as browser:
        page = await browser.new_page()
        await page.goto(await url_of(client, "currents_cancel_run", CANCEL))
        yield client, page


async def outcome_of(client: Client) -> str:
    outcome: str = report_of(await client.call_tool("currents_cancel_run", CANCEL))["outcome"]
    return outcome


async def test_it_can_be_confirmed_with_the_keyboard_alone(sandbox: Sandbox, chromium: str) -> None:
    async with cancel_page(sandbox, chromium) as (client, page):
        await page.keyboard.press("Tab")
        await page.keyboard.type(RIGHT)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
        await expect(page.get_by_text("You can go back to your assistant")).to_be_visible()
        assert writes(sandbox) == []
        assert await outcome_of(client) == "done"
    assert writes(sandbox) == ["PUT"]


async def test_it_can_be_left_with_the_keyboard_alone(sandbox: Sandbox, chromium: str) -> None:
    async with cancel_page(sandbox, chromium) as (client, page):
        for _ in range(3):
            await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Leave it")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Nothing was changed.")).to_be_visible()
        assert await outcome_of(client) == "declined"
    assert writes(sandbox) == []


async def test_a_mistake_is_told_to_a_screen_reader_too_and_can_be_corrected(
    sandbox: Sandbox, chromium: str
) -> None:
    async with cancel_page(sandbox, chromium) as (client, page):
        field = page.get_by_label("To confirm, type the last 6 characters")
        await field.fill("wrong!")
        await page.get_by_role("button", name="Confirm").click()
        await expect(page.get_by_role("alert")).to_contain_text("not its last 6 characters")
        await expect(field).to_be_focused()
        await expect(field).to_have_attribute("aria-describedby", "wrong")
        await field.fill(RIGHT)
        await page.get_by_role("button", name="Confirm").click()
        await expect(page.get_by_role("status")).to_be_visible()
        assert await outcome_of(client) == "done"


async def test_what_strangers_wrote_does_nothing_but_stand_there(
    sandbox: Sandbox, chromium: str
) -> None:
    meta = sandbox.currents.run_of(FAILED).meta
    commit = replace(meta.commit, branch=HOSTILE, message=HOSTILE, author_name=HOSTILE)
    specs = [replace(some_specs(sandbox)["a1"], spec=HOSTILE, machine_id="machine-a")]
    meta = replace(meta, ci_build_id=HOSTILE, commit=commit)
    put_run(sandbox, specs=specs, tags=(HOSTILE,), meta=meta)
    events: list[str] = []
    async with connect(sandbox) as client, browser_of(chromium) as browser:
        page = await browser.new_page()
        reset = {"run_id": OWN, "machine_ids": ["machine-a"]}
        url = await url_of(client, "currents_reset_run", reset)
        page.on("dialog", lambda dialog: events.append(f"dialog {dialog.message}"))
        page.on("pageerror", lambda error: events.append(f"error {error}"))
        page.on("request", lambda request: events.append(request.url))
        await page.goto(url)
        await expect(page.get_by_text("alert(1)").first).to_be_visible()
        await expect(page.get_by_role("button")).to_have_count(2)
        assert await page.locator("script, img, svg, iframe, a, link").count() == 0
    assert [event for event in events if event != url and not event.endswith("/favicon.ico")] == []


async def test_a_form_on_another_site_confirms_nothing(sandbox: Sandbox, chromium: str) -> None:
    """Even one that knows the address and the form's token."""
    async with cancel_page(sandbox, chromium) as (client, page):
        url, token = page.url, await page.locator("[name=form_token]").get_attribute("value")
        fields = {"form_token": token, "typed": RIGHT, "decision": "confirm"}
        inputs = "".join(f'<input name="{name}" value="{fields[name]}">' for name in fields)
        evil = f'<form method="post" action="{url}">{inputs}<button>Win</button></form>'
        await page.route(
            "http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html")
        )
        for _ in range(2):
            await page.goto("http://evil.example/")
            await page.get_by_role("button", name="Win").click()
            await page.wait_for_load_state()
            await expect(page.get_by_role("heading", name="Confirmed")).to_have_count(0)
        assert await outcome_of(client) == "confirmation_required"
    assert writes(sandbox) == []


async def test_another_site_cannot_show_the_page_in_a_frame(
    sandbox: Sandbox, chromium: str
) -> None:
    async with cancel_page(sandbox, chromium) as (_, page):
        evil = f'<iframe src="{page.url}" onload="document.title = \'loaded\'"></iframe>'
        await page.route(
            "http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html")
        )
        await page.goto("http://evil.example/")
        await page.wait_for_function("document.title === 'loaded'")
        assert await page.frame_locator("iframe").get_by_role("button").count() == 0


async def test_a_page_that_was_used_cannot_be_used_again_by_going_back(
    sandbox: Sandbox, chromium: str
) -> None:
    async with cancel_page(sandbox, chromium) as (client, page):
        await page.get_by_role("button", name="Leave it").click()
        await expect(page.get_by_role("heading", name="Left as it is")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_role("heading", name="no longer valid")).to_be_visible()
        assert await outcome_of(client) == "declined"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_it_fits_narrow_and_wide_windows_in_light_and_dark(
    sandbox: Sandbox, chromium: str, scheme: Scheme, width: int
) -> None:
    """The pictures are for people to look at: build/screenshots."""
    async with connect(sandbox) as client, browser_of(chromium) as browser:
        context = await browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = await context.new_page()
        failed = (spec for spec in sandbox.currents.specs_of(FAILED) if spec.has_failed)
        machines = sorted({spec.machine_id for spec in failed if spec.machine_id})
        reset = {"run_id": FAILED, "machine_ids": machines}
        await page.goto(await url_of(client, "currents_reset_run", reset))
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) == 0
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") is (scheme == "light")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=SCREENSHOTS / f"{scheme}-{width}.png", full_page=True)
