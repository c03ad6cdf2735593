"""Verdicts: what to believe of a model's scores.

Fifth step of the flow: recogniser → **verdict** → session. In come a batch of scores, out comes what each
prediction says. No I/O, no clock.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.messages import Verdict

Scores = NDArray[np.float32]
"""(B, 10): the probabilities of the ten digits, each row adding up to 1."""

_DECIMALS = 8
"""Of the probabilities on the wire: more than float32 holds, fewer than float64 prints."""


class Judgement(NamedTuple):
    """What a prediction says: digit, confidence and probabilities are None for a blank drawing."""

    verdict: Verdict
    digit: int | None
    confidence: float | None
    probabilities: list[float] | None


BLANK = Judgement("blank", None, None, None)
"""Nothing was drawn; that needs no model."""


def judge(scores: Scores) -> Sequence[Judgement]:
    """Judge a batch of scores (B, 10): the digit is the most probable one, its probability the confidence."""
    exact = scores.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    rows = exact.round(_DECIMALS).tolist()
    digits = scores.argmax(axis=1).tolist()
    return [Judgement("digit", digit, row[digit], row) for digit, row in zip(digits, rows, strict=True)]
