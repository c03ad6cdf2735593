"""axe-core on the page in all its states, in both colour schemes."""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.frontend.conftest import REPOSITORY, Server
from tests.frontend.hand import SEVEN, draw
from tests.frontend.test_pictures import choose

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.asyncio(loop_scope="session")]

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe() -> str:
    path = Path(os.environ.get("LIVE_DIGITS_AXE", AXE))
    if not path.exists():
        reason = "needs axe-core: npm install --no-package-lock"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path.read_text()


async def violations(page: Page, axe: str) -> list[Any]:
    """What axe finds wrong, and where."""
    await page.evaluate(axe)
    found: list[Any] = await page.evaluate(
        """async rules => (await axe.run({ runOnly: rules })).violations
            .map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])])""",
        RULES,
    )
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
async def test_nothing_keeps_anybody_out(
    browser: Browser, server: Server, axe: str, scheme: Literal["light", "dark"], width: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    await page.goto(server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    assert not await violations(page, axe)
    await draw(page, SEVEN)
    await expect(page.locator(".verdict .sign")).to_have_text("7")
    await choose(page)
    assert not await violations(page, axe)
    for panel in ("pens", "files"):
        await page.click(f"[popovertarget={panel}]")
        assert not await violations(page, axe)
        await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    assert not await violations(page, axe)
    await context.close()


@pytest.mark.parametrize("verdict", ["unsure", "not_a_digit", "blank"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_verdict_can_be_read(
    browser: Browser, server: Server, axe: str, scheme: Literal["light", "dark"], verdict: str
) -> None:
    context = await browser.new_context(color_scheme=scheme)
    page = await context.new_page()
    await page.goto(server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    await draw(page, SEVEN)
    await expect(page.locator(".verdict .sign")).to_have_text("7")
    await page.eval_on_selector_all(
        "[data-verdict]", "(all, verdict) => all.forEach(one => one.dataset.verdict = verdict)", verdict
    )
    assert not await violations(page, axe)
    await context.close()
