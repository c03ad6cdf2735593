"""Models apart from the server: the seam where a batch leaves the process, and scores come back.

    images (N, 28, 28) ─ as bytes ─▶ await predict(model, images) ─▶ scores (N, 10 or 11)

A whole batch a call, never a snapshot a call: what a call costs is shared by all who are in the batch. Who
predicts, and where, is the caller's affair; cluster.py has Ray do it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from live.ink import Images
from live.recogniser import Card, Load, Recogniser
from live.verdict import Scores

Bytes = NDArray[np.uint8]
"""Images (N, 28, 28), 0 paper … 255 ink: a quarter of what they are as floats."""
Predict = Callable[[str, Bytes], Awaitable[Scores]]
"""A model's name and a batch of images → their scores, in order."""

_TIMEOUT_S = 30.0


def load_apart(predict: Predict, loop: asyncio.AbstractEventLoop) -> Load:
    """Make what stands in for `recogniser.load`: recognisers that have `predict` called in an event loop.

    Each is called in the predict thread, which waits; the loop goes on, and the next batch grows.
    """

    def load(card: Card, folder: Path, engine: str) -> Recogniser:
        async def ask(images: Bytes) -> Scores:
            return await predict(card.name, images)

        def run(images: Images) -> Scores:
            asking = asyncio.run_coroutine_threadsafe(ask(to_bytes(images)), loop)
            try:
                return asking.result(_TIMEOUT_S)
            finally:
                asking.cancel()

        return Recogniser(card, run)

    return load


def to_bytes(images: Images) -> Bytes:
    """Round images to 256 greys."""
    return np.rint(images * 255).astype(np.uint8)


def from_bytes(images: Bytes) -> Images:
    """Make images of greys, as models take them: float32 in [0, 1]."""
    return images.astype(np.float32) / np.float32(255)
