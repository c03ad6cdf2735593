"""Splits: nothing and nobody on both sides."""

from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest

from live.ink import from_strokes
from tests.trainer.samples import ten_writers
from trainer.config import Config
from trainer.datasets import split_images, split_pens, split_writers, validation_writers
from trainer.errors import DataError
from trainer.mnist import Images
from trainer.unipen import Sample

INK = from_strokes([[(0, 0), (1, 1)]])
SAMPLES = [
    Sample("1", INK, f"{donor}{writer}", f"1a/{donor}/file.dat:{i}")
    for donor, writers in (("abc", 40), ("duo", 2))
    for writer in range(writers)
    for i in range(5)
]


def test_images_are_on_one_side_only() -> None:
    images = Images(np.zeros((30, 28, 28), np.float32), np.arange(30))
    training, validation = split_images(images, Config("mlp", held_out=10))
    assert sorted([*training.labels, *validation.labels]) == list(range(30))


def test_all_images_can_be_learnt_from() -> None:
    images = Images(np.zeros((30, 28, 28), np.float32), np.arange(30))
    training, validation = split_images(images, Config("mlp", held_out=0))
    assert (len(training.labels), len(validation.labels)) == (30, 0)


def test_some_images_must_be_left_to_learn_from() -> None:
    images = Images(np.zeros((30, 28, 28), np.float32), np.arange(30))
    with pytest.raises(DataError, match="0 to 29 images, got 30"):
        split_images(images, Config("mlp", held_out=30))


def test_writers_are_on_one_side_only() -> None:
    training, validation = split_writers(SAMPLES, validation_writers(SAMPLES))
    assert len(training) + len(validation) == len(SAMPLES)
    assert not {sample.writer for sample in training} & {sample.writer for sample in validation}
    assert 0 < len(validation) <= 0.22 * len(SAMPLES)


def test_a_donor_of_few_writers_gives_none() -> None:
    assert not {writer for writer in validation_writers(SAMPLES) if writer.startswith("duo")}


def test_the_split_does_not_depend_on_the_order() -> None:
    assert validation_writers(SAMPLES) == validation_writers(SAMPLES[::-1])


def test_ink_that_is_measured_on_is_not_learnt_and_counts_once() -> None:
    pens = ten_writers()
    first, second, third, *rest = pens.validation
    learnt, other = pens.training[0].ink, pens.training_others[0].ink
    drawn = [*pens.training, first._replace(ink=learnt), second, third._replace(ink=second.ink), *rest]
    drawn += [*pens.training_others, *(each._replace(ink=other) for each in pens.validation_others)]
    foreign = [Sample("1", ink, "kai1", f"1a/kai/{i}") for i, ink in enumerate((learnt, INK, INK))]
    again = split_pens([*drawn, *foreign], ())
    assert names(again.training) == names(pens.training)
    assert names(again.validation) == names([second, *rest])
    assert not again.validation_others
    assert names(again.reported) == ["1a/kai/1"]


def names(samples: Sequence[Sample]) -> list[str]:
    return sorted(sample.name for sample in samples)


def test_pens_are_trained_on_only_where_they_may_be() -> None:
    inks = (from_strokes([[(0, 0), (1, height)]]) for height in count(1))

    def write(donor: str, writer: str) -> list[Sample]:
        return [
            Sample(label, next(inks), writer, f"{category}/{donor}/{writer}.dat:{label}")
            for category, label in (("1a", "1"), ("1a", "2"), ("1c", "x"), ("1c", "e"), ("1c", "o"))
        ]

    ours = [sample for i in range(10) for sample in write("apa", f"writer{i}")]
    foreign = write("kai", "stranger")
    cut_short = {sample.name for sample in ours if sample.label == "2"}
    pens = split_pens([*ours, *foreign], cut_short)
    validation = {sample.writer for sample in pens.validation}
    training = {f"writer{i}" for i in range(10)} - validation
    assert len(validation) == 2
    assert {split: _written(getattr(pens, split)) for split in pens._fields} == {
        "training": {(writer, "1") for writer in training},
        "validation": {(writer, "1") for writer in validation},
        "reported": {("stranger", "1"), ("stranger", "2")},
        "training_others": {(writer, "x") for writer in training},
        "validation_others": {(writer, "x") for writer in validation},
        "unseen": {(writer, "e") for writer in validation},
    }


def _written(samples: list[Sample]) -> set[tuple[str, str]]:
    return {(sample.writer, sample.label) for sample in samples}
