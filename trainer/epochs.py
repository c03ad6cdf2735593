"""Epochs: what a model sees in training, made anew for each epoch so that it never sees the same ink twice.

datasets, warp → **epochs** → training. Epoch k of a seed is the same on every machine.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
from numpy.typing import NDArray

from trainer.mnist import Images
from trainer.warp import Warp

Floats = NDArray[np.float32]


class Epochs:
    """Makes epochs in a thread of its own, one ahead of the training."""

    def __init__(self, images: Images, warp: Warp, seed: int) -> None:
        self._images = images
        self._warp = warp
        self._seed = seed

    @property
    def size(self) -> int:
        """Examples in an epoch."""
        return len(self._images.labels)

    def make(self, number: int) -> Images:
        """Make one epoch: images and labels in random order."""
        rng = np.random.default_rng([self._seed, number])
        order = rng.permutation(self.size)
        return Images(self._warp(self._images.images[order], rng), self._images.labels[order])

    def batches(self, size: int) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
        """Yield batches for ever: images (B, 28, 28, 1) and labels (B,), whole batches only."""
        with ThreadPoolExecutor(1) as executor:
            ahead = executor.submit(self.make, 0)
            for number in count(1):
                epoch = ahead.result()
                ahead = executor.submit(self.make, number)
                for start in range(0, self.size - size + 1, size):
                    part = slice(start, start + size)
                    yield epoch.images[part, :, :, None], epoch.labels[part]
