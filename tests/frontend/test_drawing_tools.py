"""What a writer has in hand, in a real browser: tools, history, keys, files."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.conftest import RunningServer
from tests.frontend.hand import ONE, SEVEN, draw, draw_one_by_keys, ink_pixels, painted, press, sign, strokes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_clear_can_be_undone_and_redone(page: Page) -> None:
    await draw(page, SEVEN)
    before = await ink_pixels(page)
    await page.click("#clear")
    assert await ink_pixels(page) == 0
    await page.click("#undo")
    await expect(sign(page)).to_have_text("7")
    assert await ink_pixels(page) == before
    await page.click("#redo")
    await expect(page.locator(".verdict")).to_have_attribute("data-verdict", "blank")


async def test_the_eraser_takes_whole_strokes(page: Page) -> None:
    await draw(page, ONE)
    before = await ink_pixels(page)
    await draw(page, [(0.1, 0.9), (0.3, 0.9)])
    await page.keyboard.press("e")
    await expect(page.locator("#eraser")).to_have_attribute("aria-pressed", "true")
    await draw(page, [(0.2, 0.8), (0.2, 0.95)])
    assert await ink_pixels(page) == before
    assert len(await strokes(page)) == 1


async def choose(page: Page, sets: str, value: str) -> None:
    """Click a choice of the pen panel, once it has come to rest where it opens."""
    choice = page.locator(f"input[name={sets}][value='{value}']")
    await page.locator("label").filter(has=choice).click()
    await expect(choice).to_be_checked()


@pytest.mark.parametrize("brush", ["round", "marker", "pressure", "spray"])
async def test_no_brush_changes_what_the_model_sees(page: Page, brush: str) -> None:
    await page.click("[popovertarget=pens]")
    await choose(page, "brush", brush)
    await page.keyboard.press("Escape")
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    assert await ink_pixels(page) > 1000


@pytest.mark.parametrize("panel", ["pens", "files"])
async def test_a_panel_is_first_painted_where_it_stays(page: Page, panel: str) -> None:
    # A ResizeObserver is called when all is laid out, just before it is painted.
    above = await page.evaluate(
        """(id) => new Promise((resolve) => {
          const panel = document.getElementById(id);
          const button = document.querySelector(`[popovertarget=${id}]`);
          new ResizeObserver(() => {
            const { bottom, height } = panel.getBoundingClientRect();
            if (height) resolve(button.getBoundingClientRect().top - bottom);
          }).observe(panel);
          button.click();
        })""",
        panel,
    )
    assert above == pytest.approx(8, abs=1)


async def test_the_pen_panel_stays_above_its_button(page: Page) -> None:
    await page.click("[popovertarget=pens]")
    for width, height in ((1280, 900), (900, 820), (1100, 860)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_function("""() => {
          const panel = document.querySelector("#pens").getBoundingClientRect();
          const button = document.querySelector("[popovertarget=pens]").getBoundingClientRect();
          return Math.abs(panel.bottom + 8 - button.top) < 1 && panel.right <= innerWidth - 7;
        }""")


async def test_all_of_the_pen_panel_can_be_reached_in_a_low_window(page: Page) -> None:
    # What is left of 1280 by 1024 at 400 %.
    await page.set_viewport_size({"width": 320, "height": 256})
    await page.click("[popovertarget=pens]")
    await page.locator("#pens p").scroll_into_view_if_needed()
    for part in ("#pens", "#pens p"):
        box = await page.locator(part).bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 256


async def test_ink_stays_visible_on_a_page_of_its_own_colour(page: Page) -> None:
    await page.click("[popovertarget=pens]")
    await choose(page, "page", "#000000")
    await page.keyboard.press("Escape")
    await draw(page, ONE)
    await painted(page)
    brightest = await page.evaluate("""() => {
      const canvas = document.querySelector("#sheet canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((_, i) => i % 4 < 3).reduce((most, value) => Math.max(most, value));
    }""")
    assert brightest > 200


async def test_the_canvas_has_the_colour_of_the_page_whatever_changes_it(page: Page) -> None:
    await draw(page, ONE)
    ink = await ink_pixels(page)
    await page.set_viewport_size({"width": 900, "height": 700})
    smaller = await ink_pixels(page)
    assert 1000 < smaller < ink
    await page.emulate_media(color_scheme="dark")
    assert await ink_pixels(page) == pytest.approx(smaller, rel=0.03)
    await page.emulate_media(color_scheme="light")
    for _ in "light", "dark":
        await page.keyboard.press("t")
        assert await ink_pixels(page) == pytest.approx(smaller, rel=0.03)
    await page.click("[popovertarget=pens]")
    await choose(page, "page", "#1f3a34")
    assert await ink_pixels(page) == pytest.approx(smaller, rel=0.03)
    await page.keyboard.press("Escape")
    await page.click("#clear")
    assert await ink_pixels(page) == 0


async def test_the_drawing_and_the_settings_survive_a_reload(page: Page) -> None:
    await draw(page, SEVEN)
    before = await ink_pixels(page)
    await page.keyboard.press("t")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    await expect(sign(page)).to_have_text("7")
    assert await ink_pixels(page) == before


async def test_two_windows_keep_their_own_drawings(page: Page, server: RunningServer) -> None:
    await draw(page, SEVEN)
    other = await page.context.new_page()
    await other.goto(server.url)
    await other.locator("#clear").click()
    await draw(other, ONE)
    await expect(sign(other)).to_have_text("1")
    await other.close()
    await page.reload()
    await expect(sign(page)).to_have_text("7")


async def test_a_digit_can_be_drawn_with_the_keyboard_alone(page: Page) -> None:
    await page.locator("#sheet").focus()
    await draw_one_by_keys(page)
    await page.keyboard.press("ArrowLeft")
    await expect(sign(page)).to_have_text("1")
    assert len(await strokes(page)) == 1


async def test_the_keyboards_pen_stays_at_its_place_on_a_sheet_that_shrinks(page: Page) -> None:
    await page.locator("#sheet").focus()
    await page.keyboard.press("ArrowRight")
    share = """() => {
      const boxOf = (place) => document.querySelector(place).getBoundingClientRect();
      const [sheet, mark] = [boxOf("#sheet"), boxOf(".cursor")];
      return [(mark.x - sheet.x) / sheet.width, (mark.y - sheet.y) / sheet.height];
    }"""
    for width in (1280, 700):
        await page.set_viewport_size({"width": width, "height": 500})
        assert await page.evaluate(share) == pytest.approx([0.525, 0.5], abs=0.005)


async def test_the_result_is_announced_once_it_has_settled(page: Page) -> None:
    await draw(page, SEVEN)
    await expect(page.locator("#announcer")).to_have_text(re.compile(r"^7, .* sure$"))


async def test_a_reload_keeps_the_stroke_under_the_pen(page: Page) -> None:
    await press(page, SEVEN)
    await page.reload()
    assert len(await strokes(page)) == 1
    await expect(sign(page)).to_have_text("7")


async def test_who_clears_the_page_by_keyboard_is_on_the_sheet(page: Page) -> None:
    await draw(page, SEVEN)
    await page.focus("#clear")
    await page.keyboard.press("Enter")
    await expect(page.locator("#sheet")).to_be_focused()


async def test_the_help_closes_beside_it_and_not_within(page: Page) -> None:
    await page.click("#help")
    box = await page.locator("#keys").bounding_box()
    assert box
    await page.mouse.click(box["x"] + 8, box["y"] + 8)
    await expect(page.locator("#keys")).to_be_visible()
    await page.mouse.click(box["x"] - 20, box["y"] + 8)
    await expect(page.locator("#keys")).to_be_hidden()


async def test_every_key_is_listed_under_the_question_mark(page: Page) -> None:
    await page.keyboard.press("?")
    dialog = page.locator("#keys")
    await expect(dialog).to_be_visible()
    for does in ("Undo", "Redo", "Clear the page", "Pen or eraser", "Replay the drawing", "pen down"):
        await expect(dialog).to_contain_text(does)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_who_dictates_can_turn_single_keys_off(page: Page) -> None:
    await draw(page, SEVEN)
    switch = page.get_by_label("Single-key shortcuts")
    await page.keyboard.press("?")
    await switch.uncheck()
    await page.keyboard.press("Escape")
    await page.reload()
    await page.keyboard.press("c")
    await page.keyboard.press("?")
    await expect(switch).to_be_hidden()
    assert len(await strokes(page)) == 1
    await page.keyboard.press("Delete")
    assert not await strokes(page)
    await expect(page.locator("#eraser")).not_to_have_attribute("aria-keyshortcuts", "E")
    await page.click("#help")
    await switch.check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("z")
    assert len(await strokes(page)) == 1
    await expect(page.locator("#eraser")).to_have_attribute("aria-keyshortcuts", "E")


async def test_saved_ink_opens_again(page: Page, tmp_path: Path) -> None:
    await draw(page, SEVEN)
    files: dict[str, Path] = {}
    for ending in ("ink", "svg", "png"):
        await page.click("[popovertarget=files]")
        async with page.expect_download() as download:
            await page.click(f"#save-{ending}")
        files[ending] = tmp_path / (await download.value).suggested_filename
        await (await download.value).save_as(files[ending])
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    assert "<path" in files["svg"].read_text()
    before = await strokes(page)
    await page.click("#clear")
    await page.set_input_files("#ink-file", files["ink"])
    await expect(sign(page)).to_have_text("7")
    assert await strokes(page) == before


async def test_a_file_that_is_no_ink_changes_nothing_and_is_said(page: Page, tmp_path: Path) -> None:
    await draw(page, SEVEN)
    no_ink = tmp_path / "no.json"
    no_ink.write_text('{"strokes": 5}')
    await page.set_input_files("#ink-file", no_ink)
    await expect(page.locator("#notice")).to_contain_text("Expected ink")
    assert len(await strokes(page)) == 1
