"""Scrawl: ink that is no digit, for models to learn to say so.

**scrawl** → datasets → epochs. What children and cats draw: scribbles, spirals, zigzags, grids, dots, stars;
and digits side by side or half rubbed out, made from real ones. Coordinates are as in `trainer.strokes`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from live.ink import SIDE, Images, Ink
from trainer.strokes import Floats, join

SEEN = ("scribble", "zigzag", "grid", "dots", "several", "rubbed", "lines")
"""Kinds that models are trained on."""
UNSEEN = ("spiral", "star", "waves")
"""Kinds that are kept to measure on what no model has seen."""


def scrawl(kinds: Sequence[str], count: int, digits: Sequence[Ink], rng: np.random.Generator) -> list[Ink]:
    """Draw count drawings, the kinds in turn; digits are real ones to put side by side or rub out."""
    return [join(_KINDS[kinds[i % len(kinds)]](digits, rng)) for i in range(count)]


def noise(count: int, rng: np.random.Generator) -> Images:
    """Draw pictures of nothing (count, 28, 28): grain of one to seven pixels, sparse or dense."""
    pictures = np.empty((count, SIDE, SIDE), np.float32)
    for i in range(count):
        grain = int(rng.integers(1, 8))
        cells = rng.random((SIDE // grain + 1, SIDE // grain + 1)) ** rng.uniform(0.5, 6)
        pictures[i] = np.kron(cells, np.ones((grain, grain)))[:SIDE, :SIDE]
    return pictures


def _framed(ink: Ink) -> list[Floats]:
    """Take ink apart, its box's middle at (0, 0) and its longer side 2."""
    points = np.asarray(ink.points, np.float64)
    low, high = points.min(0), points.max(0)
    points = (points - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-9)
    return np.split(points, np.cumsum(ink.counts)[:-1])


def _scribble(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Move the pen to and fro along slow waves that do not fit together, over a box that is no thin line."""
    t = np.linspace(0, 1, 120)[:, None]
    turns, phase = rng.uniform(0.6, 2.5, (3, 2)), rng.uniform(0, 7, (3, 2))
    height = rng.normal(0, 0.6, (3, 2)) + 0.2
    path = sum((height[i] * np.sin(7 * turns[i] * t + phase[i]) for i in range(3)), t * rng.normal(0, 1, 2))
    # A dense scribble squeezed into a thin box is a bold one: MNIST's boldest were refused for it.
    return [path / np.ptp(path, axis=0) * rng.uniform(0.6, 1, 2)]


def _zigzag(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Go to and fro while moving on, five to twelve times, along any direction."""
    count = int(rng.integers(5, 13))
    along = np.linspace(-1, 1, count)
    across = rng.uniform(0.5, 1) * (-1.0) ** np.arange(count) + rng.normal(0, 0.1, count)
    angle = rng.uniform(0, np.pi)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return [np.stack([along, across], 1) @ turn]


def _grid(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Draw two to four lines each way."""
    strokes = []
    for across in (0, 1):
        for place in np.linspace(-0.7, 0.7, int(rng.integers(2, 5))):
            line = np.array([(place, -1.0), (place, 1.0)]) + rng.normal(0, 0.06, (2, 2))
            strokes.append(line[:, ::-1] if across else line)
    return strokes


def _dots(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Put down three to twelve dots."""
    places = rng.uniform(-1, 1, (int(rng.integers(3, 13)), 1, 2))
    return [place + rng.normal(0, 0.04, (3, 2)) for place in places]


def _several(digits: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Write two to four digits side by side."""
    strokes: list[Floats] = []
    edge = 0.0
    for which in rng.integers(0, len(digits), int(rng.integers(2, 5))):
        digit = _framed(digits[which])
        points = np.concatenate(digit)
        offset = np.array([edge - points[:, 0].min(), rng.normal(0, 0.15)])
        strokes += [stroke + offset for stroke in digit]
        edge += float(np.ptp(points[:, 0])) + rng.uniform(0.25, 0.7)
    return strokes


def _rubbed(digits: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Draw two digits over each other and rub out spots of them: strokes, but no digit any more."""
    strokes = [stroke for which in rng.integers(0, len(digits), 2) for stroke in _framed(digits[which])]
    spots, radius = rng.uniform(-0.8, 0.8, (4, 2)), rng.uniform(0.2, 0.4, 4)
    left: list[Floats] = []
    for stroke in strokes:
        distance = np.hypot(*(stroke[:, None] - spots).transpose(2, 0, 1))
        stays = (distance > radius).all(1)
        cuts = np.flatnonzero(np.diff(stays)) + 1
        left += [
            piece
            for piece in np.split(np.where(stays[:, None], stroke, np.nan), cuts)
            if not np.isnan(piece[0, 0])
        ]
    return left or _dots(digits, rng)


def _lines(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Draw three to six straight lines anywhere."""
    return list(rng.uniform(-1, 1, (int(rng.integers(3, 7)), 2, 2)))


def _spiral(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Wind two to five times outwards."""
    t = np.linspace(0.05, 1, 150)
    angle = 2 * np.pi * rng.uniform(2, 5) * t * rng.choice([-1, 1]) + rng.uniform(0, 7)
    return [np.stack([t * np.cos(angle), t * np.sin(angle) * rng.uniform(0.7, 1)], 1)]


def _star(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Draw a star of five, seven or nine points in one line."""
    points = int(rng.choice([5, 7, 9]))
    angle = 2 * np.pi * (points // 2) / points * np.arange(points + 1) + rng.uniform(-0.3, 0.3) - np.pi / 2
    return [np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.04, (points + 1, 2))]


def _waves(_: Sequence[Ink], rng: np.random.Generator) -> list[Floats]:
    """Draw two to four waves, one above the other, as water is drawn."""
    x = np.linspace(-1, 1, 60)
    count = int(rng.integers(2, 5))
    turns, height = rng.uniform(6, 14), rng.uniform(0.1, 0.25)
    return [
        np.stack([x, y + height * np.sin(turns * x + rng.uniform(0, 7))], 1)
        for y in np.linspace(-0.7, 0.7, count)
    ]


_KINDS: dict[str, Callable[[Sequence[Ink], np.random.Generator], list[Floats]]] = {
    "scribble": _scribble,
    "zigzag": _zigzag,
    "grid": _grid,
    "dots": _dots,
    "several": _several,
    "rubbed": _rubbed,
    "lines": _lines,
    "spiral": _spiral,
    "star": _star,
    "waves": _waves,
}
