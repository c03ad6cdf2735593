"""What is loaded when it is first wanted, and does not come at first, in a real browser."""

import asyncio

import pytest
from playwright.async_api import BrowserContext, FilePayload, Route, expect

from tests.conftest import RunningServer
from tests.frontend.hand import SEVEN, draw
from tests.frontend.test_pictures import seven

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_nobody_is_asked_to_draw_before_ink_is_taken(
    context: BrowserContext, server: RunningServer
) -> None:
    page = await context.new_page()
    is_asked_for, may_come = asyncio.Event(), asyncio.Event()

    async def delay(route: Route) -> None:
        is_asked_for.set()
        await may_come.wait()
        await route.continue_()

    await page.route("**/main.js", delay)
    await page.goto(server.url, wait_until="commit")
    await is_asked_for.wait()
    await page.locator("#announcer").wait_for(state="attached")
    await expect(page.locator(".hint")).to_be_hidden()
    await expect(page.locator("#scrub")).to_be_disabled()
    may_come.set()
    await expect(page.locator(".hint")).to_be_visible()
    await draw(page, SEVEN)
    await expect(page.locator("#scrub")).to_be_enabled()


async def test_why_is_loaded_when_it_is_wanted_again(context: BrowserContext, server: RunningServer) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    await draw(page, SEVEN)
    why = page.locator("#why")
    await page.route("**/why_view.js", lambda route: route.abort())
    await why.click()
    await expect(page.locator("#notice")).to_contain_text("did not load")
    await expect(why).to_have_attribute("aria-pressed", "false")
    await page.unroute_all()
    await why.click()
    await expect(page.locator(".legend")).to_contain_text("against a 7")


async def test_the_table_is_loaded_when_pictures_come_again(
    context: BrowserContext, server: RunningServer
) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    files = page.locator("#pictures input[type=file]")
    picture: FilePayload = {"name": "seven.png", "mimeType": "image/png", "buffer": seven()}
    await page.route("**/picture_batch.js", lambda route: route.abort())
    await files.set_input_files([picture])
    await expect(page.locator("#notice")).to_contain_text("did not load")
    await page.unroute_all()
    await files.set_input_files([picture])
    await expect(page.locator("tbody tr")).to_contain_text("seven.png")
