"""Strokes: many drawings at once, as flat arrays, so that they are changed without a Python loop.

datasets → **strokes** → hands, forms, epochs. Coordinates here are in each drawing's own frame: the middle of
its box is (0, 0) and its longer side goes from -1 to 1.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from live.ink import Ink

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_NOTHING = 1e-9
"""A length that rounding can make of none."""


class Strokes(NamedTuple):
    """Drawings, flat.

    points: (P, 2) float64, all drawings' strokes one after the other.
    counts: (S,) points in each stroke, none of them 0.
    strokes: (D,) strokes in each drawing, none of them 0.
    """

    points: Floats
    counts: Integers
    strokes: Integers

    @classmethod
    def from_inks(cls, inks: Sequence[Ink]) -> Self:
        """Join drawings, none of them blank, each into its own frame."""
        points = np.concatenate([ink.points for ink in inks]).astype(np.float64)
        counts = np.concatenate([ink.counts for ink in inks])
        joined = cls(points, counts, np.array([len(ink.counts) for ink in inks], np.intp))
        first = joined.first_points()
        low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
        half = np.maximum((high - low).max(1), _NOTHING) / 2
        of = joined.drawing_of_points()
        return joined._replace(points=(points - ((low + high) / 2)[of]) / half[of, None])

    def to_inks(self) -> list[Ink]:
        """Take the drawings apart again."""
        point_ends = np.cumsum(self.counts)
        stroke_ends = np.cumsum(self.strokes)
        inks = []
        start_point = start_stroke = 0
        for end_stroke in stroke_ends.tolist():
            end_point = int(point_ends[end_stroke - 1])
            inks.append(Ink(self.points[start_point:end_point], self.counts[start_stroke:end_stroke]))
            start_point, start_stroke = end_point, end_stroke
        return inks

    def take(self, which: Integers) -> "Strokes":
        """Pick drawings by number, in that order, any of them any number of times."""
        strokes = self.strokes[which]
        picked_strokes = _runs(_starts(self.strokes)[which], strokes)
        counts = self.counts[picked_strokes]
        return Strokes(self.points[_runs(_starts(self.counts)[picked_strokes], counts)], counts, strokes)

    def keep(self, points: NDArray[np.bool_]) -> "Strokes":
        """Drop the points (P,) that are not to be kept, and strokes and drawings that have none left."""
        counts = np.add.reduceat(points.astype(np.intp), _starts(self.counts))
        strokes = np.add.reduceat((counts > 0).astype(np.intp), _starts(self.strokes))
        return Strokes(self.points[points], counts[counts > 0], strokes[strokes > 0])

    def cut(self, share: float | Floats) -> "Strokes":
        """Cut every drawing off where a share of its ink's length is drawn, between points if need be.

        share: one, or one a drawing (D,), above 0.
        """
        travelled, steps, of = self.travelled(), self.steps(), self.drawing_of_points()
        total = np.maximum.reduceat(travelled, self.first_points())
        limit = (share * total)[of] + _NOTHING
        before = travelled - steps
        inside = travelled <= limit
        # The point that the pen is on its way to is put where the pen is by then.
        crossing = ~inside & (before <= limit) & (steps > 0)
        way = np.divide(limit - before, steps, out=np.zeros_like(steps), where=crossing)[:, None]
        last = np.roll(self.points, 1, axis=0)
        points = np.where(crossing[:, None], last + (self.points - last) * way, self.points)
        return self._replace(points=points).keep(inside | crossing)

    def first_points(self) -> Integers:
        """Return each drawing's first point (D,)."""
        return _starts(self.counts)[_starts(self.strokes)]

    def stroke_of_points(self) -> Integers:
        """Return each point's stroke (P,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def drawing_of_strokes(self) -> Integers:
        """Return each stroke's drawing (S,)."""
        return np.repeat(np.arange(len(self.strokes)), self.strokes)

    def drawing_of_points(self) -> Integers:
        """Return each point's drawing (P,)."""
        return self.drawing_of_strokes()[self.stroke_of_points()]

    def steps(self) -> Floats:
        """Return each point's distance from the one before it in its stroke (P,), 0 for a stroke's first."""
        steps = np.zeros(len(self.points))
        steps[1:] = np.hypot(*np.diff(self.points, axis=0).T)
        steps[_starts(self.counts)] = 0
        return steps

    def travelled(self) -> Floats:
        """Return the length of the drawing's ink up to each point (P,)."""
        path = np.cumsum(self.steps())
        return path - path[self.first_points()][self.drawing_of_points()]


def join(strokes: Sequence[Floats]) -> Ink:
    """Make a drawing of its strokes, (P, 2) each."""
    return Ink(np.concatenate(strokes), np.array([len(stroke) for stroke in strokes], np.intp))


def _starts(lengths: Integers) -> Integers:
    return np.cumsum(lengths) - lengths


def _runs(starts: Integers, lengths: Integers) -> Integers:
    """Return start, start + 1, … for each run, one run after the other."""
    return np.arange(lengths.sum()) + np.repeat(starts - _starts(lengths), lengths)
