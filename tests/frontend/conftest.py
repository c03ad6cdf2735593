"""A real Chromium for the tests of the page, and servers that they may kill."""

import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from tests.conftest import RunningServer, require

BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK: ViewportSize = {"width": 1280, "height": 800}
_PATIENCE_MS = 30_000
"""As long as Playwright waits for everything else: the machine may be busy with other tests."""


class Server:
    """A server of a test's own, that can be killed and started again on the same port."""

    def __init__(self, *flags: str) -> None:
        self._flags = flags
        self._running = RunningServer(*flags)
        self.url = self._running.url

    def kill(self) -> None:
        """End it without a word to anybody, as a crash does."""
        self._running.stop(signal.SIGKILL)

    def start(self) -> None:
        """Start it again."""
        self._close()
        self._running = RunningServer(*self._flags, port=self._running.port)

    def stop(self) -> None:
        """End it, if it still runs."""
        if self._running.process.poll() is None:
            self.kill()
        self._close()

    def _close(self) -> None:
        assert self._running.process.stdout
        self._running.process.stdout.close()


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that the test may kill, with command line options that it may choose (indirectly)."""
    server = Server(*getattr(request, "param", ()))
    yield server
    server.stop()


def pytest_configure() -> None:
    """Have expectations wait longer than Playwright's five seconds."""
    expect.set_options(timeout=_PATIENCE_MS)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    path = os.environ.get("LIVE_DIGITS_CHROMIUM") or shutil.which("chromium")
    return require(path, "Chromium: install it, or name one in LIVE_DIGITS_CHROMIUM")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser's profile of its own."""
    context = await browser.new_context(viewport=DESK)
    yield context
    await context.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tab(browser: Browser, server: RunningServer) -> Page:
    """One tab for all tests: opening another takes several times as long as a reload."""
    context = await browser.new_context(viewport=DESK)
    tab = await context.new_page()
    await tab.goto(server.url)
    return tab


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tab_complaints(tab: Page) -> list[str]:
    # In the tab's own loop: Playwright asks for it, and between tests there may be none.
    return listen_for_complaints(tab)


@pytest_asyncio.fixture(loop_scope="session")
async def page(tab: Page, tab_complaints: list[str], server: RunningServer) -> AsyncIterator[Page]:
    """The page as on its first visit, connected; whatever it complains about fails the test."""
    tab_complaints.clear()
    await tab.set_viewport_size(DESK)
    await tab.evaluate("localStorage.clear(), sessionStorage.clear()")
    await tab.goto(server.url)
    await tab.locator("#status[data-state=ready]").wait_for()
    yield tab
    await tab.mouse.up()
    await tab.unroute_all()
    assert not tab_complaints


def listen_for_complaints(page: Page, is_expected: Callable[[str], bool] = lambda _: False) -> list[str]:
    """Collect errors and Content-Security-Policy violations as they happen."""
    complaints: list[str] = []

    def hear(text: str) -> None:
        if not is_expected(text):
            complaints.append(text)

    page.on("console", lambda message: hear(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: hear(str(error)))
    return complaints
