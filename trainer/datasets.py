"""Data sets: what is trained on, what every choice is made on, and what is only reported.

mnist and unipen → **datasets** → epochs, evaluation. The test images of MNIST are in none of the choices, and
a writer's drawings are all on one side of a split.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from trainer.mnist import Images
from trainer.unipen import Sample

VALIDATION_IMAGES = 5_000
"""Of MNIST's 60,000 training images."""
VALIDATION_SHARE = 0.22
"""At most this share of each donor's drawings is held out for validation."""


def split_images(images: Images, seed: int, held_out: int = VALIDATION_IMAGES) -> tuple[Images, Images]:
    """Split images into those to train on and those to choose with, at random."""
    order = np.random.default_rng(seed).permutation(len(images.labels))
    validation, training = order[:held_out], order[held_out:]
    return (
        Images(images.images[training], images.labels[training]),
        Images(images.images[validation], images.labels[validation]),
    )


def validation_writers(samples: Iterable[Sample], share: float = VALIDATION_SHARE) -> frozenset[str]:
    """Choose the writers to hold out: up to share of each donor's drawings, the same ones on every machine.

    Writers come in the order of their names' hashes, and one whose drawings would take too much of a donor's
    is passed over: a donor with two writers gives none.
    """
    per_writer: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        per_writer[sample.writer][sample.donor] += 1
    total: Counter[str] = sum(per_writer.values(), Counter())
    held_out: Counter[str] = Counter()
    chosen = set()
    for writer in sorted(per_writer, key=lambda name: hashlib.sha256(name.encode()).digest()):
        drawings = per_writer[writer]
        if all(held_out[donor] + drawings[donor] <= share * total[donor] for donor in drawings):
            held_out += drawings
            chosen.add(writer)
    return frozenset(chosen)


def split_writers(samples: Sequence[Sample], held_out: frozenset[str]) -> tuple[list[Sample], list[Sample]]:
    """Split samples into those to train on and those of the held-out writers."""
    training = [sample for sample in samples if sample.writer not in held_out]
    validation = [sample for sample in samples if sample.writer in held_out]
    return training, validation
