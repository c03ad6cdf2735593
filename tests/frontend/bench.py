"""How quickly the page shows what happens: `python -m tests.frontend.bench [seconds]`.

A mouse draws at 60 Hz in a real Chromium, against a real server. Printed are the times from a pointer event
and from an answer to the end of the frame that shows them, and how often the main thread was busy for over
50 ms. Timings depend on the machine and who else uses it: this is for looking at, no test asserts them.
"""

import asyncio
import math
import os
import shutil
import sys

from playwright.async_api import Page, async_playwright

from tests.frontend.conftest import BROWSER_FLAGS, Server

FRAME_MS = 1000 / 60

PROBES = """
  window.measured = { pointer: [], message: [], frame: [], longTasks: [] };
  const painted = done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  });
  addEventListener("pointermove", ({ timeStamp, buttons }) => {
    if (buttons) painted(now => measured.pointer.push(now - timeStamp));
  }, true);
  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", () => {
        const came = performance.now();
        painted(now => measured.message.push(now - came));
      });
    }
  };
  let last = 0;
  const frame = now => { measured.frame.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) measured.longTasks.push(Math.round(duration));
  }).observe({ type: "longtask" });
"""


async def draw_for(page: Page, seconds: float) -> None:
    """Draw spirals, a stroke of two seconds each, clearing after every fifth."""
    box = await page.locator("#sheet").bounding_box()
    assert box
    session = await page.context.new_cdp_session(page)
    loop = asyncio.get_running_loop()
    began = loop.time()
    tick = 0
    moves: set[asyncio.Task[None]] = set()

    async def mouse(kind: str, x: float, y: float) -> None:
        event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
        await session.send("Input.dispatchMouseEvent", event)

    while (elapsed := loop.time() - began) < seconds:
        turn, radius = elapsed * 5, 0.05 + 0.18 * (elapsed % 2)
        x = box["x"] + box["width"] * (0.5 + radius * math.cos(turn))
        y = box["y"] + box["height"] * (0.5 + radius * math.sin(turn))
        if tick % 120 == 0:
            await mouse("mouseReleased", x, y)
            if tick % 600 == 0:
                await page.keyboard.press("c")
            await mouse("mousePressed", x, y)
        # Not awaited: a hand does not wait until it has been seen either.
        moves.add(asyncio.create_task(mouse("mouseMoved", x, y)))
        tick += 1
        await asyncio.sleep(max(0.0, began + tick / 60 - loop.time()))
    await asyncio.gather(*moves)


def line(name: str, values: list[float]) -> str:
    """Median, p95 and worst, in ms and in frames of 60 Hz."""
    ordered = sorted(values)
    shares = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 1)]
    cells = "".join(f"{value:8.1f} ms ({value / FRAME_MS:4.1f} frames)" for value in shares)
    return f"{name:<18}{len(values):>7}{cells}"


async def bench(seconds: float) -> None:
    server = Server()
    executable = os.environ.get("LIVE_DIGITS_CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(BROWSER_FLAGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.add_init_script(PROBES)
        await page.goto(server.url)
        await page.locator("#status[data-state=ready]").wait_for()
        await page.evaluate("Object.values(measured).forEach(list => list.length = 0)")
        await draw_for(page, seconds)
        measured = await page.evaluate("measured")
        await browser.close()
    server.stop()
    print(f"{'':<18}{'n':>7}{'median':>24}{'p95':>24}{'worst':>24}")
    print(line("pointer to paint", measured["pointer"]))
    print(line("answer to paint", measured["message"]))
    print(line("between frames", measured["frame"]))
    print(f"tasks over 50 ms: {len(measured['longTasks'])} {measured['longTasks'][:20]}")


if __name__ == "__main__":
    asyncio.run(bench(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
