"""How many real pen digits are read right, through a real websocket, and by what most demos do instead.

    python -m tests.bench.pens --unipen FOLDER-OR-TAR.GZ [--model classic]

Streams every digit of UNIPEN's training donors as binary ink to a server that it starts, and counts the right
answers at the last point. Then the same drawings as a typical page hands them to a model: drawn with a wide
pen anywhere on a 280×280 canvas, which is shrunk to 28×28 as it is.
"""

import argparse
import asyncio
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import websockets
from PIL import Image, ImageDraw

from live.ink import Images, Ink
from live.recogniser import find_cards, load
from live.settings import WEIGHTS
from tests.conftest import RunningServer, running_server
from trainer import unipen

CANVAS = 280
PEN_WIDTH = 18
"""Pixels; what demos with a canvas of this size draw with, more or less."""


async def read_through_socket(
    server: RunningServer, drawings: Sequence[Ink], model: str, sessions: int = 16
) -> list[int]:
    """Send each drawing as binary ink over one of some websockets; return the digits that come back."""
    digits = [-1] * len(drawings)
    waiting = iter(enumerate(drawings))

    async def draw() -> None:
        async with websockets.connect(server.socket) as socket:
            await socket.recv()
            await socket.send(json.dumps({"type": "configure", "model": model}))
            await socket.recv()
            for seq in itertools.count():
                index, drawing = next(waiting, (-1, None))
                if drawing is None:
                    return
                await socket.send(binary_ink(drawing, seq))
                answer = json.loads(await socket.recv())
                assert answer["type"] == "prediction", answer
                digits[index] = answer["digit"]

    await asyncio.gather(*(draw() for _ in range(sessions)))
    return digits


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
    """Print both shares."""
    parser = argparse.ArgumentParser(description="Count how many real pen digits are read right.")
    parser.add_argument("--unipen", type=Path, required=True, help="UNIPEN, a folder or .tar.gz")
    parser.add_argument("--model", default="classic", help="which model (default: classic)")
    options = parser.parse_args()
    samples = unipen.read(options.unipen).samples
    samples = [sample for sample in samples if sample.donor in unipen.TRAINING_DONORS]
    drawings = [sample.ink for sample in samples]
    labels = np.array([int(sample.label) for sample in samples])

    with running_server() as server:
        found = asyncio.run(read_through_socket(server, drawings, options.model))
    [card] = [card for card in find_cards(WEIGHTS) if card.name == options.model]
    shrunk = load(card, WEIGHTS, "litert", 32).scores(shrink_canvas(drawings)).argmax(axis=1)
    print(f"{len(labels)} digits of UNIPEN's training donors, model {options.model}")
    print(f"as ink through the websocket     {np.mean(np.array(found) == labels):.2%} right")
    print(f"canvas shrunk to 28x28 as it is  {np.mean(shrunk == labels):.2%} right")


if __name__ == "__main__":
    main()
