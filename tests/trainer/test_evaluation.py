"""Evaluation: the numbers on a card, of models whose every answer is known."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from live.ink import from_strokes, render
from tests.live.drawings import DRAWINGS
from tests.trainer.samples import ten_writers
from trainer.calibration import Calibration
from trainer.datasets import Pens
from trainer.evaluation import Data, evaluate, is_bare
from trainer.metrics import Floats
from trainer.mnist import Images
from trainer.unipen import Sample

ANYTHING = Images(np.zeros((1, 28, 28), np.float32), np.zeros(1, np.int64))
LINE = from_strokes([[(0, 0), (30, 30), (60, 60)]])
BEND = from_strokes([[(0, 0), (30, 0), (0, 60)]])
POINT = from_strokes([[(7, 7)]])


class Known:
    """A model that answers as it is told about some drawings, and else as it does by default."""

    def __init__(self, default: Floats) -> None:
        self._default = default
        self._answers: dict[bytes, Floats] = {}

    def answer(self, samples: Sequence[Sample], outputs: Sequence[Floats]) -> None:
        images = render([sample.ink for sample in samples])
        self._answers |= {image.tobytes(): each for image, each in zip(images, outputs, strict=True)}

    def __call__(self, images: NDArray[np.float32]) -> Floats:
        return np.stack([self._answers.get(image.tobytes(), self._default) for image in images])


def _outputs(digit: int, confidence: float, doubt: float) -> Floats:
    """Return the outputs (11,) of a model that is so sure of a digit, if it is one."""
    digits = np.full(10, (1 - confidence) / 9)
    digits[digit] = confidence
    return np.append(digits * (1 - doubt), doubt)


def _measure(score: Known, pens: Pens, calibration: Calibration | None = None) -> dict[str, dict[str, float]]:
    return evaluate(score, calibration or Calibration(), Data(ANYTHING, ANYTHING, pens))


def test_refusal_is_measured_as_it_is_served() -> None:
    pens = ten_writers()
    score = Known(default=_outputs(0, 0.99, doubt=0.9))
    score.answer(pens.validation, [_outputs(int(s.label), 0.99, doubt=0.1) for s in pens.validation])
    score.answer(pens.unseen, [_outputs(4, 0.4, doubt=0.3) for _ in pens.unseen])
    measured = _measure(score, pens, Calibration(not_a_digit_above=0.5, unsure_below=0.6))
    scrawl, letters = measured["not_digits_scrawl_unseen"], measured["not_digits_letters_unseen"]
    for refused in (scrawl, letters):
        assert (refused["auroc"], refused["digits_kept_at_95_rejected"]) == (1, 1)
    assert (scrawl["refused_as_not_a_digit"], scrawl["not_believed"]) == (1, 1)
    assert (letters["refused_as_not_a_digit"], letters["not_believed"]) == (0, 1)
    assert measured["not_digits_unseen"]["n"] == scrawl["n"] + letters["n"]


def test_what_is_believed_is_not_refused() -> None:
    pens = ten_writers()
    measured = _measure(Known(default=_outputs(0, 0.99, doubt=0.1)), pens, Calibration(1, 0.5, 0.6))
    assert measured["not_digits_scrawl_unseen"]["not_believed"] == 0
    assert measured["pens_validation"]["accuracy_when_believed"] == 0.1


def test_cross_fitting_reads_each_half_of_the_writers_at_the_others_temperature() -> None:
    pens = ten_writers()
    upright = [sample._replace(writer="always right") for sample in pens.validation[:10]]
    slanted = [
        sample._replace(
            ink=from_strokes([[(x + y / 3, y) for x, y, *_ in stroke] for stroke in drawing]),
            writer="right as often as it says",
        )
        for sample, drawing in zip(upright, DRAWINGS.values(), strict=True)
    ]
    score = Known(default=_outputs(0, 0.9, doubt=0.9))
    score.answer(upright, [_outputs(digit, 0.6, doubt=0) for digit in range(10)])
    score.answer(slanted, [_outputs((digit + (digit >= 6)) % 10, 0.6, doubt=0) for digit in range(10)])
    reading = _measure(score, pens._replace(validation=[*upright, *slanted]))["pens_validation"]
    # The first are read at 60 %, 40 too few; the second at almost 100 %, 40 too many.
    assert reading["ece_cross_fitted"] == pytest.approx(0.4, abs=0.01)


def test_one_writer_has_no_other_half_to_be_read_by() -> None:
    pens = ten_writers()
    alone = [sample._replace(writer="alone") for sample in pens.validation]
    measured = _measure(Known(default=_outputs(0, 0.9, doubt=0.1)), pens._replace(validation=alone))
    assert "ece" in measured["pens_validation"]
    assert "ece_cross_fitted" not in measured["pens_validation"]


def test_ink_that_was_cut_short_is_reported_apart() -> None:
    foreign = [
        Sample(label, ink, "stranger", f"1a/kai/stranger.dat:{i}")
        for i, (label, ink) in enumerate([("1", LINE), ("7", LINE), ("7", BEND), ("7", POINT)])
    ]
    assert [is_bare(sample) for sample in foreign] == [False, True, False, True]
    measured = _measure(Known(default=_outputs(7, 0.9, doubt=0)), ten_writers()._replace(reported=foreign))
    assert (measured["pens_test"]["n"], measured["pens_test"]["accuracy"]) == (2, 1 / 2)
    assert measured["pens_test_with_kept_out"]["n"] == 4
