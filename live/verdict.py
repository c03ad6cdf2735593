"""Verdicts: what to believe of a model's scores.

recogniser → **verdict** → session: in come a batch of scores and the calibration from the model's card, out
comes what each prediction says. No I/O, no clock.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from live.messages import Verdict

DIGITS = 10

Scores = NDArray[np.float32]
"""(B, 10): the probabilities of the ten digits; or (B, 11): and that of no digit at all. Rows add up to 1."""

Probabilities = NDArray[np.float64]
"""(B, 10): calibrated, each row adding up to 1."""

_DECIMALS = 8
"""Of the probabilities on the wire: more than float32 holds, fewer than float64 prints."""
_SMALLEST = 1e-12
"""Stands for a probability of 0, which has no logarithm."""


class Calibration(msgspec.Struct, frozen=True):
    """How to read one model's scores; the trainer chose it on validation data.

    temperature: probabilities are raised to the power of 1 / temperature, so that what is said with 90 % is
    right 90 times in 100 (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
    not_a_digit_above: doubt beyond this is `not_a_digit`.
    unsure_below: a largest probability under this is `unsure`.
    """

    temperature: float = 1.0
    not_a_digit_above: float = 1.0
    unsure_below: float = 0.0


UNCALIBRATED = Calibration()
"""Every drawing is a digit, as sure as the model says."""


class Judgement(NamedTuple):
    """What a prediction says: digit, confidence and probabilities are None for a blank drawing."""

    verdict: Verdict
    digit: int | None
    confidence: float | None
    probabilities: list[float] | None


BLANK = Judgement("blank", None, None, None)
"""Nothing was drawn; that needs no model."""


def judge(scores: Scores, calibration: Calibration = UNCALIBRATED) -> Sequence[Judgement]:
    """Judge a batch of scores (B, 10 or 11).

    The digit is the most probable one, its probability the confidence. Doubt is the eleventh score or,
    without one, what the largest leaves over.
    """
    probabilities = calibrate(scores, calibration)
    doubts = scores[:, DIGITS] if scores.shape[1] > DIGITS else 1 - scores.max(axis=1)
    rows = probabilities.round(_DECIMALS).tolist()
    digits = probabilities.argmax(axis=1).tolist()
    return [
        Judgement(_verdict(doubt, row[digit], calibration), digit, row[digit], row)
        for digit, row, doubt in zip(digits, rows, doubts.tolist(), strict=True)
    ]


def calibrate(scores: Scores, calibration: Calibration) -> Probabilities:
    """Turn scores (B, 10 or 11) into the probabilities (B, 10) that predictions tell."""
    probabilities = scores[:, :DIGITS].astype(np.float64)
    if calibration.temperature != 1:
        probabilities = np.maximum(probabilities, _SMALLEST) ** (1 / calibration.temperature)
    probabilities /= np.add.reduce(probabilities, axis=1, keepdims=True)
    return probabilities


def _verdict(doubt: float, confidence: float, calibration: Calibration) -> Verdict:
    if doubt > calibration.not_a_digit_above:
        return "not_a_digit"
    return "unsure" if confidence < calibration.unsure_below else "digit"
