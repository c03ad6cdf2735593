"""Explanations of ink: which pieces of it made the score.

Beside the flow: what `explainer.py` has scored, and what becomes of the scores. In comes a drawing, out come
its pieces, the images of all their coalitions, and each piece's exact Shapley value: what it adds to a
digit's score, on average over all orders in which the pieces could have been drawn (Shapley, "A value for
n-person games", 1953). No I/O, no clock.
"""

from functools import lru_cache
from itertools import pairwise
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live import ink
from live.ink import SIDE, Images, Ink
from live.verdict import DIGITS, Calibration, Probabilities, Scores, calibrate

MOST_PIECES = 8
"""Twice as many images for each more."""
NO_PIECE = 255
"""In `Coalitions.owners`: a pixel of paper."""

_SHORTEST = 2.0
"""Pixels of path that a piece should have at least, when it is one of several of its stroke."""
_BOX = 20.0
"""Pixels of an image that a drawing's longer side stands for."""

_Values = NDArray[np.float64]


class Piece(NamedTuple):
    """Part of a drawing: of one stroke, or several whole ones where there are more strokes than pieces.

    stroke: where it begins, among the ink's strokes, all of which have points.
    start, end: it goes from point `start` of that stroke up to, not including, point `end` of its last one,
    and on to the next piece's first point.
    strokes: how many it has part in.
    """

    stroke: int
    start: int
    end: int
    strokes: int = 1


def cut(drawing: Ink) -> list[Piece]:
    """Cut a drawing with ink into at most eight pieces of about equal length, none of them across a gap.

    Pieces are cut at points. Where there are more than eight strokes, neighbours share a piece.
    """
    points = drawing.points.astype(np.float64)
    extent = float(np.ptp(points, axis=0).max())
    scale = _BOX / extent if extent > ink.SMALLEST_EXTENT else 0.0
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T) * scale
    ends = drawing.counts.cumsum()
    begins = ends - drawing.counts
    steps[begins] = 0
    path = steps.cumsum()
    lengths = path[ends - 1] - path[begins]
    if len(lengths) > MOST_PIECES:
        return _join(drawing.counts, np.maximum(lengths, 1.0))
    pieces = []
    for stroke, parts in enumerate(_share_out(lengths)):
        along = path[begins[stroke] : ends[stroke]]
        wanted = along[0] + lengths[stroke] * np.arange(1, parts) / parts
        inner = np.unique(np.abs(along[:, None] - wanted).argmin(axis=0)).tolist()
        count = len(along)
        marks = [0, *(point for point in inner if 0 < point < count - 1), count]
        pieces += [Piece(stroke, start, end) for start, end in pairwise(marks)]
    return pieces


def _share_out(lengths: _Values) -> NDArray[np.intp]:
    """Say how many pieces each stroke is cut into: always the longest ones once more."""
    parts = np.ones(len(lengths), np.intp)
    while parts.sum() < MOST_PIECES:
        longest = int((lengths / parts).argmax())
        if lengths[longest] < _SHORTEST * (parts[longest] + 1):
            break
        parts[longest] += 1
    return parts


def _join(counts: NDArray[np.intp], masses: _Values) -> list[Piece]:
    """Join neighbouring strokes into at most eight pieces of about equal mass."""
    middles = (masses.cumsum() - masses / 2) / masses.sum()
    _, firsts = np.unique((middles * MOST_PIECES).astype(np.intp), return_index=True)
    lasts = [*(firsts[1:] - 1), len(counts) - 1]
    return [
        Piece(int(first), 0, int(counts[last]), int(last - first) + 1)
        for first, last in zip(firsts, lasts, strict=True)
    ]


class Coalitions:
    """The images of a drawing of which only some pieces were drawn, every choice of them.

    Number k has the pieces whose bits are set in k; so 0 is blank, and the last is the whole drawing. Images
    are made when they are asked for, in whichever thread asks.
    """

    def __init__(self, drawing: Ink, pieces: list[Piece]) -> None:
        self.drawing = drawing
        self.pieces = pieces
        self._layers: Images | None = None

    def __len__(self) -> int:
        return 1 << len(self.pieces)

    def __getitem__(self, part: slice) -> Images:
        """Render some of them → (B, 28, 28)."""
        members = _members(len(self.pieces))[part]
        layers = self._render().reshape(len(self.pieces), -1)
        images: Images = np.minimum(members @ layers, np.float32(1)).reshape(-1, SIDE, SIDE)
        return images

    @property
    def owners(self) -> NDArray[np.uint8]:
        """The piece that darkens each pixel most (28, 28); NO_PIECE where none does."""
        layers = self._render()
        owners: NDArray[np.uint8] = layers.argmax(axis=0).astype(np.uint8)
        owners[layers.max(axis=0) == 0] = NO_PIECE
        return owners

    def _render(self) -> Images:
        if self._layers is None:
            counts = self.drawing.counts
            first = counts.cumsum() - counts
            starts = np.array([first[piece.stroke] + piece.start for piece in self.pieces])
            self._layers = ink.render_pieces(self.drawing, starts)
        return self._layers


def worths(scores: Scores, calibration: Calibration) -> Probabilities:
    """Say what explanations explain, of scores (B, 10 or 11): how likely it is this digit → (B, 10).

    It is the digit's calibrated probability and, where the model knows what is no digit, times that of its
    being one at all: else blank paper, which must be some digit then, is a one with 100 %, and the strokes of
    a one count for nothing.
    """
    probabilities = calibrate(scores, calibration)
    if scores.shape[1] > DIGITS:
        probabilities *= 1 - scores[:, DIGITS:].astype(np.float64)
    return probabilities


def shapley(values: Probabilities) -> _Values:
    """Give each player its Shapley value, exactly: the values (2^N, K) of all coalitions → (N, K).

    They add up to the last coalition's value less the first's.
    """
    players = len(values).bit_length() - 1
    return np.asarray(_weights(players) @ values)


@lru_cache
def _members(players: int) -> Images:
    """Say who is in which coalition → (2^N, N), 0 or 1."""
    return (np.arange(1 << players)[:, None] >> np.arange(players) & 1).astype(np.float32)


@lru_cache
def _weights(players: int) -> _Values:
    """How much each coalition's value counts for each player → (N, 2^N)."""
    members = _members(players).T.astype(np.bool_)
    sizes = members.sum(axis=0)
    chances = np.array([factorial(k) * factorial(players - 1 - k) for k in range(players)], np.float64)
    chances /= factorial(players)
    # A coalition with the player counts as what it joined, grown by it; one without, as what it could join.
    return np.asarray(np.where(members, chances[sizes - 1], -chances[np.minimum(sizes, players - 1)]))
