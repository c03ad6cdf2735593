"""Data sets: what is trained on, what every choice is made on, and what is only reported.

mnist and unipen → **datasets** → epochs, evaluation. The test images of MNIST are in none of the choices, and
a writer's drawings are all on one side of a split.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from live.ink import render
from trainer import unipen
from trainer.config import Config
from trainer.errors import DataError
from trainer.mnist import Images
from trainer.unipen import Sample

_Trace = tuple[bytes, bytes]
"""What tells ink from other ink: its points and how many each stroke has."""

NONE = 10
"""The class of what is not a digit: a model's eleventh output."""

_OTHERS = {
    unipen.CAPITALS: "AEFHKLMNPRTUVWX",
    unipen.LETTERS: "defhkmnpruvwx",
    unipen.SYMBOLS: '"#$%*+-:;<=@[^_{~',
}
"""Characters that are not digits and do not look like one in anybody's hand.

Left out are those that do: O D Q C (0), I l i j ! | / \\ ( ) ' ` , . (1), Z z ? (2), } > ] (3, 7),
y Y t (4), S s J (5, 3), G b (6), B & (8), g q a (9).
"""
_UNSEEN = {
    unipen.CAPITALS: "EMV",
    unipen.LETTERS: "emv",
    unipen.SYMBOLS: "%@",
}
"""Of these, the ones that no model is trained on: unlike each other, chosen before any training."""

VALIDATION_SHARE = 0.22
"""At most this share of each donor's drawings is held out for validation."""


def split_images(images: Images, config: Config) -> tuple[Images, Images]:
    """Split images at random into those that a configuration trains on and those it holds out to choose with.

    Raises DataError when there are not enough of them to hold out so many.
    """
    if config.held_out >= len(images.labels):
        raise DataError(f"Expected to hold out 0 to {len(images.labels) - 1} images, got {config.held_out}")
    order = np.random.default_rng(config.seed_of_data).permutation(len(images.labels))
    validation, training = order[: config.held_out], order[config.held_out :]
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


class Pens(NamedTuple):
    """UNIPEN's drawings, split by writer; nobody is in two of the lists.

    Nor is ink that is measured on trained on, or measured twice: the distribution has some twice, and some of
    one writer's under another's name. Left out of the first two are digits that are cut short, damaged, or
    several characters.

    unseen: characters that no model is trained on, of writers that no model is trained on.
    reported: digits of donors outside the training donors.
    """

    training: list[Sample]
    validation: list[Sample]
    reported: list[Sample]
    training_others: list[Sample]
    validation_others: list[Sample]
    unseen: list[Sample]


def read_pens(path: Path) -> Pens:
    """Read a UNIPEN distribution and split it; raises DataError when it is not one."""
    samples = unipen.read(path, (unipen.DIGITS, unipen.CAPITALS, unipen.LETTERS, unipen.SYMBOLS)).samples
    return split_pens(samples, kept_out_names())


def kept_out_names() -> dict[str, str]:
    """Return why each drawing on the list is kept out, by name."""
    return _listed("kept_out.txt")


def disputed() -> dict[int, str]:
    """Return why the label of each listed image of MNIST's test set is disputed, by its number."""
    return {int(number): why for number, why in _listed("disputed.txt").items()}


def _listed(name: str) -> dict[str, str]:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def split_pens(samples: Sequence[Sample], kept_out: Iterable[str]) -> Pens:
    """Split a distribution's drawings into what is trained on, chosen with and only reported.

    kept_out: names of digits to leave out.
    """
    ours = [sample for sample in samples if sample.donor in unipen.TRAINING_DONORS]
    names = frozenset(kept_out)
    digits = [sample for sample in ours if sample.category == unipen.DIGITS]
    others = [sample for sample in ours if sample.label in _OTHERS.get(sample.category, "")]
    held_out = validation_writers(ours)
    training, validation = split_writers([digit for digit in digits if digit.name not in names], held_out)
    training_others, validation_others = split_writers(others, held_out)
    training_others = [other for other in training_others if not _is_unseen(other)]
    foreign = [
        sample
        for sample in samples
        if sample.category == unipen.DIGITS and sample.donor not in unipen.TRAINING_DONORS
    ]
    known = {_trace(sample) for sample in (*training, *training_others)}
    return Pens(
        training,
        _new(validation, known),
        _new(foreign, known),
        training_others,
        _new([other for other in validation_others if not _is_unseen(other)], known),
        _new([other for other in validation_others if _is_unseen(other)], known),
    )


def _new(samples: Sequence[Sample], known: set[_Trace]) -> list[Sample]:
    """Return the samples whose ink is not known, each ink once; it is known from then on."""
    new = []
    for sample in samples:
        if (trace := _trace(sample)) not in known:
            known.add(trace)
            new.append(sample)
    return new


def _trace(sample: Sample) -> _Trace:
    return sample.ink.points.tobytes(), sample.ink.counts.tobytes()


def _is_unseen(sample: Sample) -> bool:
    return sample.label in _UNSEEN[sample.category]


def digit_images(samples: Sequence[Sample]) -> Images:
    """Render digits as they are served, unchanged."""
    labels = np.array([int(sample.label) for sample in samples], np.int64)
    return Images(render([sample.ink for sample in samples]), labels)
