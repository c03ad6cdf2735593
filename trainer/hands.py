"""Hands: pen ink as other hands, other pens and slow mice would have drawn it.

strokes → **hands** → epochs. Changes ink, before it is rendered, the way ink varies: the writing turns,
slants and bends as a whole, strokes miss their places, the pen reports few points or whole pixels only, lines
are thick or thin.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.strokes import Floats, Strokes

_WAVES = 2
"""Sine waves that bend a drawing, each in a direction of its own."""


class Hand(NamedTuple):
    """How far ink is changed: at most (uniform), or typically (bend, stroke_…: standard deviations).

    Lengths are in the drawing's frame, whose longer side is 2. The shares say how many drawings come from a
    pen or mouse that reports few points, that reports whole pixels of a small canvas, and that is cut off
    near its end.
    """

    rotation_deg: float = 14.0
    shear: float = 0.3
    stretch: float = 0.2
    bend: float = 0.05
    stroke_shift: float = 0.05
    stroke_scale: float = 0.06
    stroke_turn_deg: float = 4.0
    sparse_share: float = 0.3
    pixel_share: float = 0.3
    cut_share: float = 0.08
    cut_from: float = 0.75
    darkness: float = 0.45

    def __call__(self, drawings: Strokes, rng: np.random.Generator) -> Strokes:
        """Change each drawing in a way of its own."""
        moved = drawings._replace(points=_bend(_move_strokes(drawings, self, rng), drawings, self, rng))
        moved = moved._replace(points=_slant(moved, self, rng))
        sampled = _sample(_cut(moved, self, rng), self, rng)
        return sampled._replace(points=_to_pixels(sampled, self, rng))

    def darknesses(self, count: int, rng: np.random.Generator) -> Floats:
        """Draw how dark each of count drawings is: `live.ink.render`'s argument."""
        factors: Floats = np.exp(rng.uniform(-self.darkness, self.darkness, count))
        return factors


def _move_strokes(drawings: Strokes, hand: Hand, rng: np.random.Generator) -> Floats:
    """Shift, scale and turn each stroke about its first point."""
    of, count = drawings.stroke_of_points(), len(drawings.counts)
    first = drawings.points[np.cumsum(drawings.counts) - drawings.counts]
    angle = np.radians(rng.normal(0, hand.stroke_turn_deg, count))
    scale = np.exp(rng.normal(0, hand.stroke_scale, count))
    x, y = (drawings.points - first[of]).T
    cos, sin = (scale * np.cos(angle))[of], (scale * np.sin(angle))[of]
    turned: Floats = np.stack([cos * x - sin * y, sin * x + cos * y], 1)
    # A drawing of one stroke only would move as a whole, which rendering undoes.
    shift = rng.normal(0, hand.stroke_shift, (count, 2))
    turned += (first + shift)[of]
    return turned


def _bend(points: Floats, drawings: Strokes, hand: Hand, rng: np.random.Generator) -> Floats:
    """Add slow waves across each drawing."""
    of, count = drawings.drawing_of_points(), len(drawings.strokes)
    bent = points.copy()
    for _ in range(_WAVES):
        direction = rng.normal(0, 2.0, (count, 2))
        phase = rng.uniform(0, 2 * np.pi, count)
        height = rng.normal(0, hand.bend, (count, 2))
        bent += height[of] * np.sin((points * direction[of]).sum(1) + phase[of])[:, None]
    return bent


def _slant(drawings: Strokes, hand: Hand, rng: np.random.Generator) -> Floats:
    """Turn, shear and stretch each drawing."""
    of, count = drawings.drawing_of_points(), len(drawings.strokes)
    angle = np.radians(rng.uniform(-hand.rotation_deg, hand.rotation_deg, count))[of]
    shear = rng.uniform(-hand.shear, hand.shear, count)[of]
    stretch = np.exp(rng.uniform(-hand.stretch, hand.stretch, count))[of]
    x, y = drawings.points.T
    x, y = stretch * x + shear * y, y / stretch
    slanted: Floats = np.stack(
        [np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y], 1
    )
    return slanted


def _cut(drawings: Strokes, hand: Hand, rng: np.random.Generator) -> Strokes:
    """Cut some drawings off at cut_from to all of their ink: they are read while they are being drawn."""
    count = len(drawings.strokes)
    share = np.where(rng.random(count) < hand.cut_share, rng.uniform(hand.cut_from, 1, count), 1.0)
    return drawings.cut(share)


def _sample(drawings: Strokes, hand: Hand, rng: np.random.Generator) -> Strokes:
    """Keep one point in every so much path of some drawings, and the ends of every stroke."""
    count, of = len(drawings.strokes), drawings.drawing_of_points()
    is_sparse = rng.random(count) < hand.sparse_share
    cell = np.floor(drawings.travelled() / rng.uniform(0.05, 0.3, count)[of])
    keep: NDArray[np.bool_] = (np.diff(cell, prepend=-1.0) != 0) | ~is_sparse[of]
    ends = np.cumsum(drawings.counts)
    keep[ends - 1] = True
    keep[ends - drawings.counts] = True
    return drawings.keep(keep)


def _to_pixels(drawings: Strokes, hand: Hand, rng: np.random.Generator) -> Floats:
    """Round some drawings to the whole pixels of a drawing 20 to 100 pixels high."""
    count, of = len(drawings.strokes), drawings.drawing_of_points()
    half = np.where(rng.random(count) < hand.pixel_share, rng.uniform(10, 50, count), 1e6)[of, None]
    rounded: Floats = np.round(drawings.points * half) / half
    return rounded
