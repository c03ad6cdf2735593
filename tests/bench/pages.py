"""Pictures as people upload them: how many are read right, and by what most demos do instead.

    python -m tests.bench.pages [--mnist FOLDER] [--unipen FOLDER-OR-TAR.GZ] [--models A,B] [--seed 0]

Draws each of MNIST's test images on a 280×280 page: anywhere, at any size, turned by up to 10°, in two
colours of either polarity, under uneven light, blurred, grainy, and saved as JPEG or PNG. And draws pen
digits of writers whom no model has seen on canvases of several kinds. Reads them with the server's own code,
and, for comparison, shrunk to 28×28 as they are, dark on light inverted if the mean says so. The goal: within
a point of what the same model reads of the images, or the ink, that they were made from. Exit code 1 when it
is missed.
"""

import argparse
import io
import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from live.ink import Images, Ink, render
from live.pictures.picture import read_file
from live.recogniser import Recogniser
from tests.bench.canvases import KINDS, make_canvas
from tests.bench.model import load
from tests.command import run
from trainer import mnist
from trainer.datasets import read_pens

SIDE = 280
MAX_PIXELS = 1 << 24
GOAL = 0.01
"""So much less may be read right off pictures than of what they were made from."""


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


class Found(NamedTuple):
    """What a model gets to see of some pictures, both ways, and the processor's time for ours."""

    read: Images
    shrunk: Images
    seconds: float


def read_all(files: Sequence[bytes]) -> Found:
    """Read pictures as the server does, and as most demos do."""
    began = time.process_time()
    read = np.stack([read_file(file, MAX_PIXELS) for file in files])
    seconds = time.process_time() - began
    return Found(read, np.stack([shrink(file) for file in files]), seconds)


def read_pages(images: Images, seed: int) -> Found:
    """Make pages of images (B, 28, 28), and read them."""
    rng = np.random.default_rng(seed)
    return read_all([make_page(image, rng) for image in images])


def read_canvases(drawings: Sequence[Ink], kind: str, seed: int) -> Found:
    """Make canvases of drawings, and read them."""
    rng = np.random.default_rng(seed)
    return read_all([make_canvas(drawing, KINDS[kind], rng) for drawing in drawings])


def join(parts: Iterable[Found]) -> Found:
    """Put what was read in parts together."""
    read, shrunk, seconds = zip(*parts, strict=True)
    return Found(np.concatenate(read), np.concatenate(shrunk), sum(seconds))


class Score:
    """Prints a line of Markdown for each kind of picture, and remembers whether the goal was met."""

    def __init__(self, models: Sequence[Recogniser]) -> None:
        self.models = models
        self.is_met = True
        columns = [column for m in models for column in (m.card.name, "its own", "shrunk")]
        print(f"| | n | {' | '.join(columns)} | CPU |")
        print(f"| --- | ---: |{' ---: |' * len(columns)} ---: |")

    def add(self, name: str, own: Images, found: Found, labels: NDArray[np.int64]) -> None:
        """Add what was found in pictures of own (B, 28, 28), which show the digits of labels (B,)."""
        shares = []
        for model in self.models:
            right, of_own, of_shrunk = (
                float(np.mean(model.scores(images)[:, :10].argmax(axis=1) == labels))
                for images in (found.read, own, found.shrunk)
            )
            self.is_met &= right >= of_own - GOAL
            shares += [f"{right:.2%}", f"{of_own:.2%}", f"{of_shrunk:.2%}"]
        cpu_ms = found.seconds / len(labels) * 1e3
        print(f"| {name} | {len(labels):,} | {' | '.join(shares)} | {cpu_ms:.1f} ms |", flush=True)


def main() -> int:
    """Print the shares and the time a picture takes; return 1 when the goal is missed."""
    options = _options()
    score = Score([load(name) for name in options.models])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        if options.mnist:
            test = mnist.read(options.mnist).test
            images, labels = test.images[: options.count], test.labels[: options.count]
            pieces = np.array_split(images, max(len(images) // 250, 1))
            seeds = [options.seed * 1_000 + piece for piece in range(len(pieces))]
            score.add("pages made from MNIST", images, join(pool.map(read_pages, pieces, seeds)), labels)
        if options.unipen:
            unseen = read_pens(options.unipen).validation[: options.count]
            drawings = [sample.ink for sample in unseen]
            labels = np.array([int(sample.label) for sample in unseen])
            own = render(drawings)
            kinds = list(KINDS)
            seeds = [options.seed] * len(kinds)
            for kind, found in zip(
                kinds, pool.map(read_canvases, [drawings] * len(kinds), kinds, seeds), strict=True
            ):
                score.add(f"pens, {kind}", own, found, labels)
    return 0 if score.is_met else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count how many uploaded pictures are read right.")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's IDX files")
    parser.add_argument("--unipen", type=Path, help="UNIPEN, a folder or .tar.gz")
    parser.add_argument(
        "--models", type=lambda text: text.split(","), default=["compact", "classic"], help="A,B"
    )
    parser.add_argument("--count", type=int, help="how many of each (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="another one, other pages (default: 0)")
    options = parser.parse_args()
    if not (options.mnist or options.unipen):
        parser.error("expected --mnist or --unipen, or both")
    return options


if __name__ == "__main__":
    run(main)
