"""The page in a real browser, against a real server with the real weights."""

import re

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.conftest import RunningServer
from tests.frontend.conftest import Server, listen_for_complaints
from tests.frontend.hand import ONE, SCRAWL, SEVEN, bars, corners, draw, ink_pixels, press, sign, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BARS_MOVED = """seen => {
  const now = [...document.querySelectorAll(".bars .fill")].map(fill => fill.style.transform).join();
  return now !== seen && now;
}"""


async def test_bars_move_while_the_stroke_is_drawn_and_end_on_7(page: Page) -> None:
    first, *rest = await corners(page, SEVEN)
    await page.mouse.move(*first)
    await page.mouse.down()
    seen = [""]
    for x, y in rest:
        await page.mouse.move(x, y, steps=5)
        seen.append(await until(page, BARS_MOVED, seen[-1]))
    assert len(set(seen[1:])) >= 3, "the bars moved too seldom before the release"
    await page.mouse.up()
    await expect(sign(page)).to_have_text(re.compile("7"))
    heights = await bars(page)
    assert heights.index(max(heights)) == 7


async def test_clear_empties_the_bars_at_once(page: Page) -> None:
    await draw(page, SEVEN)
    await expect(page.locator(".verdict")).not_to_have_attribute("data-verdict", "blank")
    heights = await page.evaluate("""() => {
      document.querySelector("#clear").click();
      return [...document.querySelectorAll(".bars .fill")].map(fill => fill.getBoundingClientRect().height);
    }""")
    assert heights == [0] * 10
    await expect(page.locator(".verdict")).to_have_attribute("data-verdict", "blank")
    assert await ink_pixels(page) == 0


async def test_undo_goes_back_to_what_the_first_stroke_meant(page: Page) -> None:
    await draw(page, ONE)
    await expect(sign(page)).to_have_text(re.compile("1"))
    before = await ink_pixels(page)
    await draw(page, SEVEN)
    await page.keyboard.press("Control+z")
    await expect(sign(page)).to_have_text(re.compile("1"))
    assert await ink_pixels(page) == before


async def test_the_image_that_the_model_saw_is_shown(page: Page) -> None:
    await draw(page, SEVEN)
    await expect(page.locator("#image")).not_to_have_class(re.compile("empty"))
    brightest = await page.evaluate("""() => {
      const { data } = document.querySelector("#image").getContext("2d").getImageData(0, 0, 280, 280);
      return Math.max(...data.filter((_, i) => i % 4 === 0));
    }""")
    assert brightest > 200


async def test_no_bar_stands_out_when_it_is_not_a_digit(page: Page) -> None:
    await draw(page, SCRAWL)
    await expect(page.locator(".verdict")).to_have_attribute("data-verdict", "not_a_digit")
    fills = page.locator(".bars .fill")
    looks = await fills.evaluate_all("fills => fills.map(fill => getComputedStyle(fill).background)")
    assert len(set(looks)) == 1
    assert "gradient" in looks[0]


async def test_ink_goes_on_beyond_the_edge(page: Page) -> None:
    await draw(page, [(0.5, 0.5), (1.3, 0.5), (0.5, 0.6)])
    await expect(page.locator("#undo")).to_be_enabled()
    await page.keyboard.press("Control+z")
    await expect(page.locator("#undo")).to_be_disabled()


async def test_the_drawing_survives_a_killed_server(context: BrowserContext, own_server: Server) -> None:
    page = await context.new_page()
    # 426: the server came back between a refused websocket and the page asking why.
    complaints = listen_for_complaints(page, lambda text: "ERR_CONNECTION_REFUSED" in text or "426" in text)
    await page.goto(own_server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    await draw(page, ONE)
    await expect(sign(page)).to_have_text(re.compile("1"))
    before = await ink_pixels(page)

    own_server.kill()
    await expect(page.locator("#status .word")).to_contain_text("Offline")
    await press(page, SEVEN)
    await page.mouse.up()
    await page.keyboard.press("Control+z")
    assert await ink_pixels(page) == before
    await expect(sign(page)).to_have_text(re.compile("1"))
    await expect(page.locator("#results")).to_have_css("filter", "grayscale(1)")

    own_server.start()
    await page.locator("#status[data-state=ready]").wait_for()
    await expect(page.locator("#results")).to_have_css("filter", "none")
    await expect(sign(page)).to_have_text(re.compile("1"))
    assert await ink_pixels(page) == before
    assert not complaints


async def test_the_page_asks_nobody_but_its_server(page: Page, server: RunningServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await page.locator("#status[data-state=ready]").wait_for()
    assert asked
    assert all(url.startswith(server.url) for url in asked)


LINES = """([place, what]) => {
  const walker = document.createTreeWalker(document.querySelector(place), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const found = new RegExp(what).exec(walker.currentNode.data);
    if (!found) continue;
    const range = new Range();
    range.setStart(walker.currentNode, found.index);
    range.setEnd(walker.currentNode, found.index + found[0].length);
    return new Set([...range.getClientRects()].map(({ top }) => top)).size;
  }
}"""


async def test_no_line_ends_between_a_number_and_what_it_counts(
    context: BrowserContext, own_server: Server
) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(own_server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    own_server.kill()
    for place, what in (("#status .word", r"\d+\s+s$"), (".steps li:nth-child(2)", "20.*20")):
        assert await until(page, LINES, [place, what]) == 1, place
        await page.set_viewport_size({"width": 320, "height": 640})


async def test_nothing_scrolls_sideways_and_the_sheet_is_square(page: Page) -> None:
    for width, height in ((320, 640), (390, 844), (844, 390), (1280, 800), (3840, 2160)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert await page.eval_on_selector(".tools", "tools => tools.scrollWidth <= tools.clientWidth")
        box = await page.locator("#sheet").bounding_box()
        assert box
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert box["width"] >= 200
