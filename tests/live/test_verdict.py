"""Verdicts: what scores say."""

import numpy as np
import pytest

from live.verdict import Calibration, Scores, judge


def test_the_most_probable_digit_is_the_answer_and_its_probability_the_confidence() -> None:
    scores = np.full((2, 10), 0.02, np.float32)
    scores[0, 4] = scores[1, 9] = 0.82
    first, second = judge(scores, Calibration())
    assert (first.verdict, first.digit, second.digit) == ("digit", 4, 9)
    assert first.probabilities is not None
    assert first.confidence == first.probabilities[4]
    assert abs(first.confidence - 0.82) < 1e-6


def test_probabilities_add_up_to_one_and_agree_with_the_scores() -> None:
    scores = np.random.default_rng(1).dirichlet(np.ones(10) * 0.2, 500).astype(np.float32)
    judged = judge(scores, Calibration())
    rows = np.array([judgement.probabilities for judgement in judged])
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-7)
    np.testing.assert_allclose(rows, scores, atol=1e-6)


def scores_of(confidence: float, doubt: float = 0.0, digit: int = 4) -> Scores:
    """Make one row of eleven scores."""
    row = np.full(11, (1 - confidence) / 9 * (1 - doubt), np.float32)
    row[digit] = confidence * (1 - doubt)
    row[10] = doubt
    return row[None]


@pytest.mark.parametrize(
    ("confidence", "doubt", "verdict"),
    [
        (0.99, 0.01, "digit"),
        (0.60, 0.01, "unsure"),
        (0.99, 0.60, "not_a_digit"),
        (0.60, 0.60, "not_a_digit"),
    ],
)
def test_thresholds_of_the_card_make_the_verdict(confidence: float, doubt: float, verdict: str) -> None:
    calibration = Calibration(not_a_digit_above=0.5, unsure_below=0.7)
    [judgement] = judge(scores_of(confidence, doubt), calibration)
    assert (judgement.verdict, judgement.digit) == (verdict, 4)
    assert judgement.confidence is not None
    assert abs(judgement.confidence - confidence) < 1e-6
    assert judgement.probabilities is not None
    assert abs(sum(judgement.probabilities) - 1) < 1e-7


def test_a_model_without_an_eleventh_score_doubts_what_its_largest_leaves_over() -> None:
    calibration = Calibration(not_a_digit_above=0.5)
    verdicts = [judge(scores_of(c)[:, :10], calibration)[0].verdict for c in (0.6, 0.4)]
    assert verdicts == ["digit", "not_a_digit"]


def test_temperature_spreads_or_sharpens_and_keeps_the_digit() -> None:
    cold, plain, warm = (judge(scores_of(0.8), Calibration(temperature=t))[0] for t in (0.5, 1.0, 2.0))
    assert cold.digit == plain.digit == warm.digit == 4
    assert cold.confidence is not None
    assert plain.confidence is not None
    assert warm.confidence is not None
    assert cold.confidence > plain.confidence > warm.confidence
    odds = 0.8**0.5 / (0.8**0.5 + 9 * (0.2 / 9) ** 0.5)
    assert abs(warm.confidence - odds) < 1e-6


def test_a_score_of_zero_has_its_answer() -> None:
    scores = np.zeros((1, 10), np.float32)
    scores[0, 7] = 1
    [judgement] = judge(scores, Calibration(temperature=1.7))
    assert judgement.digit == 7
    assert judgement.confidence is not None
    assert judgement.confidence > 0.999


def test_drawings_of_a_batch_are_judged_each_by_its_own_probabilities() -> None:
    batch = np.concatenate([scores_of(0.99), scores_of(0.6), scores_of(0.99, doubt=0.6), scores_of(0.99)])
    found = judge(batch, Calibration(not_a_digit_above=0.5, unsure_below=0.7))
    assert [judgement.verdict for judgement in found] == ["digit", "unsure", "not_a_digit", "digit"]
    # What the temperature leaves of 99 % is what is believed.
    [spread] = judge(scores_of(0.99), Calibration(temperature=4, unsure_below=0.7))
    assert spread.verdict == "unsure"


def test_what_is_just_at_a_threshold_is_believed() -> None:
    row = np.array([[0.5, 0.25, 0.25, *[0] * 8]], np.float32)
    assert judge(row, Calibration(unsure_below=0.5))[0].verdict == "digit"
    row[0, 10] = 0.5
    assert judge(row, Calibration(not_a_digit_above=0.5))[0].verdict == "digit"
