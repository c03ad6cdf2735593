"""Pages as people upload them, made from MNIST: how many are read right, and by what most demos do instead.

    python -m tests.bench.pages --mnist FOLDER [--model classic] [--count 10000]

Draws each of MNIST's test images on a 280×280 page: anywhere, at any size, turned by up to 10°, in two
colours of either polarity, under uneven light, blurred, grainy, and saved as JPEG or PNG. Reads it with the
server's own code, and, for comparison, shrunk to 28×28 as it is, dark on light inverted if the mean says so.
"""

import argparse
import io
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from live.picture import read_file
from live.recogniser import find_cards, load
from live.settings import WEIGHTS
from trainer import mnist

SIDE = 280
Grey = NDArray[np.uint8]


def make_page(image: NDArray[np.float32], rng: np.random.Generator) -> bytes:
    """Draw a digit (28, 28), 1 is ink, on a page, and encode it."""
    ink = _place(image, rng)
    paper, pen = _colours(rng)
    light = _light(rng)
    page = (paper + (pen - paper) * ink[:, :, None]) * light[:, :, None]
    page += rng.normal(0, rng.uniform(0, 4), (SIDE, SIDE, 1))
    picture = Pillow.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2)))
    file = io.BytesIO()
    if rng.random() < 0.7:
        picture.save(file, "JPEG", quality=int(rng.integers(30, 96)))
    else:
        picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _place(image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """Turn, enlarge and move a digit on a page (280, 280)."""
    digit = Pillow.fromarray((image[4:24, 4:24] if image[4:24, 4:24].sum() == image.sum() else image) * 255)
    size = int(rng.uniform(0.25, 0.85) * SIDE)
    digit = digit.resize((size, size), Pillow.Resampling.BICUBIC)
    digit = digit.rotate(rng.uniform(-10, 10), Pillow.Resampling.BICUBIC, expand=True)
    page = Pillow.new("F", (SIDE, SIDE))
    room_x, room_y = max(SIDE - digit.width, 0), max(SIDE - digit.height, 0)
    page.paste(digit, (int(rng.integers(0, room_x + 1)), int(rng.integers(0, room_y + 1))))
    return np.clip(np.asarray(page, np.float64) / 255, 0, 1)


def _colours(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Choose paper and pen: any two colours that differ by a third of black and white."""
    while True:
        paper, pen = rng.uniform(0, 255, (2, 3))
        if abs(paper.mean() - pen.mean()) > 85:
            return paper, pen


def _light(rng: np.random.Generator) -> NDArray[np.float64]:
    """Light from one side, falling off by up to two fifths → (280, 280)."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    light: NDArray[np.float64] = 1 - rng.uniform(0, 0.2) * (1 + x * np.cos(turn) + y * np.sin(turn))
    return np.clip(light, 0.4, 1)


def shrink(file: bytes) -> NDArray[np.float32]:
    """Do what most demos do: grey, 28×28, inverted if the page is light on average."""
    page = Pillow.open(io.BytesIO(file)).convert("L").resize((28, 28), Pillow.Resampling.BILINEAR)
    pixels: NDArray[np.float32] = np.asarray(page, np.float32) / np.float32(255)
    return 1 - pixels if pixels.mean() > 0.5 else pixels


def main() -> None:
    """Print the shares and the time a page takes."""
    parser = argparse.ArgumentParser(description="Count how many uploaded pages are read right.")
    parser.add_argument("--mnist", type=Path, required=True, help="folder with MNIST's IDX files")
    parser.add_argument("--model", default="classic", help="which model (default: classic)")
    parser.add_argument("--count", type=int, default=10_000, help="how many test images (default: all)")
    options = parser.parse_args()
    test = mnist.read(options.mnist).test
    images, labels = test.images[: options.count], test.labels[: options.count]
    rng = np.random.default_rng(0)
    files = [make_page(image, rng) for image in images]
    began = time.process_time()
    pages = np.stack([read_file(file, SIDE * SIDE) for file in files])
    seconds = time.process_time() - began
    [card] = [card for card in find_cards(WEIGHTS) if card.name == options.model]
    scores = load(card, WEIGHTS, "litert", 256).scores
    shrunk = np.stack([shrink(file) for file in files])
    print(f"{len(labels)} of MNIST's test images, model {options.model}")
    for name, seen in (("MNIST's own", images), ("pages, as served", pages), ("pages, shrunk", shrunk)):
        print(f"{name:18}{np.mean(scores(seen)[:, :10].argmax(axis=1) == labels):.2%} right")
    print(f"{seconds / len(files) * 1e3:.2f} ms of CPU a page")


if __name__ == "__main__":
    main()
