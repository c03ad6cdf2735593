"""What the bench runs in a page stops no clock before what it waits for is to be seen."""

import pytest
from playwright.async_api import BrowserContext, Page

from tests.bench.browser import PROBES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LATE_MS = 100
AT_LEAST_MS = 0.95 * LATE_MS
"""Timers may be a little early."""
URL = "http://probed.test/"
PAGE = """<!doctype html><div id="sheet"><canvas></canvas></div><i class="fill"></i>
<canvas></canvas>
<script>
  const [ink, other] = [...document.querySelectorAll("canvas")].map(canvas => canvas.getContext("2d"));
  const bar = document.querySelector("i");
  const socket = new WebSocket("ws://probed.test/");
  const move = () => dispatchEvent(new PointerEvent("pointermove", { buttons: 1 }));
  const answer = confidence => socket.dispatchEvent(
    new MessageEvent("message", { data: JSON.stringify({ type: "prediction", confidence }) }));
  const show = length => bar.style.transform = `scaleY(${length})`;
  const late = () => new Promise(done => setTimeout(done, LATE_MS));
  async function found(name) {
    let times;
    do await new Promise(requestAnimationFrame);
    while (!(times = finish()[name]).length);
    return times;
  }
</script>""".replace("LATE_MS", str(LATE_MS))


async def run(context: BrowserContext, what: str) -> list[float]:
    """Run a script in a page that is probed; return the times that it finds."""
    page: Page = await context.new_page()
    await page.add_init_script(path=PROBES)
    await page.route(URL, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    await page.goto(URL)
    times: list[float] = await page.evaluate(f"async () => {{ {what} }}")
    return times


async def test_a_move_is_shown_by_a_paint_on_the_sheet(context: BrowserContext) -> None:
    times = await run(context, "move(); other.stroke(); await late(); ink.stroke(); return found('pointer');")
    assert len(times) == 1
    assert times[0] >= AT_LEAST_MS


async def test_an_answer_is_shown_by_a_bar_of_its_length(context: BrowserContext) -> None:
    times = await run(context, "answer(0.8); show(0.5); await late(); show(0.8); return found('answer');")
    assert len(times) == 1
    assert times[0] >= AT_LEAST_MS


async def test_an_answer_is_shown_by_a_newer_one(context: BrowserContext) -> None:
    assert len(await run(context, "answer(0.8); answer(0.7); show(0.7); return found('answer');")) == 2


async def test_an_answer_that_changes_nothing_is_not_waited_for(context: BrowserContext) -> None:
    what = "show(0.8); await late(); answer(0.8); answer(0.7); show(0.7); return found('answer');"
    assert len(await run(context, what)) == 1


async def test_what_is_never_shown_has_waited_to_the_end(context: BrowserContext) -> None:
    what = "move(); answer(0.8); await late(); const all = finish(); return [...all.pointer, ...all.answer];"
    times = await run(context, what)
    assert len(times) == 2
    assert min(times) >= AT_LEAST_MS
