"""Explanations of ink: pieces, coalitions, and what makes Shapley values what they are."""

from collections.abc import Sequence
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest

from live import recogniser
from live.explaining.explain import MOST_PIECES, NO_PIECE, Coalitions, Piece, cut, shapley, worths
from live.ink import Ink, from_strokes, render
from live.settings import WEIGHTS
from live.verdict import Probabilities
from tests.live.drawings import DRAWINGS, Strokes


@pytest.fixture(scope="module")
def compact() -> recogniser.Recogniser:
    [card] = [card for card in recogniser.find_cards(Path(WEIGHTS)) if card.name == "compact"]
    return recogniser.load(card, WEIGHTS, "litert")


def values(coalitions: Coalitions, model: recogniser.Recogniser) -> Probabilities:
    return worths(model.scores(coalitions[:]), model.card.calibration)


def coalitions(strokes: Strokes) -> Coalitions:
    drawing = from_strokes(strokes)
    return Coalitions(drawing, cut(drawing))


@pytest.mark.parametrize("strokes", DRAWINGS.values(), ids=DRAWINGS)
def test_pieces_cover_every_stroke_once(strokes: Strokes) -> None:
    pieces = cut(from_strokes(strokes))
    assert 1 <= len(pieces) <= MOST_PIECES
    for number, points in enumerate(strokes):
        own = [piece for piece in pieces if piece.stroke == number]
        assert own[0].start == 0
        assert own[-1].end == len(points)
        assert all(a.end == b.start for a, b in pairwise(own))


def test_strokes_share_pieces_where_there_are_too_many() -> None:
    strokes = [[(10.0 * i, 0.0), (10.0 * i, 50.0)] for i in range(20)]
    pieces = cut(from_strokes(strokes))
    assert len(pieces) == MOST_PIECES
    assert sum(piece.strokes for piece in pieces) == 20
    assert pieces[1].stroke == pieces[0].strokes


@pytest.mark.parametrize("extent", [1e-320, 1e-308, 1e-101, 1e-99, 1e99, 1e308])
@pytest.mark.parametrize("dots", [0, 9])
def test_a_drawing_of_any_size_has_pieces(extent: float, dots: int) -> None:
    assert coalitions([[(0, 0)]] * dots + [[(0, 0), (extent, 0)]])[:].max() > 0


def test_a_dot_is_one_piece() -> None:
    assert cut(from_strokes([[(5, 5)]])) == [Piece(0, 0, 1)]


@pytest.mark.parametrize("strokes", DRAWINGS.values(), ids=DRAWINGS)
def test_all_pieces_are_the_drawing_and_none_is_paper(strokes: Strokes) -> None:
    images = coalitions(strokes)[:]
    np.testing.assert_allclose(images[-1], render([from_strokes(strokes)])[0], atol=1e-6)
    assert not images[0].any()


def test_a_pixel_belongs_to_the_piece_that_darkens_it() -> None:
    cross = [[(0, 50), (100, 50)], [(50, 0), (50, 100)]]
    drawing = from_strokes(cross)
    owners = Coalitions(drawing, [Piece(0, 0, 2), Piece(1, 0, 2)]).owners
    assert (owners[14, 5], owners[5, 14], owners[2, 2]) == (0, 1, NO_PIECE)


def test_values_are_the_mean_over_all_orders() -> None:
    worth = np.random.default_rng(0).random((8, 10))
    expected = np.zeros((3, 10))
    for order in permutations(range(3)):
        there = 0
        for player in order:
            expected[player] += (worth[there | 1 << player] - worth[there]) / 6
            there |= 1 << player
    np.testing.assert_allclose(shapley(worth), expected)


def test_values_of_a_sum_of_games_add_up() -> None:
    one, other = np.random.default_rng(1).random((2, 256, 10))
    np.testing.assert_allclose(shapley(one + other), shapley(one) + shapley(other), atol=1e-12)


@pytest.mark.parametrize("strokes", DRAWINGS.values(), ids=DRAWINGS)
def test_values_of_a_real_digit_add_up_to_score_less_blank(
    strokes: Strokes, compact: recogniser.Recogniser
) -> None:
    found = values(coalitions(strokes), compact)
    alone = worths(compact.scores(render([from_strokes(strokes)])), compact.card.calibration)
    np.testing.assert_allclose(shapley(found).sum(axis=0), alone[0] - found[0], atol=1e-4)


def test_two_identical_pieces_share(compact: recogniser.Recogniser) -> None:
    drawing = from_strokes([*DRAWINGS["one"], *DRAWINGS["one"]])
    found = coalitions([*DRAWINGS["one"], *DRAWINGS["one"]])
    weights = shapley(values(found, compact))
    half = len(found.pieces) // 2
    assert drawing.counts.size == 2
    assert np.abs(weights).max() > 0.01
    np.testing.assert_allclose(weights[:half], weights[half:], atol=1e-4)


def test_an_invisible_piece_gets_nothing(compact: recogniser.Recogniser) -> None:
    # So much ink at one end that the other one's end is off the image.
    scribble: list[Sequence[float]] = [(0, 70 * (step % 2)) for step in range(400)]
    drawing: Ink = from_strokes([scribble, [(9, 3), (60, 3), (99, 3), (100, 3)]])
    found = Coalitions(drawing, [Piece(0, 0, 400), Piece(1, 0, 2), Piece(1, 2, 4)])
    assert not found[:][4].any()
    weights = shapley(values(found, compact))
    assert np.abs(weights[2]).max() < 1e-9
    assert np.abs(weights[0]).max() > 0.01
