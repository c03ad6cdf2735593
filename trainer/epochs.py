"""Epochs: what a model sees in training, made anew for each epoch so that it never sees the same ink twice.

datasets, warp, hands, forms, scrawl → **epochs** → training. Epoch k of a configuration is the same on every
machine.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.ink import SIDE, render
from trainer.config import Config
from trainer.datasets import NONE, Pens
from trainer.errors import DataError
from trainer.forms import vary
from trainer.mnist import Images
from trainer.scrawl import SEEN, noise, scrawl
from trainer.strokes import Floats, Strokes
from trainer.unipen import Sample


class Epoch(NamedTuple):
    """Examples in random order.

    images: (N, 28, 28) float32 in [0, 1]. labels: (N,), 0 … 9 or NONE.
    from_mnist: (N,) bool, what is MNIST's; the rest is ink.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    from_mnist: NDArray[np.bool_]


Teach = Callable[[Epoch], NDArray[Any]]
"""From an epoch to what is to be learnt of each of its examples, N in all."""

_FORM_SHARE = 0.15
"""Of an epoch's pen digits, how many are regional forms made from others."""
_SCRAWL_SHARE = 0.3
"""Of an epoch's non-digits, how many are generated rather than letters and symbols."""
_NOISE_SHARE = 0.06
"""Of an epoch's non-digits, how many are pictures of nothing."""


class Epochs:
    """Makes epochs in a thread of its own, one ahead of the training."""

    def __init__(self, config: Config, images: Images, pens: Pens | None) -> None:
        """Draw from images and pens; raises DataError when an epoch is smaller than a batch."""
        self._config = config
        self._images = images
        self._ink = _Ink(pens, config.seed_of_data) if pens else None
        if self.size < config.batch:
            raise DataError(f"Expected an epoch of at least a batch, {config.batch}, got {self.size} images")

    @property
    def size(self) -> int:
        """Examples in an epoch."""
        return self._image_count + (self._config.pens + self._config.others if self._ink else 0)

    @property
    def has_others(self) -> bool:
        """There are examples of what is not a digit."""
        return self._ink is not None

    @property
    def _image_count(self) -> int:
        return min(self._config.images, len(self._images.labels))

    def make(self, number: int) -> Epoch:
        """Make one epoch."""
        rng = np.random.default_rng([self._config.seed_of_data, number])
        # One pass through all the images before any comes again, however few an epoch takes of them.
        everything = len(self._images.labels)
        turn, start = divmod(number * self._image_count, everything)
        # To NumPy, [s, t, 0] is [s, t]: the order of turn t and what is drawn for epoch t begin with the same
        # bits. They are put to such different use that it is left alone, for runs to be repeatable.
        orders = [np.random.default_rng([self._config.seed_of_data, t, 0]) for t in (turn, turn + 1)]
        order = np.concatenate([rng_of_turn.permutation(everything) for rng_of_turn in orders])
        which = order[start : start + self._image_count]
        parts = [Images(self._config.warp(self._images.images[which], rng), self._images.labels[which])]
        if self._ink:
            parts.append(self._ink.draw(self._config, rng))
        mixed = rng.permutation(self.size)
        return Epoch(
            np.concatenate([part.images for part in parts])[mixed],
            np.concatenate([part.labels for part in parts])[mixed],
            mixed < self._image_count,
        )

    def batches(self, size: int, teach: Teach) -> Iterator[tuple[NDArray[np.float32], NDArray[Any]]]:
        """Yield batches for ever: images (B, 28, 28, 1) and what is to be learnt of them, whole batches only.

        Making an image and asking a teacher about it take as long as learning from it once, so that every
        epoch comes `repeats` times, in another order each, before the next is made.
        """
        with ThreadPoolExecutor(1) as executor:
            ahead = executor.submit(self.make, 0)
            for number in count(1):
                epoch = ahead.result()
                ahead = executor.submit(self.make, number)
                images = epoch.images[..., None]
                targets = teach(epoch)
                rng = np.random.default_rng([self._config.seed, number, 1])
                order = np.arange(self.size)
                for _ in range(self._config.repeats):
                    for start in range(0, self.size - size + 1, size):
                        part = order[start : start + size]
                        yield images[part], targets[part]
                    rng.shuffle(order)


class _Ink:
    """Pen ink to draw epochs from: digits, their regional forms, letters and symbols, scrawl."""

    def __init__(self, pens: Pens, seed: int) -> None:
        forms = vary(pens.training, np.random.default_rng(seed))
        self._digits = [sample.ink for sample in pens.training]
        samples = [*pens.training, *forms, *pens.training_others]
        self._strokes = Strokes.from_inks([sample.ink for sample in samples])
        digits = [int(sample.label) for sample in (*pens.training, *forms)]
        self._labels = np.array(digits + [NONE] * len(pens.training_others))
        ends = np.cumsum([len(pens.training), len(forms)])
        self._real, self._forms, self._others = np.split(np.arange(len(samples)), ends)
        self._form_chances = even_chances(forms)
        self._other_chances = even_chances(pens.training_others)

    def draw(self, config: Config, rng: np.random.Generator) -> Images:
        """Draw an epoch's pen digits and non-digits, each in another hand, and render them."""
        forms = round(config.pens * _FORM_SHARE)
        scrawls, noises = round(config.others * _SCRAWL_SHARE), round(config.others * _NOISE_SHARE)
        which = np.concatenate(
            [
                rng.choice(self._real, config.pens - forms),
                rng.choice(self._forms, forms, p=self._form_chances),
                rng.choice(self._others, config.others - scrawls - noises, p=self._other_chances),
            ]
        )
        inks = config.hand(self._strokes.take(which), rng).to_inks()
        if scrawls:
            scrawled = Strokes.from_inks(scrawl(SEEN, scrawls, self._digits, rng))
            inks += config.hand(scrawled, rng).to_inks()
        images = [render(inks, config.hand.darknesses(len(inks), rng)), noise(noises, rng)]
        labels = np.concatenate([self._labels[which], np.full(scrawls + noises, NONE)])
        return Images(np.concatenate(images).reshape(-1, SIDE, SIDE), labels)


def even_chances(samples: Sequence[Sample]) -> Floats:
    """Return the chance of each sample (N,) that makes every label as likely as every other."""
    labels = Counter(sample.label for sample in samples)
    chances = np.array([1 / labels[sample.label] for sample in samples])
    even: Floats = chances / chances.sum()
    return even
