"""A real server and a real Chromium for the tests of the page."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

REPOSITORY = Path(__file__).parents[2]
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Server:
    """A `live-digits serve` of its own, that can be killed and started again on the same port."""

    def __init__(self, *options: str) -> None:
        self._options = options
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._port = listener.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start, and return when the page can be fetched: the model may still be loading."""
        command = [sys.executable, "-m", "live", "serve", "--port", str(self._port), *self._options]
        self._process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert self.url.rstrip("/") in line, f"expected the server to say where it is, it said {line!r}"

    def kill(self) -> None:
        """End it without a word to anybody, as a crash does."""
        assert self._process
        self._process.kill()
        self._process.communicate()
        self._process = None

    def stop(self) -> None:
        """Ask it to drain and end; kill it where it does not."""
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests that leave it alone."""
    yield from serving()


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that the test may kill, with command line options that it may choose (indirectly)."""
    yield from serving(*getattr(request, "param", ()))


def serving(*options: str) -> Iterator[Server]:
    """Start a server with these options, and end it when the fixture is done."""
    server = Server(*options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = os.environ.get("LIVE_DIGITS_CHROMIUM") or shutil.which("chromium")
    if not executable:
        reason = "needs Chromium: install it, or name one in LIVE_DIGITS_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(BROWSER_FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, server: Server) -> AsyncIterator[Page]:
    """The page, connected; whatever it complains about on the console fails the test."""
    page = await context.new_page()
    complaints = listen_for_complaints(page)
    await page.goto(server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    yield page
    assert not complaints


def listen_for_complaints(page: Page, is_expected: Callable[[str], bool] = lambda _: False) -> list[str]:
    """Collect errors and Content-Security-Policy violations as they happen."""
    complaints: list[str] = []

    def hear(text: str) -> None:
        if not is_expected(text):
            complaints.append(text)

    page.on("console", lambda message: hear(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: hear(str(error)))
    return complaints
