"""Why: the strokes and the image in the colours of what speaks for the digit, in a real browser."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.frontend.hand import SEVEN, draw, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COLOURED = """selector => [...document.querySelectorAll(selector)].reduce((count, canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) count += Math.abs(data[i] - data[i + 2]) > 40;
  return count;
}, 0)"""


async def coloured(page: Page, selector: str) -> int:
    """Count the pixels that are rather blue or orange than grey."""
    count: int = await page.evaluate(COLOURED, selector)
    return count


async def test_strokes_and_image_are_tinted_as_long_as_one_asks_why(page: Page) -> None:
    await draw(page, SEVEN)
    assert await coloured(page, "#sheet canvas") == 0
    await page.keyboard.press("w")
    await expect(page.locator(".legend small")).to_have_text(re.compile("A digit, and a 7"))
    await until(page, f"() => ({COLOURED})('#sheet canvas') > 1000 && ({COLOURED})('#image') > 1000")
    await page.locator(".bars li").nth(1).hover()
    await expect(page.locator(".legend")).to_contain_text("against a 1")
    await page.mouse.move(1, 1)
    await expect(page.locator(".legend")).to_contain_text("against a 7")
    await page.locator(".bars li").nth(9).focus()
    await expect(page.locator(".legend")).to_contain_text("against a 9")
    await page.reload()
    await expect(page.locator(".legend")).to_contain_text("against a 7")
    await page.locator("#why").click()
    await until(page, f"() => ({COLOURED})('#sheet canvas') === 0")
    await expect(page.locator(".legend")).to_be_hidden()


async def test_the_legend_has_its_colours_also_when_others_are_forced(page: Page) -> None:
    await page.emulate_media(forced_colors="active")
    await draw(page, SEVEN)
    await page.keyboard.press("w")
    await expect(page.locator(".legend i")).to_have_css("background-image", re.compile("gradient"))
    await page.keyboard.press("w")
    await page.emulate_media(forced_colors="none")
