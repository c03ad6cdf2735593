"""Ink: the strokes of a drawing, and what the model sees of them.

Parsing builds it. Once a batch is cut, prediction → **render** → recogniser: in come drawings as points, out
come 28×28 images in MNIST's normalisation, a whole batch at a time. The trainer renders with this very
module, so that a model is served exactly what it was trained on. No I/O, no state.

How a batch is rendered, without a Python loop over drawings, strokes or points:

1. each drawing's box is fitted into MNIST's 20×20, keeping its aspect;
2. each stroke is resampled at equal steps of at most one pixel along its arc, so that neither the pen's
   sampling rate nor repeated points matter;
3. the centre of mass of those samples is put at the centre of the image;
4. each sample adds a small bump (a cubic B-spline, four pixels wide) to the image, in splat.py, and the sum
   is cut off at full ink. B-splines one step apart add up to a smooth line, and cutting off makes it as wide
   as MNIST's.

A bump is 16 additions a sample. On pen digits in batches of 32 all four steps took half the time of Pillow's
lines alone, drawn at four times the size and reduced; and positions finer than a pixel come for free.
"""

from collections.abc import Sequence
from itertools import accumulate, chain
from math import ceil, isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from live import splat

NORMALISATION = 1
"""Version of what `render` does. Weights made with another one are refused."""

SIDE = splat.SIDE
"""Width and height of an image, in pixels."""

Points = NDArray[np.floating] | NDArray[np.int16]
"""(P, 2): x to the right, y down, any unit and origin."""
Image = NDArray[np.float32]
"""(28, 28): 0 is paper, 1 is ink."""
Images = NDArray[np.float32]
"""(B, 28, 28): as many of them."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.intp]

_BOX = 18.2
"""Longer side of the pen's path in pixels: MNIST's 20 less the width of the line around it."""
_CENTRE = 14.0
"""Where the centre of mass goes: the mean over MNIST's training images is pixel 14.0 in x and in y."""
_STEP = 1.0
"""Longest step between samples, in pixels: B-splines this far apart still add up to a smooth line."""
_DARKNESS = 4.0
"""Ink per pixel of path, cut off at 1: lines as wide and as black as MNIST's (mean 0.125, MNIST 0.131)."""

_FIRST = np.zeros(1, np.intp)
"""Where the samples of a single drawing begin. They are added up by `reduceat`, as in a batch, and not by
`sum`, which adds in another order: alone, a drawing has the same image as in a batch, to the last bit."""
_HUGE = 1e100
"""Coordinates beyond this are scaled down first, so that no arithmetic on them overflows."""
SMALLEST_EXTENT = 1 / _HUGE
"""A drawing that is no larger is a dot: to scale it up would overflow."""


class Ink(NamedTuple):
    """The strokes of one drawing, flat. Build it with `from_strokes` or `from_arrays`, which check.

    points: (P, 2) finite numbers, all strokes one after the other.
    counts: (S,) points in each stroke, none of them 0, adding up to P.
    numbers: (S,) which of the client's strokes each is, where some of those have no points.
    """

    points: Points
    counts: NDArray[np.intp]
    numbers: NDArray[np.intp] | None = None

    def number(self, stroke: int) -> int:
        """Say which of the client's strokes one of these is."""
        return stroke if self.numbers is None else int(self.numbers[stroke])


BLANK = Ink(np.empty((0, 2)), np.empty(0, np.intp))


class Drawings(NamedTuple):
    """The ink of some drawings, joined: all points, one drawing after the other.

    points: (P, 2) as of ink. counts: (S,) points in each stroke. strokes: (B,) strokes in each drawing.
    """

    points: Points
    counts: NDArray[np.intp]
    strokes: NDArray[np.intp]

    @classmethod
    def of(cls, drawings: Sequence[Ink]) -> "Drawings":
        """Join the ink of one drawing or more."""
        return cls(
            np.concatenate([drawing.points for drawing in drawings]),
            np.concatenate([drawing.counts for drawing in drawings]),
            np.array([drawing.counts.size for drawing in drawings], np.intp),
        )


def from_strokes(strokes: Sequence[Sequence[Sequence[float]]]) -> Ink:
    """Build ink from nested sequences of points; numbers beyond a point's x and y are ignored.

    Raises ValueError when a point has fewer than two numbers or a coordinate is not finite.
    """
    points = list(chain.from_iterable(strokes))
    shortest = min(map(len, points), default=2)
    if shortest < 2:
        raise ValueError(f"Expected points of at least two numbers, got one of {shortest}")
    numbers = list(chain.from_iterable(points))
    if len(numbers) > 2 * len(points):
        numbers = [number for point in points for number in point[:2]]
    counts = np.array([len(stroke) for stroke in strokes if stroke], np.intp)
    return Ink(_tame(np.array(numbers, np.float64)).reshape(-1, 2), counts, inked(strokes))


def inked(strokes: Sequence[Any]) -> NDArray[np.intp] | None:
    """Number those strokes (their points, or how many) that have some; None if all of them have."""
    return None if all(strokes) else np.array([i for i, points in enumerate(strokes) if points], np.intp)


def from_arrays(points: Points, counts: NDArray[np.integer]) -> Ink:
    """Build ink from points (P, 2) and the number of points in each stroke (S,), which may be 0.

    Raises ValueError when the counts don't add up to P or a coordinate is not finite.
    """
    total = int(counts.sum())
    if total != len(points):
        raise ValueError(f"Expected {total} points, as the strokes' counts add up to, got {len(points)}")
    if points.dtype != np.int16:
        points = _tame(points.astype(np.float64).ravel()).reshape(-1, 2)
    return Ink(points, counts[counts > 0].astype(np.intp), inked(counts.tolist()))


def _tame(numbers: _Floats) -> _Floats:
    """Check that coordinates (N,) are finite, and scale them down where they are huge."""
    extent = float(np.abs(numbers).max(initial=0.0))
    if extent <= _HUGE:
        return numbers
    if not isfinite(extent):
        raise ValueError("Expected finite coordinates, got NaN or infinity")
    return numbers * (_HUGE / extent)


def render(drawings: Sequence[Ink] | Drawings, darkness: float | NDArray[np.float64] = 1.0) -> Images:
    """Render drawings into (B, 28, 28) float32 images in [0, 1] with MNIST's normalisation.

    A blank drawing is a white image; a drawing of no size (a point, or one point repeated) is a dot in the
    middle. Ink further than half the image from its centre of mass is cut off, as MNIST's own would be.

    darkness: one factor, or one a drawing (B,), on the amount of ink; it widens the lines or thins them
    (0.5 … 2), for the trainer's augmentation. Served images always use 1.

    Source of the normalisation: LeCun, Cortes and Burges, "The MNIST database", https://yann.lecun.org/exdb/mnist/
    """
    if not isinstance(drawings, Drawings):
        if not drawings:
            return np.zeros((0, SIDE, SIDE), np.float32)
        drawings = Drawings.of(drawings)
    if all(drawings.strokes.tolist()):
        return _render(drawings, darkness)
    is_inked = drawings.strokes > 0
    images = np.zeros((len(is_inked), SIDE, SIDE), np.float32)
    if is_inked.any():
        amounts = darkness if isinstance(darkness, float) else darkness[is_inked]
        images[is_inked] = _render(drawings._replace(strokes=drawings.strokes[is_inked]), amounts)
    return images


def _render(drawings: Drawings, darkness: float | _Floats) -> Images:
    """Render drawings none of which is blank."""
    if len(drawings.strokes) == 1:
        places, mass = _sample_alone(drawings.points, drawings.counts)
        mass *= _DARKNESS * darkness
        images = splat.splat(places, mass)
    else:
        points, strokes = _strokes(drawings)
        at, path, mass, samples = _resample(points := _fit(points, strokes), strokes)
        places = _centre(_between(at, path, points), mass, samples)
        mass *= _DARKNESS * (darkness if isinstance(darkness, float) else darkness.repeat(samples))
        images = splat.splat(places, mass, np.arange(len(samples)).repeat(samples), len(samples))
    return np.minimum(images, np.float32(1))


def render_pieces(drawing: Ink, starts: NDArray[np.intp]) -> Images:
    """Render each piece of a drawing alone, where it is in the whole → (N, 28, 28), not cut off at 1.

    starts: (N,) the points, rising from 0, at which pieces begin; each goes on to where the next one begins.
    The sum of all pieces, cut off at 1, is the drawing's image.
    """
    points, strokes = _strokes(Drawings.of([drawing]))
    at, path, mass, samples = _resample(points := _fit(points, strokes), strokes)
    points = _centre(_between(at, path, points), mass, samples)
    first = np.searchsorted(at, path[starts])
    pieces = np.arange(len(first)).repeat(np.diff(first, append=len(at)))
    return splat.splat(points, mass * _DARKNESS, pieces, len(first))


class _Strokes(NamedTuple):
    """Where the strokes of some drawings are among their points, which are (2, P): all x, and all y.

    counts, starts: (S,) points in each stroke, and where they begin.
    firsts: (B,) each drawing's first stroke.
    """

    counts: _Ints
    starts: _Ints
    firsts: _Ints


def _strokes(drawings: Drawings) -> tuple[_Floats, _Strokes]:
    """Return the points (2, P) of drawings, and where their strokes are."""
    points = drawings.points.T.astype(np.float64, order="C")
    return points, _Strokes(drawings.counts, _starts(drawings.counts), _starts(drawings.strokes))


def _starts(lengths: _Ints) -> _Ints:
    """Return where each run begins, given the runs' lengths (N,) → (N,)."""
    starts = lengths.cumsum()
    starts -= lengths
    return starts


def _fit(points: _Floats, strokes: _Strokes) -> _Floats:
    """Scale each drawing so that its longer side is _BOX; its corner goes to the origin."""
    first = strokes.starts[strokes.firsts]
    counts = np.add.reduceat(strokes.counts, strokes.firsts)
    corner = np.minimum.reduceat(points, first, axis=1)
    extent = (np.maximum.reduceat(points, first, axis=1) - corner).max(axis=0)
    scale = np.divide(_BOX, extent, out=np.zeros(len(first)), where=extent > SMALLEST_EXTENT)
    fitted: _Floats = (points - corner.repeat(counts, axis=1)) * scale.repeat(counts)
    return fitted


def _resample(points: _Floats, strokes: _Strokes) -> tuple[_Floats, _Floats, _Floats, _Ints]:
    """Place samples at equal steps along each stroke.

    Returns where they are along the path (N,), where the points are (P,), the samples' mass (N,) in pixels of
    path, and the number of them in each drawing (B,). A stroke shorter than a pixel weighs as much as one of
    a pixel: a dot is seen.
    """
    counts, starts, firsts = strokes
    steps = np.empty(points.shape[1])
    moves = points[:, 1:] - points[:, :-1]
    np.hypot(moves[0], moves[1], out=steps[1:])
    # Strokes lie one after the other on one axis of path length, a pixel apart, so that one interpolation
    # serves them all and no sample falls between two of them.
    steps[starts] = 1.0
    path = steps.cumsum()
    begin = path[starts]
    lengths = path[starts + counts - 1] - begin
    numbers = np.maximum(np.ceil(lengths / _STEP), 1).astype(np.intp)
    spacing = lengths / numbers
    offset = begin + spacing * (0.5 - _starts(numbers))
    at = np.arange(numbers.sum()) * spacing.repeat(numbers) + offset.repeat(numbers)
    mass = (np.maximum(lengths, 1.0) / numbers).repeat(numbers)
    return at, path, mass, np.add.reduceat(numbers, firsts)


def _between(at: _Floats, path: _Floats, points: _Floats) -> _Floats:
    """Find the places (2, N) along a path that leads through points."""
    return np.array((np.interp(at, path, points[0]), np.interp(at, path, points[1])))


def _centre(places: _Floats, mass: _Floats, samples: _Ints) -> _Floats:
    """Move each drawing so that its centre of mass is at _CENTRE."""
    first = _starts(samples)
    centres = np.add.reduceat(places * mass, first, axis=1) / np.add.reduceat(mass, first)
    return places + (_CENTRE - centres).repeat(samples, axis=1)


def _sample_alone(pen: Points, counts: _Ints) -> tuple[_Floats, _Floats]:
    """Place the samples of one drawing, centred → places (2, N) and mass (N,), the very numbers of a batch's.

    Somebody who draws alone waits for each call of NumPy, the more so after a pause. With Python's own
    numbers for what a drawing or a stroke has one of, rendering takes 44 us instead of 60, or 95 instead of
    120 when the caches are cold.
    """
    points = pen.T.astype(np.float64, order="C")
    corner = np.minimum.reduce(points, axis=1, keepdims=True)
    (left, top), (right, bottom) = corner.ravel().tolist(), np.maximum.reduce(points, axis=1).tolist()
    extent = max(right - left, bottom - top)
    points -= corner
    points *= _BOX / extent if extent > SMALLEST_EXTENT else 0.0
    lengths = counts.tolist()
    firsts = list(accumulate(lengths[:-1], initial=0))
    steps = np.empty(points.shape[1])
    moves = points[:, 1:] - points[:, :-1]
    np.hypot(moves[0], moves[1], out=steps[1:])
    for first in firsts:
        steps[first] = 1.0
    path = steps.cumsum()
    at, mass, before = [], [], 0
    for first, count in zip(firsts, lengths, strict=True):
        begin, end = path.item(first), path.item(first + count - 1)
        length = end - begin
        number = max(ceil(length / _STEP), 1)
        spacing = length / number
        at.append(np.arange(before, before + number) * spacing + (begin + spacing * (0.5 - before)))
        mass.append(np.full(number, max(length, 1.0) / number))
        before += number
    places, masses = _between(np.concatenate(at), path, points), np.concatenate(mass)
    whole = np.add.reduceat(masses, _FIRST).item()
    for axis in (0, 1):
        places[axis] += _CENTRE - np.add.reduceat(places[axis] * masses, _FIRST).item() / whole
    return places, masses
