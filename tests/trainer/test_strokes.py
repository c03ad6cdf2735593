"""Flat strokes: taken apart as they were joined, picked and thinned out without mixing drawings up."""

import numpy as np
import pytest

from live.ink import from_strokes
from tests.live.drawings import DRAWINGS
from trainer.strokes import Strokes

INKS = [from_strokes(strokes) for strokes in DRAWINGS.values()]
STROKES = Strokes.from_inks(INKS)


def test_each_drawing_is_in_its_own_frame() -> None:
    for ink in STROKES.to_inks():
        low, high = ink.points.min(0), ink.points.max(0)
        np.testing.assert_allclose(low + high, 0, atol=1e-9)
        assert np.isclose((high - low).max(), 2)


def test_drawings_are_picked_by_number() -> None:
    picked = STROKES.take(np.array([4, 1, 4])).to_inks()
    whole = STROKES.to_inks()
    for ink, number in zip(picked, (4, 1, 4), strict=True):
        np.testing.assert_array_equal(ink.points, whole[number].points)
        np.testing.assert_array_equal(ink.counts, whole[number].counts)


def test_dropping_points_drops_empty_strokes() -> None:
    first_stroke_of_four = STROKES.stroke_of_points() == STROKES.drawing_of_strokes().searchsorted(4)
    left = STROKES.keep(~first_stroke_of_four)
    assert left.strokes[4] == STROKES.strokes[4] - 1
    assert len(left.points) == len(STROKES.points) - first_stroke_of_four.sum()


def test_travelled_is_the_length_of_ink_so_far() -> None:
    strokes = Strokes.from_inks([from_strokes([[(0, 0), (2, 0)], [(0, 1), (0, 2)]]), INKS[0]])
    np.testing.assert_allclose(strokes.travelled()[:5], [0, 2, 2, 3, 0])


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.97, 1.0])
def test_a_cut_drawing_has_its_share_of_the_ink(share: float) -> None:
    whole = np.maximum.reduceat(STROKES.travelled(), STROKES.first_points())
    part = STROKES.cut(share)
    np.testing.assert_allclose(np.maximum.reduceat(part.travelled(), part.first_points()), share * whole)


def test_every_drawing_can_be_cut_at_a_share_of_its_own() -> None:
    shares = np.linspace(0.1, 1, len(INKS))
    whole = np.maximum.reduceat(STROKES.travelled(), STROKES.first_points())
    part = STROKES.cut(shares)
    np.testing.assert_allclose(np.maximum.reduceat(part.travelled(), part.first_points()), shares * whole)
