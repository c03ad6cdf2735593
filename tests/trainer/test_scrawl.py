"""Scrawl: ink of every kind, repeatable, and nothing that is trained on is measured as unseen."""

import numpy as np
import pytest

from live.ink import from_strokes, render
from tests.live.drawings import DRAWINGS
from trainer.scrawl import SEEN, UNSEEN, noise, scrawl

DIGITS = [from_strokes(strokes) for strokes in DRAWINGS.values()]


@pytest.mark.parametrize("kind", [*SEEN, *UNSEEN])
def test_every_kind_draws_ink(kind: str) -> None:
    drawn = scrawl([kind], 20, DIGITS, np.random.default_rng(1))
    assert len(drawn) == 20
    assert all(np.isfinite(ink.points).all() for ink in drawn)
    assert (render(drawn).reshape(20, -1).max(1) > 0.5).all()


def test_seen_and_unseen_share_no_kind() -> None:
    assert not set(SEEN) & set(UNSEEN)


def test_the_same_seed_draws_the_same() -> None:
    first, second = (scrawl(SEEN, 14, DIGITS, np.random.default_rng(5)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


def test_noise_is_pictures_in_range() -> None:
    pictures = noise(10, np.random.default_rng(1))
    assert pictures.shape == (10, 28, 28)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
