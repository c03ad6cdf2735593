"""How soon the page shows what happens: ink after the pen, bars after the answer.

A mouse draws at 60 Hz in a real Chromium, against a real server: on the page, and before and after that on a
bare canvas that sends its ink and moves one bar, which is the floor. A time ends when the frame that shows it
has been handed over to be drawn: probes.js sees what is painted, and which answer the bars show. Frames are
those of 60 Hz.
"""

import asyncio
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.async_api import Browser, CDPSession, Page, Route, async_playwright

from tests.bench.bench import Bench
from tests.bench.table import Table, ms
from tests.frontend.conftest import BROWSER_FLAGS, DESK

# The bare page comes from no server: to Chromium it is a stranger on the local network.
FLAGS = [*BROWSER_FLAGS, "--disable-features=LocalNetworkAccessChecks"]
FRAME_MS = 1000 / 60
MOST_FRAMES = 2
STROKE_S = 2
STROKES = 5
"""As many are drawn before the page is cleared."""

PROBES = Path(__file__).with_name("probes.js")

BARE_PAGE = """<!doctype html><title>The floor</title>
<style>body { margin: 0 } .fill { display: block; width: 9px; height: 99px; background: #000 }</style>
<canvas id="sheet" width="600" height="600"></canvas><i class="fill"></i>
<script>
  const context = document.querySelector("canvas").getContext("2d");
  const bar = document.querySelector("i");
  const socket = new WebSocket("v1/live", "live-digits.v1");
  let seq = 0, strokes = [];
  context.lineWidth = 20;
  socket.onopen = () => document.body.id = "ready";
  socket.onmessage = ({ data }) => bar.style.transform = `scaleY(${JSON.parse(data).confidence ?? 0})`;
  addEventListener("pointerdown", ({ x, y }) => { strokes.push([[x, y]]); });
  addEventListener("keydown", () => { strokes = []; context.clearRect(0, 0, 600, 600); });
  addEventListener("pointermove", ({ x, y, buttons }) => {
    const line = strokes.at(-1);
    if (!buttons || !line) return;
    context.beginPath();
    context.moveTo(...line.at(-1));
    context.lineTo(x, y);
    context.stroke();
    line.push([x, y]);
    socket.send(JSON.stringify({ type: "ink", seq: seq++, strokes }));
  });
</script>"""


def measure(bench: Bench) -> None:
    """Draw for a minute, and on the bare canvas before and after."""
    bench.table.head("The page in Chromium, drawn on at 60 Hz")
    chromium = os.environ.get("LIVE_DIGITS_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        bench.table.add("the page", "not measured: no Chromium here (LIVE_DIGITS_CHROMIUM names one)")
        return
    bench.table.note("drawing on the page")
    with bench.target() as target:
        asyncio.run(_measure(bench, chromium, target.server.url))


async def _measure(bench: Bench, chromium: str, url: str) -> None:
    seconds = 10 if bench.is_quick else 60
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        before = await _draw_on(browser, url, seconds / 3, is_bare=True)
        page = await _draw_on(browser, url, seconds, is_bare=False)
        after = await _draw_on(browser, url, seconds / 3, is_bare=True)
        await browser.close()
    floor = {name: before[name] + after[name] for name in before}
    for name in ("pointer", "answer"):
        _tell(bench.table, f"{name} to paint", page[name], is_goal=True)
        _tell(bench.table, f"{name} to paint, bare canvas", floor[name], is_goal=False)
    busy = f"{ms(page['busy'][0])}; bare canvas {ms(median(floor['busy']))}"
    bench.table.add("main thread's processor time, each 60th of a second", busy)
    tasks = [f"{task:.0f} ms" for task in sorted(page["tasks"], reverse=True)]
    found = f"{len(tasks)}{': ' if tasks else ''}{', '.join(tasks[:5])}"
    bench.table.add(f"tasks over 50 ms in {seconds} s", found, "0", not tasks)
    bench.table.add(f"tasks over 50 ms in {seconds * 2 / 3:.0f} s, bare canvas", f"{len(floor['tasks'])}")


def _tell(table: Table, what: str, times_ms: list[float], is_goal: bool) -> None:
    # Where nothing was to be seen at all, nothing came in time.
    p95 = sorted(times_ms)[int(0.95 * len(times_ms))] if times_ms else float("inf")
    middle = ms(median(times_ms or [p95]))
    found = f"p50 {middle}, p95 {ms(p95)} ({p95 / FRAME_MS:.1f} frames), n = {len(times_ms):,}"
    if is_goal:
        table.add(what, found, f"p95 ≤ {MOST_FRAMES} frames", p95 <= MOST_FRAMES * FRAME_MS)
    else:
        table.add(what, found)


async def _draw_on(browser: Browser, url: str, seconds: float, is_bare: bool) -> dict[str, list[float]]:
    """Draw on the page or on the bare canvas → times in ms by what was timed."""
    page = await browser.new_page(viewport=DESK)
    await page.add_init_script(path=PROBES)
    if is_bare:
        await page.route(url, _serve_bare_page)
    await page.goto(url)
    await page.locator("#ready, #status[data-state=ready]").wait_for(state="attached")
    await page.evaluate("begin()")
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = await _busy_s(session)
    await _draw(page, seconds)
    busy_s = await _busy_s(session) - before
    measured: dict[str, list[float]] = await page.evaluate("finish()")
    measured["busy"] = [busy_s * 1000 / (60 * seconds)]
    await page.close()
    return measured


async def _busy_s(session: CDPSession) -> float:
    """Seconds that the page's main thread has worked, in processor time: others don't add to it."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


async def _serve_bare_page(route: Route) -> None:
    await route.fulfill(body=BARE_PAGE, content_type="text/html")


async def _draw(page: Page, seconds: float) -> None:
    box = await page.locator("#sheet").bounding_box()
    assert box
    session = await page.context.new_cdp_session(page)
    moves: set[asyncio.Task[object]] = set()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for tick, (x, y) in enumerate(_spirals(seconds)):
        place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "button": "left"}
        if tick % (60 * STROKE_S) == 0:
            await session.send("Input.dispatchMouseEvent", {"type": "mouseReleased", **place})
            if tick % (60 * STROKE_S * STROKES) == 0:
                await page.keyboard.press("c")
            await session.send("Input.dispatchMouseEvent", {"type": "mousePressed", "clickCount": 1, **place})
        # Not awaited: a hand does not wait until it has been seen either.
        move = session.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "buttons": 1, **place})
        moves.add(asyncio.create_task(move))
        await asyncio.sleep(max(0.0, began + tick / 60 - loop.time()))
    await asyncio.gather(*moves)


def _spirals(seconds: float) -> Iterator[tuple[float, float]]:
    """Go round and round, at 60 Hz → shares of the sheet."""
    for tick in range(int(60 * seconds)):
        turn, radius = tick / 12, 0.05 + 0.18 * (tick / 60 % STROKE_S)
        yield 0.5 + radius * math.cos(turn), 0.5 + radius * math.sin(turn)
