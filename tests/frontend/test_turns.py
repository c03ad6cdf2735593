"""Mouse, keyboard, palm and pen taking turns at one drawing, in a real browser."""

import pytest
from playwright.async_api import Page, expect

from tests.frontend.hand import SEVEN, corners, draw
from tests.frontend.test_drawing_tools import Finger, strokes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_mouse_takes_over_from_a_keyboard_pen_that_is_down(page: Page) -> None:
    await page.locator("#sheet").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowLeft")
    await draw(page, SEVEN)
    drawn = await strokes(page)
    assert len(drawn) == 2
    assert len(drawn[1]) > len(SEVEN)


async def test_keys_are_for_the_drawing_once_the_mouse_has_drawn(page: Page) -> None:
    model = page.locator("#models select").first
    chosen = await model.input_value()
    await model.focus()
    await draw(page, SEVEN)
    sheet = page.locator("#sheet")
    await expect(sheet).to_be_focused()
    assert not await sheet.evaluate("sheet => sheet.matches(':focus-visible')"), (
        "a ring around what the mouse draws on"
    )
    assert await page.evaluate("getSelection().isCollapsed")
    await page.keyboard.press("c")
    await expect(page.locator("#clear")).to_be_disabled()
    await expect(model).to_have_value(chosen)


async def test_a_finger_on_the_sheet_draws_and_does_not_scroll(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 500})
    finger = Finger(await page.context.new_cdp_session(page))
    await finger.draw(await corners(page, [(0.5, 0.8), (0.5, 0.5), (0.5, 0.1)]))
    assert len(await strokes(page)) == 1
    assert await page.evaluate("scrollY") == 0
    ring = "document.querySelector('#sheet').matches(':focus-visible')"
    assert not await page.evaluate(ring), "a ring around what the finger draws on"
