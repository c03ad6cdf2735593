"""Calibration: temperatures that mend over-confidence, thresholds that refuse no more than they may."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from live.settings import WEIGHTS
from trainer.calibration import REFUSED, Calibration, digits, doubt

RNG = np.random.default_rng(1)
LABELS = RNG.integers(0, 10, 4_000)


def _outputs(sharpness: float) -> NDArray[np.float64]:
    """Make outputs (N, 11) that are right at a temperature of sharpness."""
    chances = RNG.dirichlet(np.full(10, 0.05), len(LABELS))
    for i, label in enumerate(LABELS):
        drawn = RNG.choice(10, p=chances[i])
        chances[i, [label, drawn]] = chances[i, [drawn, label]]
    sharp = np.maximum(chances, 1e-9) ** sharpness
    sharp /= sharp.sum(1, keepdims=True)
    none = RNG.random((len(LABELS), 1)) ** 8
    return np.hstack([sharp * (1 - none), none])


def test_temperature_undoes_overconfidence() -> None:
    assert 1.8 < Calibration.fit(_outputs(2.0), LABELS).temperature < 2.2


def test_no_more_true_digits_are_refused_than_may_be() -> None:
    outputs = _outputs(1.0)
    verdicts = Calibration.fit(outputs, LABELS).verdicts(outputs)
    assert 0.5 * REFUSED < (verdicts != "digit").mean() <= REFUSED


def test_who_is_at_a_threshold_is_not_refused() -> None:
    # As float32 has them, two are just above a round number, and just below one.
    outputs = np.zeros((1_000, 11), np.float32)
    outputs[:, 0] = 0.9
    outputs[:6, 10] = 0.8330702
    outputs[6:12, 0], outputs[6:12, 1] = 0.6204039, 0.3795961
    verdicts = Calibration.fit(outputs, np.zeros(1_000, np.int64)).verdicts(outputs)
    assert (verdicts == "digit").all()


def test_probabilities_add_up_to_one_without_the_eleventh_output() -> None:
    probabilities = digits(_outputs(1.0), 1.7)
    assert probabilities.shape == (len(LABELS), 10)
    np.testing.assert_allclose(probabilities.sum(1), 1)


def test_doubt_is_the_eleventh_output_or_what_confidence_lacks() -> None:
    outputs = np.array([[0.7, *[0.0] * 9, 0.3]])
    np.testing.assert_allclose(doubt(outputs), 0.3)
    np.testing.assert_allclose(doubt(outputs[:, :10]), 0.3)


def test_a_card_that_says_nothing_believes_everything() -> None:
    outputs = _outputs(1.0)
    assert (Calibration.from_card({}).verdicts(outputs) == "digit").all()


@pytest.mark.parametrize("name", ["mlp", "classic", "compact", "large"])
def test_served_models_refuse_no_more_than_they_may(name: str) -> None:
    pens = json.loads((WEIGHTS / f"{name}.json").read_text("utf-8"))["metrics"]["pens_validation"]
    assert 0.5 * REFUSED < pens["refused_as_not_a_digit"] + pens["unsure"] <= REFUSED
