"""A hand that draws on the page with the mouse, and eyes that read it."""

import asyncio
import json
from typing import Any

from playwright.async_api import Locator, Page

Line = list[tuple[float, float]]

# Corners in shares of the sheet.
SEVEN: Line = [(0.28, 0.22), (0.45, 0.215), (0.6, 0.22), (0.74, 0.22), (0.66, 0.4), (0.58, 0.58), (0.5, 0.8)]
SCRAWL: Line = [
    (0.2, 0.2),
    (0.8, 0.8),
    (0.2, 0.8),
    (0.8, 0.2),
    (0.5, 0.1),
    (0.1, 0.5),
    (0.9, 0.5),
    (0.3, 0.9),
]
ONE: Line = [(0.5, 0.2), (0.5, 0.4), (0.5, 0.6), (0.5, 0.8)]


async def corners(page: Page, line: Line) -> Line:
    """Shares of the sheet as places in the window."""
    box = await page.locator("#sheet").bounding_box()
    assert box
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]


async def press(page: Page, line: Line, steps: int = 2) -> None:
    """Draw a line and leave the button down; every step from corner to corner takes a frame."""
    first, *rest = await corners(page, line)
    await page.mouse.move(*first)
    await page.mouse.down()
    for x, y in rest:
        await page.mouse.move(x, y, steps=steps)


async def draw(page: Page, line: Line) -> None:
    """Draw one stroke."""
    await press(page, line)
    await page.mouse.up()


async def draw_one_by_keys(page: Page) -> None:
    """Draw a one with the keyboard, on the sheet that has the focus."""
    for _ in range(12):
        await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Space")
    for _ in range(24):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")


async def bars(page: Page) -> list[float]:
    """The heights of the ten bars, 0 … 1, as they are set."""
    heights: list[float] = await page.eval_on_selector_all(
        ".bars .fill", "fills => fills.map(fill => parseFloat(fill.style.transform.slice(7)))"
    )
    return heights


async def until(page: Page, script: str, arg: object = None) -> Any:
    """Wait until a function of the page returns something true, and return that.

    Page.wait_for_function evaluates its text inside the page from the second look on, and the page's
    Content-Security-Policy forbids that.
    """
    for _ in range(1_500):
        if found := await page.evaluate(script, arg):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"Expected something true within 30 s from {script}")


async def painted(page: Page) -> None:
    """Wait until what was asked for by now has been painted."""
    await page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def ink_pixels(page: Page) -> int:
    """How many pixels of the canvas have another colour than the sheet has in the style sheet."""
    await painted(page)
    count: int = await page.evaluate("""() => {
      const sheet = document.querySelector("#sheet");
      const canvas = sheet.querySelector("canvas");
      const page = getComputedStyle(sheet).backgroundColor.match(/\\d+/g).map(Number);
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) count += page.some((value, k) => data[i + k] !== value);
      return count;
    }""")
    return count


def sign(page: Page) -> Locator:
    """The large digit, or what stands in its place."""
    return page.locator(".verdict .sign")


async def strokes(page: Page) -> list[Any]:
    """The drawing as it is kept for the next reload."""
    kept = await page.evaluate("sessionStorage.getItem('live-digits.drawing')")
    found: list[Any] = json.loads(kept)["strokes"] if kept else []
    return found
