"""Prefixes: ink as it was at each moment of being drawn."""

import numpy as np
import pytest
from numpy.typing import NDArray

from live.ink import from_strokes
from tests.live.drawings import DRAWINGS
from trainer.prefixes import STEPS, early_reading, read_steps
from trainer.strokes import Strokes

STROKES = Strokes.from_inks([from_strokes(strokes) for strokes in DRAWINGS.values()])


def test_answers_are_followed_to_the_last_point() -> None:
    def score(images: NDArray[np.float32]) -> NDArray[np.float64]:
        ink = images.reshape(len(images), -1).sum(1)
        scores: NDArray[np.float64] = np.eye(10)[(ink > 60).astype(int)]
        return scores

    one = STROKES.take(np.array([3, 3]))
    answers = read_steps(one, score)
    assert answers.shape == (2, STEPS)
    curve = early_reading(one, np.array([int(answers[0, -1]), 5]), score)
    assert curve["accuracy_100%"] == curve["settled_100%"] == 0.5
    assert curve["settled_25%"] <= curve["settled_50%"] <= curve["settled_75%"] <= 0.5


def test_a_reading_is_settled_once_nothing_changes_it_any_more() -> None:
    always, in_between, never = np.full(STEPS, 3), np.full(STEPS, 3), np.full(STEPS, 5)
    in_between[10:12] = 5
    steps = iter(np.stack([always, in_between, never], 1))

    def score(images: NDArray[np.float32]) -> NDArray[np.float64]:
        answers: NDArray[np.float64] = np.eye(11)[next(steps)]
        return answers

    curve = early_reading(STROKES.take(np.array([3, 3, 3])), np.array([3, 3, 3]), score)
    right = {share: curve[f"accuracy_{share}"] for share in ("25%", "50%", "75%", "100%")}
    settled = {share: curve[f"settled_{share}"] for share in right}
    assert right == pytest.approx(dict.fromkeys(right, 2 / 3))
    assert settled == pytest.approx({"25%": 1 / 3, "50%": 1 / 3, "75%": 2 / 3, "100%": 2 / 3})
    assert curve["flips"] == pytest.approx((0 + 2 + 0) / 3)
