"""Earlier moments of a drawing, in a real browser: the timeline and the replay."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.frontend.hand import SEVEN, draw, sign

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_dragging_along_the_timeline_shows_earlier_beliefs(page: Page) -> None:
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    scrub = page.locator("#scrub")
    await scrub.focus()
    await page.keyboard.press("Home")
    await expect(page.locator(".verdict")).to_have_attribute("data-verdict", "blank")
    await expect(scrub).to_have_attribute("aria-valuetext", re.compile("After 0 of .*blank"))
    box = await scrub.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + 6, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"], middle, steps=3)
    await page.mouse.up()
    await expect(sign(page)).to_have_text("7")


async def test_earlier_ink_that_nobody_asked_about_is_asked_about(page: Page) -> None:
    await draw(page, SEVEN)
    await page.reload()
    await expect(sign(page)).to_have_text("7")
    await page.locator("#scrub").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#scrub")).to_have_attribute("aria-valuetext", re.compile("After .*: 7"))
    await expect(sign(page)).to_have_text("7")
    await page.locator("#models select").first.select_option("classic")
    await expect(page.locator("#scrub")).to_have_attribute("aria-valuetext", re.compile("After .*: 7"))
    await expect(sign(page)).to_have_text("7")
    await page.keyboard.press("Escape")
    await expect(sign(page)).to_have_text("7")


async def test_a_replay_draws_it_again_and_ends_in_the_present(page: Page) -> None:
    await draw(page, SEVEN)
    await page.reload()
    await expect(sign(page)).to_have_text("7")
    await page.click("#replay")
    await expect(page.locator("#replay")).to_contain_text("Stop")
    await expect(page.locator("#replay")).to_contain_text("Replay")
    await expect(sign(page)).to_have_text("7")
