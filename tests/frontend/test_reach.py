"""The page for who sees it enlarged, or not at all, and who has a keyboard alone; in a real browser."""

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.conftest import RunningServer
from tests.frontend.conftest import Server
from tests.frontend.hand import ONE, SEVEN, corners, draw, painted, press, sign, strokes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CURSOR = "document.querySelector('.cursor')"


async def test_the_keyboards_pen_is_followed_where_the_sheet_is_larger_than_the_window(page: Page) -> None:
    await page.set_viewport_size({"width": 320, "height": 170})
    await page.locator("#sheet").focus()
    for _ in range(12):
        await page.keyboard.press("ArrowDown")
    assert await page.evaluate(f"{CURSOR}.getBoundingClientRect().y <= innerHeight")


async def test_the_keyboards_pen_is_seen_on_every_page(page: Page) -> None:
    await page.get_by_role("button", name="Pen", exact=True).click()
    for chosen in await page.locator("#pages label:has([type=radio])").all():
        await chosen.click()
        assert await contrast(page) >= 3


async def contrast(page: Page) -> float:
    """Contrast of the keyboard's pen on the sheet (WCAG 2.2)."""
    colours = await page.evaluate(
        f"[getComputedStyle({CURSOR}).color, getComputedStyle({CURSOR}.parentElement).backgroundColor]"
    )
    dark, light = sorted(luminance(colour) for colour in colours)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of "rgb(r, g, b)" (WCAG 2.2)."""
    shares = (int(part) / 255 for part in colour[4:-1].split(","))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("is_compared", [False, True])
@pytest.mark.parametrize("width", [320, 390])
async def test_large_type_scrolls_nothing_sideways(page: Page, width: int, is_compared: bool) -> None:
    await page.set_viewport_size({"width": width, "height": 700})
    if is_compared:
        await page.get_by_role("button", name="Compare").click()
    await page.evaluate("document.documentElement.style.fontSize = '24px'")
    await painted(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    spilt = """() => [...document.querySelectorAll(".bars b, .words")].filter((one) =>
      one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth).length"""
    assert not await page.evaluate(spilt)


async def test_ink_stays_under_the_pen_when_what_is_said_pushes_the_sheet_down(
    context: BrowserContext, own_server: Server
) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 390, "height": 900})
    await page.goto(own_server.url)
    await page.evaluate("document.documentElement.style.fontSize = '24px'")
    await page.locator("#status[data-state=ready]").wait_for()
    await press(page, ONE[:2])
    before = await corners(page, ONE)
    own_server.kill()
    await page.locator("#status[data-state=waiting]").wait_for()
    await painted(page)
    after = await corners(page, ONE)
    assert after[0][1] > before[0][1] + 10, "nothing was pushed"
    for x, y in after[2:]:
        await page.mouse.move(x, y)
    await page.mouse.up()
    ys = [point[1] for point in (await strokes(page))[0]]
    assert ys[-2:] == pytest.approx([600, 800], abs=8)


async def test_ink_that_nobody_could_read_yet_is_not_called_blank(
    context: BrowserContext, own_server: Server
) -> None:
    page = await context.new_page()
    await page.goto(own_server.url)
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    await draw(page, ONE)
    own_server.kill()
    await page.locator("#status[data-state=waiting]").wait_for()
    await page.keyboard.press("Control+z")
    await expect(sign(page)).to_have_text("7")
    await page.locator("#models select").first.evaluate(
        "(select) => { select.selectedIndex = 1; select.dispatchEvent(new Event('change')); }"
    )
    await expect(page.locator(".verdict .word")).to_have_text("Not read yet")
    await expect(page.locator("#announcer")).to_have_text("Not read yet")


async def test_the_focus_goes_to_the_sheet_when_the_timeline_empties_under_it(page: Page) -> None:
    await draw(page, SEVEN)
    await page.locator("#scrub:enabled").focus()
    await page.keyboard.press("c")
    await expect(page.locator("#scrub")).to_be_disabled()
    await expect(page.locator("#sheet")).to_be_focused()


async def test_the_focus_stays_on_a_bar_when_why_is_turned_off(page: Page) -> None:
    await draw(page, SEVEN)
    await page.keyboard.press("w")
    bar = page.locator(".bars li").nth(7)
    await page.locator(".bars li[tabindex='0']").first.wait_for()
    await bar.focus()
    await expect(page.locator(".legend small")).to_have_attribute("aria-live", "polite")
    await page.keyboard.press("w")
    await expect(page.locator(".legend")).to_be_hidden()
    await expect(bar).to_be_focused()


async def test_the_focus_stays_on_try_now(context: BrowserContext, own_server: Server) -> None:
    page = await context.new_page()
    await page.goto(own_server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    own_server.kill()
    retry = page.get_by_role("button", name="Try now")
    await retry.focus()
    own_server.start()
    await page.locator("#status[data-state=ready]").wait_for()
    await expect(retry).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(retry).to_be_hidden()


async def test_keys_that_a_slider_does_not_know_do_not_clear_the_drawing(page: Page) -> None:
    await draw(page, SEVEN)
    await page.get_by_role("button", name="Pen", exact=True).click()
    await page.locator("#width").focus()
    await page.keyboard.press("Delete")
    assert len(await strokes(page)) == 1


@pytest.mark.parametrize(("scheme", "theme"), [("light", "dark"), ("dark", "light")])
async def test_the_keyboards_pen_is_seen_in_forced_colours(
    browser: Browser, server: RunningServer, scheme: Literal["light", "dark"], theme: str
) -> None:
    context = await browser.new_context(forced_colors="active", color_scheme=scheme)
    page = await context.new_page()
    await page.goto(server.url)
    await page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    await painted(page)
    assert await contrast(page) >= 3
    await context.close()
