"""Calibration: what turns a model's raw outputs into probabilities and verdicts, chosen on validation data.

training → **calibration** → the card, and from there the server. In come raw outputs (N, 10) or (N, 11), a
softmax; the eleventh, when there is one, is the chance that the drawing is not a digit.

- digits' probabilities: the first ten, each to the power 1 / temperature, scaled to add up to 1;
- verdict: `not_a_digit` when the doubt (the eleventh output; without one, 1 - the largest probability) is
  above its threshold, else `unsure` when the largest probability is below its own, else `digit`.

The server's verdict.py does the same.
"""

from math import ceil, floor
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from trainer.metrics import Floats, Labels

REFUSED = 0.01
"""Share of true digits that may be refused, half of it as not a digit, half as unsure."""

_SMALLEST = 1e-12
_STEPS = 1_000_000
"""Thresholds are whole numbers of these in a unit."""
_TEMPERATURES = np.exp(np.linspace(np.log(0.3), np.log(4), 200))


class Calibration(NamedTuple):
    """How to read one model's outputs."""

    temperature: float = 1.0
    not_a_digit_above: float = 1.0
    unsure_below: float = 0.0

    @classmethod
    def fit(cls, outputs: Floats, labels: Labels) -> Self:
        """Choose, on true digits, the most likely temperature and the thresholds that refuse REFUSED."""
        likeliest = min(_TEMPERATURES, key=lambda t: surprise(outputs, labels, float(t)))
        temperature = round(float(likeliest), 4)
        doubts = doubt(outputs)
        # Rounded away from those at the thresholds, or these were refused beyond what may be.
        above = ceil(float(np.quantile(doubts, 1 - REFUSED / 2, method="higher")) * _STEPS) / _STEPS
        confidence = digits(outputs, temperature).max(1)[doubts <= above]
        below = floor(float(np.quantile(confidence, REFUSED / 2, method="lower")) * _STEPS) / _STEPS
        return cls(temperature, above, below)

    @classmethod
    def from_card(cls, calibration: dict[str, Any]) -> Self:
        """Read a card's; one that says nothing changes nothing."""
        return cls(**{name: calibration[name] for name in cls._fields if name in calibration})

    def verdicts(self, outputs: Floats) -> NDArray[np.str_]:
        """Return "digit", "unsure" or "not_a_digit" for each drawing (N,)."""
        confidence = digits(outputs, self.temperature).max(1)
        unsure = np.where(confidence < self.unsure_below, "unsure", "digit")
        return np.where(doubt(outputs) > self.not_a_digit_above, "not_a_digit", unsure)


def digits(outputs: Floats, temperature: float = 1.0) -> Floats:
    """Return the probabilities of the ten digits (N, 10), each row adding up to 1."""
    powers = np.maximum(outputs[:, :10].astype(np.float64), _SMALLEST) ** (1 / temperature)
    probabilities: Floats = powers / powers.sum(1, keepdims=True)
    return probabilities


def doubt(outputs: Floats) -> Floats:
    """Return how likely each drawing is not a digit (N,)."""
    return outputs[:, 10] if outputs.shape[1] > 10 else 1 - outputs.max(1)


def surprise(outputs: Floats, labels: Labels, temperature: float) -> float:
    """Return the mean negative log likelihood of the labels."""
    chances = digits(outputs, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chances, _SMALLEST)).mean())
