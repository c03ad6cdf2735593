"""Pictures in a real browser: dropped, pasted or chosen, and what becomes of them in the table."""

import io
import json
import re
import zipfile

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import FilePayload, Page, Route, expect

from tests.frontend.hand import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCORES = {"seven.png": (7, 0.99), "two.png": (2, 0.97), "perhaps.png": (4, 0.51), "cat.png": (8, 0.4)}
VERDICTS = {"perhaps.png": "unsure", "cat.png": "not_a_digit"}


def picture(name: str) -> FilePayload:
    file = io.BytesIO()
    Image.new("L", (40, 40), 200).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


async def answer(route: Route) -> None:
    """Answer as the protocol has it: a line for each picture, then a summary."""
    body = route.request.post_data_buffer or b""
    names = re.findall(rb'filename="([^"]+)"', body)
    lines = [line(name.decode()) for name in names]
    text = "".join(json.dumps(one) + "\n" for one in [*lines, {"pictures": len(names)}])
    await route.fulfill(body=text, content_type="application/x-ndjson")


def line(name: str) -> dict[str, object]:
    if name not in SCORES:
        return {"name": name, "error": {"code": "bad_picture", "message": "Expected a PNG, got text"}}
    digit, confidence = SCORES[name]
    rest = (1 - confidence) / 9
    probabilities = [confidence if i == digit else rest for i in range(10)]
    return {
        "name": name,
        "verdict": VERDICTS.get(name, "digit"),
        "digit": digit,
        "confidence": confidence,
        "probabilities": probabilities,
    }


async def choose(page: Page) -> None:
    await page.route("**/v1/batch*", answer)
    names = [*SCORES, "broken.png"]
    await page.set_input_files("#pictures input[type=file]", [picture(name) for name in names])
    await expect(page.locator("#table .summary")).to_have_text("4 of 5 read, 3 to look at")


async def test_chosen_pictures_become_rows_with_digit_confidence_and_verdict(page: Page) -> None:
    await choose(page)
    rows = page.locator("tbody tr")
    await expect(rows.filter(has_text="seven.png")).to_contain_text("799.0 %Digit")
    await expect(rows.filter(has_text="perhaps.png")).to_contain_text("Unsure")
    await expect(rows.filter(has_text="broken.png")).to_contain_text("Expected a PNG")


async def test_rows_are_sorted_both_ways_and_doubtful_ones_filtered(page: Page) -> None:
    await choose(page)
    digits = page.locator("tbody tr td:nth-child(4)")
    await page.get_by_role("button", name="Digit").click()
    assert await digits.all_text_contents() == ["2", "4", "7", "8", "Expected a PNG, got text"]
    await page.get_by_role("button", name="Digit").click()
    assert await digits.all_text_contents() == ["Expected a PNG, got text", "8", "7", "4", "2"]
    await page.get_by_label("Only doubtful ones").check()
    await expect(page.locator("tbody tr:visible")).to_have_count(3)


async def test_rows_that_come_later_are_sorted_too(page: Page) -> None:
    await choose(page)
    await page.get_by_role("button", name="Name").click()
    await page.set_input_files("#pictures input[type=file]", [picture("a.png"), picture("z.png")])
    await expect(page.locator("#table .summary")).to_have_text(re.compile("of 7 read"))
    names = await page.locator("tbody tr td:nth-child(3)").all_text_contents()
    assert names == sorted(names)


async def test_on_a_phone_the_table_is_whole_and_its_names_too(page: Page) -> None:
    await choose(page)
    for width in (390, 320):
        await page.set_viewport_size({"width": width, "height": 640})
        hidden = await page.locator(".scroll").evaluate("box => box.scrollWidth - box.clientWidth")
        assert hidden == 0, width
        for name in ("seven.png", "broken.png"):
            row = page.locator("tbody tr").filter(has_text=name)
            assert await row.evaluate("row => row.clientHeight") < 80


async def test_the_table_is_saved_as_csv_and_json(page: Page) -> None:
    await choose(page)
    async with page.expect_download() as csv:
        await page.get_by_role("button", name="Save CSV").click()
    text = (await (await csv.value).path()).read_text()
    assert text.startswith("name,verdict,digit,confidence,0,")
    assert "seven.png,digit,7,0.99," in text
    async with page.expect_download() as plain:
        await page.get_by_role("button", name="Save JSON").click()
    assert len(json.loads((await (await plain.value).path()).read_text())) == 5


def seven() -> bytes:
    """A seven in black on white, as a scanner would have it."""
    image = Image.new("L", (80, 80), 255)
    ImageDraw.Draw(image).line([(20, 16), (60, 16), (38, 66)], fill=0, width=6)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


async def test_the_server_reads_pictures_and_those_in_a_zip(page: Page) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folder:
        folder.writestr("inside/seven.png", seven())
    files: list[FilePayload] = [
        {"name": "seven.png", "mimeType": "image/png", "buffer": seven()},
        {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"},
        {"name": "more.zip", "mimeType": "application/zip", "buffer": archive.getvalue()},
    ]
    await page.set_input_files("#pictures input[type=file]", files)
    await expect(page.locator("#table .summary")).to_have_text(re.compile("^2 of 3 read"))
    digits = page.locator("tbody tr").filter(has_text="seven.png").locator("td:nth-child(4)")
    await expect(digits).to_have_text(["7", "7"])
    await expect(page.locator("tbody tr").filter(has_text="broken.png")).to_contain_text("Expected a PNG")


async def test_few_thumbnails_are_decoded_at_a_time(page: Page) -> None:
    await page.evaluate("""() => {
      const decode = window.createImageBitmap;
      let decoding = 0;
      window.most = window.decoded = 0;
      window.createImageBitmap = async file => {
        most = Math.max(most, ++decoding);
        try {
          return await decode(file);
        } finally {
          decoding -= 1;
          decoded += 1;
        }
      };
    }""")
    await page.route("**/v1/batch*", answer)
    files = [picture(f"{i}.png") for i in range(11)] + [picture("broken.png") | {"buffer": b"none"}]
    await page.set_input_files("#pictures input[type=file]", files)
    await until(page, "() => decoded === 12")
    assert await page.evaluate("most") == 3
    await expect(page.locator("tbody td:first-child canvas")).to_have_count(11)


async def test_only_files_are_taken_when_they_are_dragged(page: Page) -> None:
    drag = """([kind, type]) => {
      const dataTransfer = new DataTransfer();
      if (type === "Files") dataTransfer.items.add(new File(["{}"], "ink.json"));
      else dataTransfer.setData(type, "seven");
      const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
      return [event.defaultPrevented, document.body.classList.contains("dropping")];
    }"""
    assert await page.evaluate(drag, ["dragover", "text/plain"]) == [False, False]
    assert await page.evaluate(drag, ["drop", "text/plain"]) == [False, False]
    assert await page.evaluate(drag, ["dragover", "Files"]) == [True, True]
    assert await page.evaluate(drag, ["dragleave", "Files"]) == [True, False]


async def test_names_that_are_rewritten_on_their_way_have_one_row(page: Page) -> None:
    await page.evaluate(
        """data => {
          const bytes = Uint8Array.from(data);
          const files = new DataTransfer();
          for (const name of ['a "7".png', "two\\nlines.png", "C:\\\\a\\\\\\\\7.png"]) {
            files.items.add(new File([bytes], name));
          }
          const event = new ClipboardEvent("paste", { clipboardData: files, bubbles: true });
          document.body.dispatchEvent(event);
        }""",
        list(seven()),
    )
    await expect(page.locator("#table .summary")).to_have_text(re.compile("^3 of 3 read"))
    names = ["a _7_.png", "two_lines.png", "C:_a__7.png"]
    await expect(page.locator("tbody td:nth-child(3)")).to_have_text(names)
    await expect(page.locator("tbody td:nth-child(4)")).to_have_text(["7", "7", "7"])


async def test_an_empty_zip_says_that_nothing_was_in_it(page: Page) -> None:
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    files: list[FilePayload] = [
        {"name": "empty.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}
    ]
    await page.set_input_files("#pictures input[type=file]", files)
    row = page.locator("tbody tr").filter(has_text="empty.zip")
    await expect(row).to_contain_text("Expected pictures in a ZIP, found none")


async def test_each_picture_that_is_pasted_is_announced(page: Page) -> None:
    await page.route("**/v1/batch*", answer)
    await page.evaluate("""() => {
      const announcer = document.querySelector("#announcer");
      window.said = [];
      new MutationObserver(() => said.push(announcer.textContent)).observe(announcer, { childList: true });
    }""")
    for count in (1, 2):
        await page.set_input_files("#pictures input[type=file]", [picture("seven.png")])
        await until(page, "count => said.filter(text => text.startsWith('1 of 1')).length === count", count)


async def test_answers_that_come_at_once_are_rendered_at_once(page: Page) -> None:
    await choose(page)

    async def answer_many(route: Route) -> None:
        lines = [line("seven.png")] * 300
        await route.fulfill(body="".join(json.dumps(one) + "\n" for one in [*lines, {"summary": {}}]))

    await page.route("**/v1/batch*", answer_many)
    await page.evaluate("""() => {
      window.renders = 0;
      const observer = new MutationObserver(changes => renders += changes.length);
      observer.observe(document.querySelector("#table .summary"), { childList: true });
    }""")
    archive: FilePayload = {"name": "many.zip", "mimeType": "application/zip", "buffer": b""}
    await page.set_input_files("#pictures input[type=file]", [archive])
    await expect(page.locator("#table .summary")).to_have_text("304 of 305 read, 3 to look at")
    await expect(page.locator("tbody tr")).to_have_count(305)
    assert await page.evaluate("renders") < 10


async def test_dropped_and_pasted_pictures_are_read(page: Page) -> None:
    await page.route("**/v1/batch*", answer)
    for kind, name in (("drop", "seven.png"), ("paste", "two.png")):
        await page.evaluate(
            """([kind, name]) => {
              const data = new DataTransfer();
              data.items.add(new File(["x"], name, { type: "image/png" }));
              const Kind = kind === "drop" ? DragEvent : ClipboardEvent;
              const field = kind === "drop" ? "dataTransfer" : "clipboardData";
              document.body.dispatchEvent(new Kind(kind, { [field]: data, bubbles: true, cancelable: true }));
            }""",
            [kind, name],
        )
        await expect(page.locator("tbody tr").filter(has_text=name)).to_contain_text("Digit")
