"""Pictures: any file, any page, and what the model gets to see of it."""

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter, ImageOps

from live.errors import BadPicture, TooLarge
from live.ink import Image
from live.pictures.picture import read_file, read_grey
from live.recogniser import Recogniser, find_cards, load
from live.settings import WEIGHTS
from tests.bench.pages import make_page
from tests.conftest import SHARED_DATA
from tests.live.drawings import DRAWINGS
from tests.live.pages import add, draw, encoded
from trainer import mnist

MAX_PIXELS = 1 << 24
NAMES = list(DRAWINGS)
Page = Pillow.Image


@pytest.fixture(scope="module")
def classic() -> Recogniser:
    [card] = [card for card in find_cards(WEIGHTS) if card.name == "classic"]
    return load(card, WEIGHTS, "litert")


def read(page: Page, form: str = "PNG", **options: Any) -> Image:
    return read_file(encoded(page, form, **options), MAX_PIXELS)


def shaded(page: Page) -> Page:
    """Lay a shadow with an edge over a page, and grain."""
    y, x = np.mgrid[0 : page.height, 0 : page.width]
    edge = Pillow.fromarray(((x + 0.4 * y > page.width * 0.6) * 255).astype(np.uint8))
    shadow = np.asarray(edge.filter(ImageFilter.GaussianBlur(4))) / 255
    return grainy(Pillow.fromarray((np.asarray(page) * (1 - 0.45 * shadow)[:, :, None]).astype(np.uint8)), 3)


def grainy(page: Page, deviation: float = 12) -> Page:
    noise = np.random.default_rng(1).normal(0, deviation, (page.height, page.width, 1))
    return Pillow.fromarray(np.clip(np.asarray(page) * 0.9 + noise, 0, 255).astype(np.uint8))


def specked(page: Page) -> Page:
    rng = np.random.default_rng(2)
    pen = ImageDraw.Draw(page)
    for _ in range(40):
        pen.circle(rng.uniform(0, page.width, 2).tolist(), rng.uniform(0.5, 2), (30, 30, 30))
    return page


def ruled(page: Page) -> Page:
    lines = Pillow.new("RGB", page.size, (250, 250, 245))
    for y in range(10, page.height, 28):
        ImageDraw.Draw(lines).line((0, y, page.width, y), (190, 205, 230), 1)
    return Pillow.fromarray(np.minimum(np.asarray(lines), np.asarray(page)))


def framed(page: Page) -> Page:
    ImageDraw.Draw(page).rectangle((0, 0, page.width - 1, page.height - 1), outline=(0, 0, 0), width=2)
    return page


def cropped(page: Page) -> Page:
    return page.crop(ImageOps.invert(page).getbbox())


def on_a_table(page: Page) -> Page:
    page.paste((60, 40, 30), (0, 0, page.width // 9, page.height))
    return page


PAGES: dict[str, Callable[[str], Page]] = {
    "black on white": draw,
    "white on black": lambda n: draw(n, paper=(0, 0, 0), pen=(255, 255, 255)),
    "red on green as bright": lambda n: draw(n, paper=(0, 130, 0), pen=(255, 0, 0)),
    "in one corner": lambda n: draw(n, at=(0, 0), size=0.3, width=0.03),
    "in another corner": lambda n: draw(n, at=(0.75, 0.75), size=0.25, width=0.02),
    "small on a large page": lambda n: draw(n, side=1000, at=(0.1, 0.7), size=0.07, width=0.006),
    "a hair's line": lambda n: draw(n, side=600, at=(0.1, 0.1), size=0.8, width=0.001),
    "a broad line": lambda n: draw(n, width=0.12),
    "faint": lambda n: draw(n, pen=(215, 215, 215)),
    "a shadow with an edge": lambda n: shaded(draw(n, width=0.03)),
    "specks": lambda n: specked(draw(n)),
    "ruled paper": lambda n: ruled(draw(n, width=0.03, pen=(30, 30, 110))),
    "a frame": lambda n: framed(draw(n)),
    "grain": lambda n: grainy(draw(n, width=0.02, pen=(110, 110, 110))),
    "on a table": lambda n: on_a_table(draw(n, at=(0.3, 0.2))),
    "as small as MNIST": lambda n: draw(
        n, side=28, mode="L", paper=0, pen=255, width=0.08, size=0.7, at=(0.15, 0.15)
    ),
    "blurred": lambda n: draw(n, width=0.03).filter(ImageFilter.GaussianBlur(5)),
    "a large photo": lambda n: draw(n, side=3000, width=0.02),
    "black ink on nothing": lambda n: draw(n, mode="RGBA", paper=(0, 0, 0, 0), pen=(0, 0, 0, 255)),
    "white ink on nothing": lambda n: draw(n, mode="RGBA", paper=(0, 0, 0, 0), pen=(255, 255, 255, 255)),
    "grey with transparency": lambda n: draw(n, mode="LA", paper=(0, 0), pen=(200, 255)),
    "one bit": lambda n: draw(n, mode="1", paper=1, pen=0),
    "a palette": lambda n: draw(n).convert("P"),
    "sixteen bits": lambda n: Pillow.fromarray(
        np.asarray(draw(n, mode="L", paper=255, pen=0)) * np.uint16(257)
    ),
}


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_digits_are_read_off_any_page(classic: Recogniser, make: Callable[[str], Page]) -> None:
    images = np.stack([read(make(name)) for name in NAMES])
    assert images.shape == (10, 28, 28)
    assert images.min() >= 0
    assert images.max() <= 1
    assert classic.scores(images).argmax(axis=1).tolist() == list(range(10))


def test_digits_that_fill_their_page_are_read(classic: Recogniser) -> None:
    images = np.stack([read(cropped(draw(name, width=0.1))) for name in NAMES])
    assert (classic.scores(images).argmax(axis=1) == np.arange(10)).sum() >= 9


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 10}),
        ("WEBP", {"quality": 50}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("BMP", {}),
    ],
)
def test_every_format_is_read(classic: Recogniser, form: str, options: dict[str, Any]) -> None:
    images = np.stack([read(draw(name), form, **options) for name in NAMES])
    assert classic.scores(images).argmax(axis=1).tolist() == list(range(10))


def test_a_cmyk_jpeg_is_read_as_its_rgb_original() -> None:
    np.testing.assert_allclose(
        read(draw("four").convert("CMYK"), "JPEG"), read(draw("four"), "JPEG"), atol=0.1
    )


def test_a_photo_lying_on_its_side_is_turned() -> None:
    page = draw("seven")
    lying = page.rotate(90, expand=True)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    np.testing.assert_allclose(read(lying, "PNG", exif=exif), read(page), atol=0.02)


def test_polarity_changes_nothing() -> None:
    page = draw("five", pen=(40, 40, 40), paper=(230, 230, 230))
    np.testing.assert_allclose(read(page), read(ImageOps.invert(page)), atol=0.02)


def test_place_and_size_change_little() -> None:
    first = read(draw("two", at=(0.0, 0.1), size=0.8, width=0.08))
    second = read(draw("two", side=700, at=(0.6, 0.5), size=0.4, width=0.04))
    assert np.abs(first - second).mean() < 0.02


def test_the_largest_of_two_digits_is_read() -> None:
    alone = read(draw("three", at=(0.05, 0.05), size=0.6))
    page = draw("three", at=(0.05, 0.05), size=0.6)
    add(page, "one", (0.85, 0.85), 0.1, 0.01, (0, 0, 0))
    np.testing.assert_allclose(read(page), alone, atol=0.02)


def test_the_first_frame_of_a_moving_picture_is_read() -> None:
    file = io.BytesIO()
    draw("nine").save(file, "GIF", save_all=True, append_images=[draw("one")])
    np.testing.assert_allclose(read_file(file.getvalue(), MAX_PIXELS), read(draw("nine"), "GIF"), atol=0.02)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(280, 280), (1, 1), (2, 1), (1, 3000), (3000, 1)])
def test_a_uniform_page_is_blank(form: str, size: tuple[int, int]) -> None:
    for colour in ((255, 255, 255), (0, 0, 0), (12, 120, 60)):
        assert not read(Pillow.new("RGB", size, colour), form).any()


def test_grain_and_uneven_light_alone_are_blank() -> None:
    light = np.linspace(120, 230, 280)[:, None, None] * np.ones((280, 280, 3))
    assert not read(grainy(Pillow.fromarray(light.astype(np.uint8)))).any()


def test_a_transparent_page_is_blank() -> None:
    assert not read(Pillow.new("RGBA", (50, 50), (9, 9, 9, 0))).any()


def test_raw_grey_is_read_like_a_file() -> None:
    page = draw("eight", mode="L", paper=0, pen=255)
    np.testing.assert_array_equal(read_grey(page.tobytes(), page.width, MAX_PIXELS), read(page))


@pytest.mark.parametrize(("data", "width"), [(b"", 28), (b"\0" * 10, 28), (b"\0" * 10, 0)])
def test_raw_grey_that_is_no_whole_rows_is_refused(data: bytes, width: int) -> None:
    with pytest.raises(BadPicture, match="Expected whole rows"):
        read_grey(data, width, MAX_PIXELS)


def test_raw_grey_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(TooLarge):
        read_grey(bytes(200), 10, 199)


GOOD = encoded(draw(side=60))
BROKEN = {
    "nothing": b"",
    "text": b"no picture",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "tiff": encoded(draw(side=60), "TIFF"),
    "zip": b"PK\3\4" + bytes(40),
    "header only": GOOD[:8],
    "half": GOOD[: len(GOOD) // 2],
    "half a jpeg": encoded(draw(side=60), "JPEG")[:400],
    "half a webp": encoded(draw(side=60), "WEBP")[:200],
    "bad checksum": GOOD[:40] + bytes(30) + GOOD[70:],
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_picture_is_said(data: bytes) -> None:
    with pytest.raises(BadPicture, match=r"^Expected a"):
        read_file(data, MAX_PIXELS)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def test_a_bomb_is_refused_before_it_is_decompressed() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(20_000_000), 9)
    bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels)
    tracemalloc.start()
    with pytest.raises(TooLarge, match="at most 16777216 pixels, got far more"):
        read_file(bomb, MAX_PIXELS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_pages_made_from_mnist_are_read_almost_as_well_as_mnist(classic: Recogniser) -> None:
    folder = SHARED_DATA / "mnist"
    if not folder.is_dir():
        pytest.skip("needs MNIST, which is not part of the project")
    test = mnist.read(folder).test
    rng = np.random.default_rng(7)
    chosen = rng.choice(len(test.labels), 300, replace=False)
    images, labels = test.images[chosen], test.labels[chosen]
    pages = np.stack([read_file(make_page(image, rng), MAX_PIXELS) for image in images])
    own = np.mean(classic.scores(images).argmax(axis=1) == labels)
    assert np.mean(classic.scores(pages).argmax(axis=1) == labels) >= own - 0.015
