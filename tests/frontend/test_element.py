"""`<live-digits>` in a page of another origin."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, FloatRect, Page, expect

from tests.frontend.conftest import Server, listen_for_complaints
from tests.frontend.hand import SEVEN, draw_one_by_keys, painted

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOREIGN_PAGE = """<!doctype html><title>A page about something else</title><link rel="icon" href="data:,">
<h1>Guess what I write</h1><live-digits></live-digits>
<script>
  window.heard = [];
  addEventListener("prediction", ({ detail }) => heard.push(detail.digit));
  addEventListener("connection", ({ detail }) => document.body.dataset.state = detail);
  const script = document.createElement("script");
  script.type = "module";
  script.src = new URL("live-digits.js", new URLSearchParams(location.search).get("server"));
  document.body.append(script);
</script>"""


class _ForeignSite(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(FOREIGN_PAGE.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def foreign_site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _ForeignSite) as site:
        serving = threading.Thread(target=site.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()
        serving.join()


@pytest_asyncio.fixture(loop_scope="session")
async def host(context: BrowserContext, own_server: Server, foreign_site: str) -> AsyncIterator[Page]:
    """A page with the element in it, connected."""
    page = await context.new_page()
    # It comes back again and again to a server that is gone.
    complaints = listen_for_complaints(page, lambda text: "ERR_CONNECTION_REFUSED" in text)
    await page.goto(f"{foreign_site}?server={own_server.url}")
    await page.locator("body[data-state=ready]").wait_for()
    yield page
    assert not complaints


async def sheet_of(page: Page) -> FloatRect:
    box = await page.locator("live-digits .sheet").bounding_box()
    assert box
    return box


async def pull(page: Page, *places: tuple[float, float]) -> None:
    """Move the mouse over the sheet, in shares of it."""
    box = await sheet_of(page)
    for x, y in places:
        await page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)


async def ink(page: Page) -> tuple[int, int, list[float]]:
    """How many pixels have ink, how bright it is, and the box around it in shares of the sheet."""
    await painted(page)
    found: list[int] = await page.evaluate("""() => {
      const canvas = document.querySelector("live-digits").shadowRoot.querySelector("canvas");
      const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const xs = [], ys = [];
      let brightest = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 255) continue;
        xs.push((i / 4 % width) / width);
        ys.push(Math.floor(i / 4 / width) / width);
        brightest = Math.max(brightest, data[i]);
      }
      return [xs.length, brightest, [xs, ys].flatMap(all => [Math.min(...all), Math.max(...all)])];
    }""")
    count, brightest, box = found
    return count, brightest, box  # type: ignore[return-value]


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_removed_under_the_pen_it_draws_again_when_it_is_back(host: Page) -> None:
    await pull(host, (0.3, 0.3))
    await host.mouse.down()
    await pull(host, (0.5, 0.3))
    await host.evaluate("window.element = document.querySelector('live-digits'), element.remove()")
    await host.mouse.up()
    await host.evaluate("document.body.append(element)")
    before, *_ = await ink(host)
    await pull(host, (0.5, 0.5), (0.2, 0.8))
    assert (await ink(host))[0] == before
    await host.mouse.down()
    await pull(host, (0.8, 0.8))
    await host.mouse.up()
    assert (await ink(host))[0] > before


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_it_is_drawn_on_with_the_keyboard_alone(host: Page) -> None:
    await host.keyboard.press("Tab")
    await draw_one_by_keys(host)
    await expect(host.locator("live-digits .sign")).to_have_text("1")
    *_, [left, right, top, bottom] = await ink(host)
    assert left < 0.5 < right
    assert bottom - top > 0.5


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_the_mouse_takes_over_from_the_keyboard(host: Page) -> None:
    await host.evaluate("document.body.dir = 'rtl'")
    await host.keyboard.press("Tab")
    await host.keyboard.press("Space")
    mark, sheet = await host.locator("live-digits .cursor").bounding_box(), await sheet_of(host)
    assert mark
    assert mark["x"] + mark["width"] / 2 == pytest.approx(sheet["x"] + sheet["width"] / 2, abs=3)
    await pull(host, (0.5, 0.2))
    await host.mouse.down()
    await pull(host, (0.5, 0.8))
    await host.mouse.up()
    *_, [_, _, top, bottom] = await ink(host)
    assert bottom - top > 0.5


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_it_says_when_its_server_is_gone(host: Page, own_server: Server) -> None:
    away = host.locator("live-digits .away")
    await expect(away).to_be_hidden()
    own_server.kill()
    await expect(away).to_be_visible()
    await expect(host.locator("live-digits .result")).to_have_css("filter", "grayscale(1)")
    await expect(host.locator("live-digits .unseen")).to_have_text("Not connected")


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_ink_stays_under_the_pen_when_what_it_is_in_scrolls(host: Page) -> None:
    await host.evaluate("""() => {
      const scroller = document.createElement("div");
      scroller.style = "height: 400px; overflow: auto; padding-block: 60px 900px; box-sizing: border-box";
      scroller.append(document.querySelector("live-digits"));
      document.body.append(scroller);
    }""")
    await pull(host, (0.3, 0.3))
    await host.mouse.down()
    await pull(host, (0.5, 0.3))
    await host.evaluate("""() => new Promise(done => {
      const scroller = document.querySelector("div");
      scroller.addEventListener("scroll", () => done(), { once: true });
      scroller.scrollTop = 60;
    })""")
    await pull(host, (0.5, 0.3), (0.7, 0.3))
    await host.mouse.up()
    *_, [left, right, top, _] = await ink(host)
    assert (left, right) == pytest.approx((0.3, 0.7), abs=0.06)
    assert top == pytest.approx(0.28, abs=0.04)


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_nothing_holds_elements_that_were_removed(host: Page) -> None:
    await host.evaluate("""() => {
      const at = { pointerId: 1, clientX: 9, clientY: 9 };
      const press = (sheet, type) => sheet.dispatchEvent(new PointerEvent(type, at));
      window.removed = Array.from({ length: 5 }, () => {
        const element = document.createElement("live-digits");
        document.body.append(element);
        const sheet = element.shadowRoot.querySelector(".sheet");
        sheet.setPointerCapture = () => {};
        for (const type of ["pointerdown", "pointermove", "pointerup"]) press(sheet, type);
        element.remove();
        return new WeakRef(element);
      });
    }""")
    devtools = await host.context.new_cdp_session(host)
    for _ in range(50):
        await painted(host)
        await devtools.send("HeapProfiler.collectGarbage")
        if await host.evaluate("window.removed.every(one => one.deref() === undefined)"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("Expected elements that were removed to be forgotten within 5 s")


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
@pytest.mark.parametrize("dark", ["#111", "rgb(17 17 17)", "oklch(0.2 0 0)", "black"])
async def test_ink_is_seen_on_a_sheet_that_turns_dark(host: Page, dark: str) -> None:
    await pull(host, (0.3, 0.3))
    await host.mouse.down()
    await pull(host, (0.5, 0.3))
    await host.mouse.up()
    assert (await ink(host))[1] < 60
    await host.evaluate(
        "dark => document.querySelector('live-digits').style.setProperty('--sheet', dark)", dark
    )
    for _ in range(50):
        if (await ink(host))[1] > 200:
            return
    raise AssertionError("Expected light ink on a dark sheet")


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_bars_are_seen_in_forced_colours(host: Page) -> None:
    await host.emulate_media(forced_colors="active")
    seen = await host.locator("live-digits").evaluate(
        """({ shadowRoot }) => [".sheet", ".track", ".fill"].map(
          part => getComputedStyle(shadowRoot.querySelector(part)).backgroundColor)"""
    )
    assert seen == ["rgb(255, 255, 255)", "rgba(136, 136, 136, 0.2)", "rgb(136, 136, 136)"]


@pytest.mark.parametrize("own_server", [("--allow-origin", "*")], indirect=True)
async def test_the_element_reads_digits_and_says_so(
    context: BrowserContext, own_server: Server, foreign_site: str
) -> None:
    page = await context.new_page()
    complaints = listen_for_complaints(page, lambda text: "WebSocket connection" in text)
    await page.goto(f"{foreign_site}?server={own_server.url}")
    await page.locator("body[data-state=ready]").wait_for()
    box = await page.locator("live-digits .sheet").bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for x, y in places[1:]:
        await page.mouse.move(x, y, steps=5)
    await page.mouse.up()
    await expect(page.locator("live-digits .sign")).to_have_text("7")
    assert await page.evaluate("heard.at(-1)") == 7
    # Whatever the host page has the sheet look like, a gradient even, is seen.
    opaque = await page.evaluate("""() => {
      const canvas = document.querySelector("live-digits").shadowRoot.querySelector("canvas");
      return canvas.getContext("2d").getImageData(0, 0, 9, 9).data.some(value => value);
    }""")
    assert not opaque
    await page.evaluate("document.querySelector('live-digits').clear()")
    await expect(page.locator("live-digits .verdict")).to_have_attribute("data-verdict", "blank")
    left = await page.evaluate("""() => {
      const element = document.querySelector("live-digits");
      return new Promise(done => {
        element.addEventListener("connection", ({ detail }) => done(detail));
        element.remove();
      });
    }""")
    assert left == "idle"
    assert not complaints
