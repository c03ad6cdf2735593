"""axe-core on the page in all its states, in both colour schemes."""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.conftest import ROOT, RunningServer, require
from tests.frontend.hand import SEVEN, draw, sign
from tests.frontend.test_pictures import choose

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.asyncio(loop_scope="session")]

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def axe() -> str:
    path = Path(os.environ.get("LIVE_DIGITS_AXE", AXE))
    require(str(path) if path.exists() else None, "axe-core: npm install --no-package-lock")
    return path.read_text()


async def violations(page: Page, axe: str, part: str = "html") -> list[Any]:
    """What axe finds wrong in a part of the page, and where."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    found: list[Any] = await page.evaluate(
        """async ([rules, part]) => {
          const { violations } = await axe.run(part, { runOnly: rules, resultTypes: ["violations"] });
          return violations.map(({ id, nodes }) =>
            [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]);
        }""",
        [RULES, part],
    )
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
async def test_nothing_keeps_anybody_out(
    browser: Browser, server: RunningServer, axe: str, scheme: Literal["light", "dark"], width: int
) -> None:
    context = await browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    await page.goto(server.url)
    await page.locator("#status[data-state=ready]").wait_for()
    assert not await violations(page, axe)
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    await choose(page)
    assert not await violations(page, axe)
    for panel in ("pens", "files"):
        await page.click(f"[popovertarget={panel}]")
        assert not await violations(page, axe, f"#{panel}")
        await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    assert not await violations(page, axe, "#keys")
    await page.keyboard.press("Escape")
    for state in ("waiting", "ready"):
        await page.eval_on_selector("#status", "(status, state) => status.dataset.state = state", state)
        assert not await violations(page, axe, "#results"), state
    for verdict in ("unsure", "not_a_digit", "blank"):
        await page.eval_on_selector_all(
            "#results [data-verdict]",
            "(all, verdict) => all.forEach(one => one.dataset.verdict = verdict)",
            verdict,
        )
        assert not await violations(page, axe, "#results"), verdict
    await context.close()
