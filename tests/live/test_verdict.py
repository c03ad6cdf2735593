"""Verdicts: what scores say."""

import numpy as np

from live.verdict import judge


def test_the_most_probable_digit_is_the_answer_and_its_probability_the_confidence() -> None:
    scores = np.full((2, 10), 0.02, np.float32)
    scores[0, 4] = scores[1, 9] = 0.82
    first, second = judge(scores)
    assert (first.verdict, first.digit, second.digit) == ("digit", 4, 9)
    assert first.probabilities is not None
    assert first.confidence == first.probabilities[4]
    assert abs(first.confidence - 0.82) < 1e-6


def test_probabilities_add_up_to_one_and_agree_with_the_scores() -> None:
    scores = np.random.default_rng(1).dirichlet(np.ones(10) * 0.2, 500).astype(np.float32)
    judged = judge(scores)
    rows = np.array([judgement.probabilities for judgement in judged])
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-7)
    np.testing.assert_allclose(rows, scores, atol=1e-6)
