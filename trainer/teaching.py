"""Teaching: what is to be learnt of each image, from its label and from what a better model answers.

epochs → **teaching** → training. MNIST's images can have a teacher of their own: a network that learns from
nothing else reads them better than one that learns pens too. Teachers are nearly always sure; what they take
the next likely digits for is learnt from answers that are softened by a temperature. A good teacher takes
longer to answer than its pupil takes to learn, so its answers can be kept: runs that differ in their seed, or
their model, but see the same images, ask but once.

Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from trainer import models
from trainer.epochs import Epoch, Teach
from trainer.errors import ModelError

_BATCH = 512
_Ask = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From images (N, 28, 28) to a teacher's answers (N, its outputs)."""
_LEAST = 1e-7
"""Scores below are taken for this: a logarithm of 0 is not finite."""


def labels_only(epoch: Epoch) -> NDArray[np.int64]:
    """Have the labels (N,) learnt."""
    return epoch.labels


class Teacher:
    """A trained model whose answers count for half of what is to be learnt, labels for the other."""

    def __init__(
        self, model: models.Model, kept: Path | None = None, for_mnist: models.Model | None = None
    ) -> None:
        """Let model teach.

        kept: a folder for answers; what is there already is not asked again.
        for_mnist: who is asked about MNIST's images instead; may have no output for what is not a digit.
        Raises ModelError when it has more outputs than the model.
        """
        self.outputs: int = model.output_shape[-1]
        if for_mnist and for_mnist.output_shape[-1] > self.outputs:
            raise ModelError(
                f"Expected a teacher for MNIST of at most the other's {self.outputs} outputs, "
                f"got {for_mnist.output_shape[-1]}"
            )
        self._model = model
        self._kept = kept
        self._for_mnist = for_mnist

    def teach(self, precision: str, temperature: float) -> Teach:
        """Return what makes targets (N, 2 × outputs) for `distillation`: labels, and softened answers.

        precision: in which it computes its answers.
        """
        ask_of_ink = self._asker(self._model, precision)
        ask_of_mnist = self._asker(self._for_mnist, precision) if self._for_mnist else ask_of_ink

        def teach(epoch: Epoch) -> NDArray[np.float32]:
            labels = np.eye(self.outputs, dtype=np.float32)[epoch.labels]
            answers = np.zeros_like(labels)
            for ask, which in ((ask_of_ink, ~epoch.from_mnist), (ask_of_mnist, epoch.from_mnist)):
                if which.any():
                    found = ask(epoch.images[which])
                    answers[which, : found.shape[1]] = found
            return np.concatenate([labels, _soften(answers, temperature)], axis=1)

        return teach

    def _asker(self, teacher: models.Model, precision: str) -> _Ask:
        model = models.in_precision(teacher, precision)
        known_by = _fingerprint(teacher, precision) if self._kept else ""

        def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
            answers: NDArray[np.float32] = model.predict(images[..., None], batch_size=_BATCH, verbose=0)
            return answers

        def ask(images: NDArray[np.float32]) -> NDArray[np.float32]:
            if not self._kept:
                return answer(images)
            name = hashlib.blake2b(images.tobytes(), digest_size=16).hexdigest()
            return _once(self._kept / known_by / f"{name}.npy", lambda: answer(images))

        return ask


def _soften(answers: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Have the teacher's answers (N, outputs) be less sure."""
    softer = answers ** (1 / temperature)
    softer /= softer.sum(axis=1, keepdims=True)
    return softer


def distillation(outputs: int, temperature: float) -> Callable[[Any, Any], Any]:
    """Return the loss of scores (B, outputs) against `Teacher.teach`'s targets (B, 2 × outputs) → (B,).

    The mean of two cross-entropies: against the labels; and, both softened, against the teacher's answers,
    times temperature², as the gradients of softened scores are as many times smaller.
    """

    def loss(targets: Any, scores: Any) -> Any:
        logits = ops.log(ops.clip(scores, _LEAST, 1))
        softer = ops.log_softmax(logits / temperature)
        to_labels = -ops.sum(targets[:, :outputs] * logits, axis=-1)
        to_answers = -ops.sum(targets[:, outputs:] * softer, axis=-1)
        return (to_labels + temperature**2 * to_answers) / 2

    return loss


def _fingerprint(model: models.Model, precision: str) -> str:
    """Name a model's answers: by its weights and by what they are computed in."""
    found = hashlib.blake2b(precision.encode(), digest_size=8)
    for weights in model.get_weights():
        found.update(np.asarray(weights).tobytes())
    return found.hexdigest()


def _once(file: Path, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Read an array that was kept, or make it and keep it; one that is not whole is made again."""
    if file.is_file():
        with suppress(OSError, EOFError, ValueError):
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
