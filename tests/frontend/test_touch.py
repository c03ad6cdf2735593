"""Drawing with fingers and with a pen, in a real browser."""

import pytest
from playwright.async_api import Page, expect

from tests.frontend.fingers import Finger, pen
from tests.frontend.hand import SEVEN, corners, ink_pixels, sign, strokes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_finger_draws(page: Page) -> None:
    finger = Finger(await page.context.new_cdp_session(page))
    await finger.draw(await corners(page, SEVEN))
    await expect(sign(page)).to_have_text("7")


async def test_a_cancelled_touch_leaves_no_ink(page: Page) -> None:
    finger = Finger(await page.context.new_cdp_session(page))
    await finger.draw(await corners(page, SEVEN), end="touchCancel")
    await expect(page.locator("#clear")).to_be_disabled()


async def test_while_a_pen_is_near_the_palm_does_not_draw(page: Page) -> None:
    first, *rest = await corners(page, SEVEN)
    session = await page.context.new_cdp_session(page)
    await pen(session, "mousePressed", first, 0.3)
    for i, place in enumerate(rest):
        await pen(session, "mouseMoved", place, 0.3 + i / 10)
    await pen(session, "mouseReleased", rest[-1], 0)
    await expect(sign(page)).to_have_text("7")
    pressures = {point[3] for point in (await strokes(page))[0]}
    assert len(pressures) > 2, "the pen's pressure was not kept"
    before = await ink_pixels(page)
    palm = Finger(await page.context.new_cdp_session(page))
    await palm.draw(await corners(page, [(0.1, 0.9), (0.3, 0.9)]))
    assert await ink_pixels(page) == before
    # As if the pen had last been there half a minute ago.
    await page.locator("#sheet").evaluate("""(sheet) => {
      const event = new PointerEvent("pointermove", { pointerType: "pen" });
      Object.defineProperty(event, "timeStamp", { value: performance.now() - 31_000 });
      sheet.dispatchEvent(event);
    }""")
    await palm.draw(await corners(page, [(0.1, 0.9), (0.3, 0.9)]))
    assert len(await strokes(page)) == 2
