"""Other hands: the same drawings, changed and repeatable."""

import numpy as np

from live.ink import from_strokes
from tests.live.drawings import DRAWINGS
from trainer.hands import Hand
from trainer.strokes import Strokes

STROKES = Strokes.from_inks([from_strokes(strokes) for strokes in DRAWINGS.values()] * 20)
STILL = Hand(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.75, 0)


def test_a_still_hand_changes_nothing() -> None:
    drawn = STILL(STROKES, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.points, STROKES.points, atol=1e-4)


def test_a_hand_keeps_drawings_and_strokes() -> None:
    drawn = Hand(cut_share=0)(STROKES, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn.strokes, STROKES.strokes)
    assert np.isfinite(drawn.points).all()


def test_sparse_sampling_keeps_the_ends_of_every_stroke() -> None:
    sparse = STILL._replace(sparse_share=1.0)(STROKES, np.random.default_rng(1))
    assert len(sparse.points) < 0.95 * len(STROKES.points)
    ends, sparse_ends = (np.cumsum(drawn.counts) - 1 for drawn in (STROKES, sparse))
    np.testing.assert_allclose(sparse.points[sparse_ends], STROKES.points[ends], atol=1e-4)


def test_pixels_are_whole() -> None:
    drawn = STILL._replace(pixel_share=1.0)(STROKES, np.random.default_rng(1)).to_inks()
    assert all(len(np.unique(ink.points)) <= 101 for ink in drawn)


def test_cut_ink_loses_no_more_than_its_end() -> None:
    drawn = STILL._replace(cut_share=1.0)(STROKES, np.random.default_rng(1))
    whole, left = (np.maximum.reduceat(ink.travelled(), ink.first_points()) for ink in (STROKES, drawn))
    assert ((0.7 * whole < left) & (left < whole)).all()


def test_the_same_seed_draws_the_same() -> None:
    first, second = (Hand()(STROKES, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.points, second.points)
