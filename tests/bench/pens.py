"""How many digits are read right, through a real websocket, and by what most demos do instead.

    python -m tests.bench.pens --unipen FOLDER-OR-TAR.GZ [--mnist FOLDER] [--model compact]

Streams every digit of UNIPEN's training donors as binary ink to a server that it starts, and MNIST's test
images as raw grey pictures, and counts the right answers. Then the same drawings as a typical page hands them
to a model: drawn with a wide pen anywhere on a 280×280 canvas, which is shrunk to 28×28 as it is.
"""

import argparse
import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import websockets
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from live.ink import Images, Ink
from live.recogniser import PREFERRED_MODEL
from tests.bench.model import load
from tests.command import run
from tests.conftest import RunningServer, running_server
from trainer import metrics, mnist, unipen
from trainer.datasets import read_pens

CANVAS = 280
PEN_WIDTH = 18
"""Pixels; what demos with a canvas of this size draw with, more or less."""


class Reading(NamedTuple):
    """What a server answered to some drawings: digits and verdicts (N,), probabilities (N, 10)."""

    digits: NDArray[np.int64]
    verdicts: NDArray[np.str_]
    probabilities: NDArray[np.float64]


async def read_through_socket(
    server: RunningServer,
    items: Sequence[Any],
    encode: Callable[[Any, int], bytes],
    model: str,
    sessions: int = 16,
) -> Reading:
    """Send each item over one of some websockets, as what encode makes of it and its number."""
    answers: list[dict[str, Any]] = [{}] * len(items)
    waiting = iter(enumerate(items))

    async def draw() -> None:
        async with websockets.connect(server.socket) as socket:
            await socket.recv()
            await socket.send(json.dumps({"type": "configure", "model": model}))
            await socket.recv()
            for seq in itertools.count():
                index, item = next(waiting, (-1, None))
                if item is None:
                    return
                await socket.send(encode(item, seq))
                answers[index] = json.loads(await socket.recv())
                assert answers[index]["type"] == "prediction", answers[index]

    await asyncio.gather(*(draw() for _ in range(sessions)))
    return Reading(
        np.array([answer["digit"] for answer in answers]),
        np.array([answer["verdict"] for answer in answers]),
        np.array([answer["probabilities"] for answer in answers]),
    )


def binary_picture(image: NDArray[np.float32], seq: int) -> bytes:
    """Encode an image (28, 28) as the protocol's raw grey picture."""
    head = np.array([2 | image.shape[1] << 16, seq, 0], "<u4")
    return head.tobytes() + np.rint(image * 255).astype(np.uint8).tobytes()


def binary_ink(drawing: Ink, seq: int) -> bytes:
    """Encode a drawing as the protocol's binary ink, in as fine whole numbers as fit."""
    points = drawing.points - drawing.points.min(axis=0)
    points = np.rint(points * (30_000 / max(points.max(), 1))).astype("<i2")
    head = np.array([1 | len(drawing.counts) << 16, seq, 0], "<u4")
    return b"".join(array.tobytes() for array in (head, drawing.counts.astype("<u2"), points))


def shrink_canvas(drawings: Sequence[Ink], seed: int = 0) -> Images:
    """Draw each on a canvas, 40 to 90 % of its size and anywhere in it, and shrink that → (B, 28, 28)."""
    rng = np.random.default_rng(seed)
    images = np.empty((len(drawings), 28, 28), np.float32)
    for image, drawing in zip(images, drawings, strict=True):
        points = drawing.points - drawing.points.min(axis=0)
        points = points * (rng.uniform(0.4, 0.9) * CANVAS / max(points.max(), 1e-9))
        room = CANVAS - PEN_WIDTH - points.max(axis=0)
        points += PEN_WIDTH / 2 + rng.uniform(0, np.maximum(room, 0))
        canvas = Image.new("L", (CANVAS, CANVAS))
        pen = ImageDraw.Draw(canvas)
        for stroke in np.split(points, np.cumsum(drawing.counts)[:-1]):
            pen.line(stroke.ravel().tolist(), 255, PEN_WIDTH, "curve")
            for x, y in (stroke[0], stroke[-1]):
                pen.circle((x, y), PEN_WIDTH / 2, 255)
        image[:] = np.asarray(canvas.resize((28, 28), Image.Resampling.BILINEAR), np.float32) / 255
    return images


def main() -> None:
    """Print every share, with its n."""
    parser = argparse.ArgumentParser(description="Count how many digits are read right through a websocket.")
    parser.add_argument("--unipen", type=Path, required=True, help="UNIPEN, a folder or .tar.gz")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's four files, to send its test images")
    parser.add_argument("--model", default=PREFERRED_MODEL, help="which model (default: %(default)s)")
    options = parser.parse_args()
    model = load(options.model)
    samples = unipen.read(options.unipen).samples
    samples = [sample for sample in samples if sample.donor in unipen.TRAINING_DONORS]
    drawings = [sample.ink for sample in samples]
    labels = np.array([int(sample.label) for sample in samples])
    unseen_names = {sample.name for sample in read_pens(options.unipen).validation}
    unseen = np.array([sample.name in unseen_names for sample in samples])

    print(f"model {options.model}, through the websocket:")
    with running_server() as server:
        pens = asyncio.run(read_through_socket(server, drawings, binary_ink, options.model))
        _tell("UNIPEN's training donors, as ink", pens, labels)
        held_out = Reading(*(part[unseen] for part in pens))
        _tell("of these, writers never trained on", held_out, labels[unseen])
        if options.mnist:
            test = mnist.read(options.mnist).test
            pictures = list(test.images)
            read = asyncio.run(read_through_socket(server, pictures, binary_picture, options.model))
            _tell("MNIST test, as grey pictures", read, test.labels)
    shrunk = model.scores(shrink_canvas(drawings))[:, :10].argmax(axis=1)
    for title, which in (("", np.ones_like(unseen)), (", writers never trained on", unseen)):
        right = np.mean(shrunk[which] == labels[which])
        print(f"canvas shrunk to 28x28 as it is{title}: {right:.2%} right, n = {which.sum():,}")


def _tell(title: str, reading: Reading, labels: NDArray[np.int64]) -> None:
    right = np.mean(reading.digits == labels)
    error = metrics.calibration_error(reading.probabilities, labels)
    refused, unsure = (np.mean(reading.verdicts == verdict) for verdict in ("not_a_digit", "unsure"))
    print(
        f"{title:35} {right:.2%} right, calibration error {error:.2%}, "
        f"{refused:.2%} refused, {unsure:.2%} unsure, n = {len(labels):,}"
    )


if __name__ == "__main__":
    run(main)
