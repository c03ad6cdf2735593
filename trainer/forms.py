"""Forms: regional ways to write a digit that the data has too little of, made from real ink.

datasets → **forms** → epochs. A slash is drawn through somebody's zero, a bar through a seven, an upstroke or
a foot is put to a bare one. MNIST's writers were American and most of UNIPEN's were, too.
"""

from collections.abc import Callable, Sequence

import numpy as np

from live.ink import Ink
from trainer.strokes import Floats, join
from trainer.unipen import Sample

_BARE = 0.3
"""A one no wider than this share of its height is a bare line."""

Stroke = Floats
"""(P, 2), in a frame in which the drawing's box goes from (-w, -h) to (w, h)."""


def vary(samples: Sequence[Sample], rng: np.random.Generator) -> list[Sample]:
    """Make every form that each sample can take; one sample may give several, most give none."""
    return [
        sample._replace(ink=join([*strokes[:-1], *added] if replaces else [*strokes, *added]))
        for sample in samples
        for strokes in [_strokes(sample.ink)]
        for fits, add, replaces in _FORMS.get(sample.label, ())
        if fits(strokes)
        for added in [add(strokes, rng)]
    ]


def _strokes(ink: Ink) -> list[Stroke]:
    """Take ink apart, the middle of its box at (0, 0)."""
    points = np.asarray(ink.points, np.float64)
    points = points - (points.min(0) + points.max(0)) / 2
    return np.split(points, np.cumsum(ink.counts)[:-1])


def _half_size(strokes: Sequence[Stroke]) -> Floats:
    """Return half the box's width and height (2,)."""
    half: Floats = np.ptp(np.concatenate(strokes), axis=0) / 2
    return half


def _is_single(strokes: Sequence[Stroke]) -> bool:
    """One stroke: a zero or a seven that has nothing through it yet."""
    return len(strokes) == 1


def _is_bare(strokes: Sequence[Stroke]) -> bool:
    """One narrow stroke: a one that is only a line."""
    width, height = _half_size(strokes)
    return len(strokes) == 1 and width <= _BARE * height


def _slash(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Draw a line through the middle, from above on the right to below on the left."""
    half = _half_size(strokes) * rng.uniform(0.6, 1.5, 2)
    ends = np.array([(1, -1), (-1, 1)]) * half
    return [ends + rng.normal(0, 0.08, (1, 2)) * half]


def _dot(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Put a dot in the middle."""
    size = float(_half_size(strokes).max())
    return [rng.normal(0, 0.1 * size, (1, 2)) + rng.normal(0, 0.05 * size, (3, 2))]


def _bar(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Draw a level line through a zero's middle."""
    width, height = _half_size(strokes)
    reach = width * rng.uniform(0.5, 1.3)
    tilt = height * rng.normal(0, 0.08, 2) + height * rng.normal(0, 0.1)
    return [np.array([(-reach, tilt[0]), (reach, tilt[1])])]


def _cross(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Draw a bar through a seven's stem, where the stem is at about half its height."""
    width, height = _half_size(strokes)
    level = height * rng.uniform(-0.15, 0.25)
    points = np.concatenate(strokes)
    x = points[np.abs(points[:, 1] - level).argmin(), 0] + width * rng.normal(0, 0.1)
    reach = width * rng.uniform(0.3, 0.8)
    tilt = height * rng.normal(0, 0.08)
    return [np.array([(x - reach, level + tilt), (x + reach, level - tilt)])]


def _upstroke(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Begin a bare one from below its top, at 25 to 50 degrees from the stem."""
    stem = strokes[0] if strokes[0][0, 1] < strokes[0][-1, 1] else strokes[0][::-1]
    length = float(_half_size(strokes)[1]) * rng.uniform(0.4, 1.5)
    angle = np.radians(rng.uniform(25, 50))
    start = stem[0] + length * np.array([-np.sin(angle), np.cos(angle)])
    return [np.concatenate([start[None], stem])]


def _foot(strokes: Sequence[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """Draw a level line under a one."""
    points = np.concatenate(strokes)
    foot = points[points[:, 1].argmax()]
    reach = float(_half_size(strokes)[1]) * rng.uniform(0.25, 0.6, 2)
    tilt = rng.normal(0, 0.1) * reach
    return [foot + np.array([(-reach[0], -tilt[0]), (reach[1], tilt[1])])]


_Form = tuple[
    Callable[[Sequence[Stroke]], bool],
    Callable[[Sequence[Stroke], np.random.Generator], list[Stroke]],
    bool,
]
"""Which drawings take it, the strokes to add, and whether they take the place of the last one."""

_FORMS: dict[str, tuple[_Form, ...]] = {
    "0": ((_is_single, _slash, False), (_is_single, _dot, False), (_is_single, _bar, False)),
    "1": ((_is_bare, _upstroke, True), (_is_bare, _foot, False)),
    "7": ((_is_single, _cross, False),),
}
