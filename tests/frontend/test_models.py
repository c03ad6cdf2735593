"""Two models on one drawing, in a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.frontend.conftest import REPOSITORY, Server, listen_for_complaints, serving
from tests.frontend.hand import ONE, SEVEN, draw

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def server_of_two(tmp_path: Path) -> Iterator[Server]:
    """A server with the classic model and its twin."""
    for name in ("classic", "twin"):
        card = (REPOSITORY / "weights" / "classic.json").read_text().replace("classic", name)
        (tmp_path / f"{name}.json").write_text(card)
        for ending in ("keras", "tflite"):
            shutil.copy(REPOSITORY / "weights" / f"classic.{ending}", tmp_path / f"{name}.{ending}")
    yield from serving("--weights", str(tmp_path), "--model", "classic")


async def test_two_models_read_the_same_ink_side_by_side(
    context: BrowserContext, server_of_two: Server
) -> None:
    page = await context.new_page()
    complaints = listen_for_complaints(page)
    await page.goto(server_of_two.url)
    await draw(page, SEVEN)
    await page.get_by_role("button", name="Compare").click()
    signs = page.locator(".verdict .sign")
    await expect(signs).to_have_text(["7", "7"])
    await page.click("#clear")
    await draw(page, ONE)
    await expect(signs).to_have_text(["1", "1"])
    await page.reload()
    await expect(signs).to_have_text(["1", "1"])
    await page.get_by_role("button", name="Compare").click()
    await expect(signs).to_have_text(["1"])
    assert not complaints


async def test_another_model_answers_as_soon_as_it_is_chosen(
    context: BrowserContext, server_of_two: Server
) -> None:
    page = await context.new_page()
    asked: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(str(frame))))
    await page.goto(server_of_two.url)
    await draw(page, SEVEN)
    await expect(page.locator(".verdict .sign")).to_have_text("7")
    await page.locator("#models select").first.select_option("twin")
    await expect(page.locator(".verdict .sign")).to_have_text("7")
    assert any('"model":"twin"' in frame for frame in asked)
