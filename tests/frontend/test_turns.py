"""Mouse, keyboard, palm and pen taking turns at one drawing, in a real browser."""

import re
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.frontend.fingers import Finger, pen, touch
from tests.frontend.hand import SEVEN, corners, draw, sign, strokes

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


async def test_a_palm_that_lies_there_first_gives_way_to_the_pen(page: Page) -> None:
    hand = await page.context.new_cdp_session(page)
    first, *rest, last = await corners(page, SEVEN)
    palm = [(place[0] + 40, place[1] + 90) for place in (first, rest[0])]
    await touch(hand, "touchStart", palm[0])
    await touch(hand, "touchMove", palm[1])
    await pen(hand, "mousePressed", first, 0.3)
    for place in (*rest, last):
        await pen(hand, "mouseMoved", place, 0.5)
    await pen(hand, "mouseReleased", last, 0)
    await touch(hand, "touchEnd")
    await expect(sign(page)).to_have_text("7")
    assert len(await strokes(page)) == 1


async def test_the_mouse_draws_on_a_page_that_was_left_under_the_finger_and_comes_back(page: Page) -> None:
    hand = await page.context.new_cdp_session(page)
    first, second, *_ = await corners(page, SEVEN)
    await touch(hand, "touchStart", first)
    await touch(hand, "touchMove", second)
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await draw(page, SEVEN)
    await touch(hand, "touchEnd")
    assert len(await strokes(page)) == 2


async def test_the_keyboard_erases_what_is_under_its_pen(page: Page) -> None:
    sheet, said = page.locator("#sheet"), page.locator("#announcer")
    await sheet.focus()
    for key in ("Space", "ArrowLeft", "Space", "e", "ArrowUp", "ArrowUp", "ArrowUp", "Space"):
        await page.keyboard.press(key)
    await expect(said).to_have_text("No stroke here")
    assert len(await strokes(page)) == 1
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Space"):
        await page.keyboard.press(key)
    await expect(said).to_have_text("Stroke erased")
    assert not await strokes(page)


async def test_whatever_lifts_the_keyboards_pen_it_is_said(page: Page) -> None:
    said = page.locator("#announcer")
    await page.locator("#sheet").focus()
    for undo in ("Control+z", "Tab"):
        await page.keyboard.press("Space")
        await expect(said).to_have_text("Pen down")
        await page.keyboard.press(undo)
        await expect(said).to_have_text("Pen up")


async def test_the_keyboards_pen_is_up_on_a_page_that_was_left_and_comes_back(page: Page) -> None:
    await page.locator("#sheet").focus()
    for key in ("Space", "ArrowLeft", "ArrowLeft"):
        await page.keyboard.press(key)
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await expect(page.locator(".cursor")).not_to_have_class(re.compile("down"))
    for key in ("ArrowUp", "Space", "ArrowLeft", "Space"):
        await page.keyboard.press(key)
    assert len(await strokes(page)) == 2


@pytest.mark.parametrize("button", ["middle", "right"])
async def test_only_the_first_button_erases(page: Page, button: Literal["middle", "right"]) -> None:
    await draw(page, SEVEN)
    await page.keyboard.press("e")
    [middle] = await corners(page, [SEVEN[2]])
    await page.mouse.click(*middle, button=button)
    assert len(await strokes(page)) == 1
    await page.mouse.click(*middle)
    assert await strokes(page) == []
