"""Two models on one drawing, in a real browser."""

import re

import pytest
from playwright.async_api import BrowserContext, FilePayload, Page, expect

from tests.frontend.conftest import Server
from tests.frontend.hand import ONE, SCRAWL, SEVEN, draw, sign
from tests.frontend.test_pictures import seven

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_two_models_read_the_same_ink_side_by_side(page: Page) -> None:
    await draw(page, SEVEN)
    await page.get_by_role("button", name="Compare").click()
    signs = sign(page)
    await expect(signs).to_have_text(["7", "7"])
    await page.click("#clear")
    await draw(page, ONE)
    await expect(signs).to_have_text(["1", "1"])
    await page.reload()
    await expect(signs).to_have_text(["1", "1"])
    await page.get_by_role("button", name="Compare").click()
    await expect(signs).to_have_text(["1"])


@pytest.mark.parametrize(("width", "is_compared"), [(320, True), (1024, True), (1280, False), (2560, False)])
async def test_the_bars_stay_where_they_are_whatever_is_read(
    page: Page, width: int, is_compared: bool
) -> None:
    async def top() -> float:
        return float(await page.locator(".bars").first.evaluate("bars => bars.getBoundingClientRect().top"))

    await page.set_viewport_size({"width": width, "height": 800})
    compare = page.get_by_role("button", name="Compare")
    if is_compared:
        await compare.click()
        await expect(page.locator(".verdict")).to_have_count(2)
    verdict = page.locator(".verdict").first
    await expect(verdict).to_have_attribute("data-verdict", "blank")
    tops = [await top()]
    for line, read in ((SEVEN, "digit"), (SCRAWL, "not_a_digit")):
        await draw(page, line)
        await expect(verdict).to_have_attribute("data-verdict", read)
        tops.append(await top())
        await page.click("#clear")
    if is_compared:
        await compare.click()
    assert max(tops) - min(tops) < 0.5, tops


async def test_another_model_answers_as_soon_as_it_is_chosen(page: Page) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(str(frame))))
    await page.reload()
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    await page.locator("#models select").first.select_option("classic")
    await expect(sign(page)).to_have_text("7")
    assert any('"model":"classic"' in frame for frame in asked)


async def test_models_are_compared_at_the_moment_that_is_looked_at(page: Page) -> None:
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    await page.locator("#scrub").fill("3")
    await page.get_by_role("button", name="Compare").click()
    verdicts = page.locator("#results .verdict")
    await expect(verdicts).to_have_count(2)
    for verdict in await verdicts.all():
        await expect(verdict).not_to_have_attribute("data-verdict", "blank")
        await expect(verdict.locator(".sign")).not_to_have_text("7")


async def test_pictures_are_read_though_the_chosen_model_is_gone(page: Page) -> None:
    await page.evaluate(
        "for (const shelf of [sessionStorage, localStorage]) "
        "shelf.setItem('live-digits.settings', JSON.stringify({ models: ['gone'] }))"
    )
    await page.reload()
    await page.locator("#status[data-state=ready]").wait_for()
    picture: FilePayload = {"name": "seven.png", "mimeType": "image/png", "buffer": seven()}
    await page.set_input_files("#pictures input[type=file]", [picture])
    await expect(page.locator("tbody tr")).to_contain_text(re.compile("7.*Digit"))


@pytest.mark.parametrize("own_server", [("--max-sessions", "2")], indirect=True)
async def test_a_second_model_that_is_not_let_in_says_so(context: BrowserContext, own_server: Server) -> None:
    page, other = await context.new_page(), await context.new_page()
    for one in (page, other):
        await one.goto(own_server.url)
        await one.locator("#status[data-state=ready]").wait_for()
    await page.get_by_role("button", name="Compare").click()
    names = page.locator(".result .model")
    await expect(names.nth(1)).to_have_text(re.compile("^[a-z]+: offline$"))
    await expect(names.nth(0)).not_to_contain_text("offline")
    await other.close()
    await expect(names.nth(1)).to_have_text(re.compile("^[a-z]+$"))
