"""A server that does not let everybody in, in a real browser."""

import re

import pytest
from playwright.async_api import BrowserContext, FilePayload, Page, expect

from tests.frontend.conftest import Server
from tests.frontend.hand import SEVEN, draw, sign
from tests.frontend.test_pictures import seven

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TOKEN = "s3cret (word)/="


async def connected(page: Page) -> None:
    await page.locator("#status[data-state=ready]").wait_for()


@pytest.mark.parametrize("own_server", [("--token", TOKEN)], indirect=True)
async def test_the_token_is_asked_for_until_it_is_right(context: BrowserContext, own_server: Server) -> None:
    page = await context.new_page()
    await page.goto(own_server.url)
    door = page.locator("#door")
    await expect(door).to_contain_text("asks for a token")
    await page.locator("#door input").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(door).to_contain_text("did not open")
    await page.keyboard.press("Escape")
    await expect(page.locator("#status")).to_contain_text("asks for a token")
    await page.get_by_role("button", name="Try now").click()
    await page.locator("#door input").fill(TOKEN)
    await page.get_by_role("button", name="Let me in").click()
    await connected(page)
    await page.reload()
    await draw(page, SEVEN)
    await expect(sign(page)).to_have_text("7")
    assert await page.evaluate("localStorage.getItem('live-digits.token')") is None


@pytest.mark.parametrize("own_server", [("--token", TOKEN)], indirect=True)
async def test_a_link_with_the_token_opens_everything_and_hides_it(
    context: BrowserContext, own_server: Server
) -> None:
    page = await context.new_page()
    await page.goto(f"{own_server.url}#token=s3cret%20(word)%2F=")
    await connected(page)
    assert page.url == own_server.url
    picture: FilePayload = {"name": "seven.png", "mimeType": "image/png", "buffer": seven()}
    await page.set_input_files("#pictures input[type=file]", [picture])
    await expect(page.locator("tbody tr")).to_contain_text(re.compile("7.*Digit"))


@pytest.mark.parametrize("own_server", [("--token", "пароль")], indirect=True)
async def test_a_link_opens_a_page_that_is_there_also_with_other_letters(
    context: BrowserContext, own_server: Server
) -> None:
    page = await context.new_page()
    await page.goto(own_server.url)
    await page.locator("#door input").fill("“quoted”")
    await page.keyboard.press("Enter")
    await expect(page.locator("#door")).to_contain_text("did not open")
    await page.evaluate("location.hash = 'token=' + encodeURIComponent('пароль')")
    await connected(page)
    picture: FilePayload = {"name": "seven.png", "mimeType": "image/png", "buffer": seven()}
    await page.set_input_files("#pictures input[type=file]", [picture])
    await expect(page.locator("tbody tr")).to_contain_text(re.compile("7.*Digit"))


@pytest.mark.parametrize("own_server", [("--max-sessions", "1")], indirect=True)
async def test_a_full_server_says_so_and_is_asked_again(context: BrowserContext, own_server: Server) -> None:
    first, second = await context.new_page(), await context.new_page()
    await first.goto(own_server.url)
    await connected(first)
    await second.goto(own_server.url)
    await expect(second.locator("#status")).to_contain_text("The server is full. Next try")
    await first.close()
    await connected(second)
