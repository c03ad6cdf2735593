"""`<live-digits>` in a page of another origin."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import BrowserContext, expect

from tests.frontend.conftest import Server, listen_for_complaints
from tests.frontend.hand import SEVEN

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
