"""Teaching: what is to be learnt of each image, from its label and from what a better model answers.

epochs → **teaching** → training. A good teacher takes longer to answer than its pupil takes to learn, so its
answers can be kept: runs that differ in their seed, or their model, but see the same images, ask but once.

Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer import models
from trainer.epochs import Teach

_BATCH = 512


def labels_only(_: Any, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Have the labels (N,) learnt."""
    return labels


class Teacher:
    """A trained model whose answers count for half of what is to be learnt."""

    def __init__(self, model: models.Model, kept: Path | None = None) -> None:
        """kept: a folder for answers; what is there already is not asked again."""
        self._model = model
        self._kept = kept

    def teach(self, precision: str) -> Teach:
        """Return what makes targets (N, outputs) that are half the labels and half what the teacher answers.

        precision: in which it computes its answers.
        """
        model = models.in_precision(self._model, precision)
        known_by = _fingerprint(self._model, precision) if self._kept else ""

        def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
            answers: NDArray[np.float32] = model.predict(images, batch_size=_BATCH, verbose=0)
            return answers

        def teach(images: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
            if self._kept:
                name = hashlib.blake2b(images.tobytes(), digest_size=16).hexdigest()
                answers = _once(self._kept / known_by / f"{name}.npy", lambda: answer(images))
            else:
                answers = answer(images)
            sure = np.eye(answers.shape[1], dtype=np.float32)[labels]
            return np.asarray((sure + answers) / 2, np.float32)

        return teach


def _fingerprint(model: models.Model, precision: str) -> str:
    """Name a model's answers: by its weights and by what they are computed in."""
    found = hashlib.blake2b(precision.encode(), digest_size=8)
    for weights in model.get_weights():
        found.update(np.asarray(weights).tobytes())
    return found.hexdigest()


def _once(file: Path, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Read an array that was kept, or make it and keep it."""
    if file.is_file():
        kept: NDArray[np.float32] = np.load(file)
        return kept
    made: NDArray[np.float32] = make()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all, whoever else is at it.
    partial = file.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as out:
        np.save(out, made)
    partial.replace(file)
    return made
