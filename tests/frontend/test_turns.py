"""Mouse, keyboard, palm and pen taking turns at one drawing, in a real browser."""

import pytest
from playwright.async_api import Page

from tests.frontend.hand import SEVEN, draw
from tests.frontend.test_drawing_tools import strokes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_mouse_takes_over_from_a_keyboard_pen_that_is_down(page: Page) -> None:
    await page.locator("#sheet").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowLeft")
    await draw(page, SEVEN)
    drawn = await strokes(page)
    assert len(drawn) == 2
    assert len(drawn[1]) > len(SEVEN)
