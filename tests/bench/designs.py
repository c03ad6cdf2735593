"""Draws the digits that ship with the package: designed here, each in several shapes and many hands.

python -m tests.bench.designs       writes live/drawings.json anew, the same every time
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from live.ink_file import EXAMPLES, Drawing, write

HANDS = 4
"""Variations of each shape."""
POINTS = 50
"""Points in a drawing, more or less: what pens give for a digit."""
EXTENT = 1000

Path = NDArray[np.float64]
"""(P, 2) points in a box of 100 × 100, y down."""


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Path:
    """Follow an ellipse, in turns clockwise from 3 o'clock."""
    turns = 2 * np.pi * np.linspace(start, end, 40)
    return np.stack([x + rx * np.cos(turns), y + ry * np.sin(turns)], axis=1)


def line(*points: tuple[float, float]) -> Path:
    """Go straight from point to point."""
    return np.array(points, float)


def join(*paths: Path) -> Path:
    """Go on without lifting the pen."""
    return np.concatenate(paths)


SHAPES: dict[str, Sequence[Sequence[Path]]] = {
    "0": [
        [arc(50, 50, 28, 42, -0.25, 0.78)],
        [arc(50, 50, 24, 42, -0.2, -1.22)],
        [arc(50, 50, 34, 40, -0.3, 0.72)],
    ],
    "1": [
        [line((50, 8), (50, 92))],
        [line((36, 26), (54, 8), (54, 92))],
        [line((38, 24), (54, 8), (54, 90)), line((36, 91), (72, 91))],
    ],
    "2": [
        [join(arc(49, 31, 23, 22, -0.47, 0.1), line((28, 90), (78, 90)))],
        [join(arc(48, 30, 22, 21, -0.5, 0.14), arc(34, 84, 9, 8, 0.35, 1.2), arc(62, 82, 16, 10, 0.4, 0.05))],
        [join(arc(50, 28, 20, 20, -0.55, 0.12), line((26, 88), (50, 86), (76, 91)))],
    ],
    "3": [
        [join(arc(47, 30, 20, 20, -0.55, 0.22), arc(48, 69, 23, 21, -0.24, 0.42))],
        [join(line((28, 12), (70, 12), (46, 42)), arc(48, 67, 24, 24, -0.25, 0.43))],
        [join(arc(45, 28, 22, 18, -0.45, 0.25), arc(46, 68, 26, 22, -0.25, 0.4))],
    ],
    "4": [
        [line((48, 8), (22, 60), (80, 60)), line((62, 34), (60, 92))],
        [line((28, 10), (26, 50), (74, 50)), line((72, 10), (70, 92))],
        [line((62, 92), (62, 8), (20, 64), (82, 64))],
    ],
    "5": [
        [join(line((36, 12), (32, 46)), arc(47, 66, 25, 24, -0.33, 0.4)), line((36, 12), (74, 12))],
        [join(line((72, 11), (36, 12), (33, 45)), arc(47, 66, 26, 24, -0.33, 0.42))],
        [join(line((74, 10), (34, 10), (32, 42)), arc(46, 64, 26, 26, -0.28, 0.36))],
    ],
    "6": [
        [join(line((64, 9), (42, 34)), arc(50, 68, 22, 22, 0.5, -0.5))],
        [join(arc(70, 62, 44, 52, 0.72, 0.5), arc(49, 70, 22, 20, 0.5, -0.52))],
        [join(line((52, 8), (32, 52)), arc(50, 70, 20, 19, 0.55, -0.42))],
    ],
    "7": [
        [line((24, 12), (76, 12), (44, 92))],
        [line((24, 12), (76, 12), (44, 92)), line((36, 52), (74, 50))],
        [join(line((24, 20), (26, 12), (74, 13)), arc(92, 92, 44, 70, 0.65, 0.5))],
    ],
    "8": [
        [join(arc(50, 30, 18, 20, 0.25, 1.25), arc(50, 71, 22, 21, -0.25, -1.25))],
        [
            join(
                arc(50, 29, 18, 19, -0.1, -0.7),
                arc(50, 70, 22, 22, -0.2, 0.75),
                arc(50, 29, 18, 19, 0.22, -0.08),
            )
        ],
        [arc(50, 29, 19, 20, 0.25, 1.25), arc(50, 71, 23, 21, -0.25, 0.75)],
    ],
    "9": [
        [join(arc(50, 31, 20, 22, 0, -1), line((70, 40), (64, 92)))],
        [join(arc(50, 30, 21, 21, -0.05, -1.0), arc(44, 46, 27, 44, -0.05, 0.24))],
        [join(arc(48, 32, 20, 20, 0.02, -0.98), line((68, 34), (68, 92)))],
    ],
}


def draw_all(seed: int = 7) -> Iterator[Drawing]:
    """Draw every shape of every digit in several hands."""
    rng = np.random.default_rng(seed)
    for _ in range(HANDS):
        for label, shapes in SHAPES.items():
            for shape in shapes:
                yield Drawing(_draw(shape, rng), label)


def _draw(shape: Sequence[Path], rng: np.random.Generator) -> list[list[list[float]]]:
    """Draw a shape as somebody would: slanted, turned, stretched, and not quite steadily."""
    slant, turn = rng.normal(0, 0.12), rng.normal(0, 0.06)
    width, height = rng.uniform(0.75, 1.15), rng.uniform(0.9, 1.1)
    shear = np.array([[width, 0], [-slant, height]])
    rotate = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    lengths = [float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) for path in shape]
    total = round(POINTS * rng.uniform(0.8, 1.2))
    strokes = []
    for path, length in zip(shape, lengths, strict=True):
        points = _as_a_pen_moves(path, max(round(total * length / sum(lengths)), 4))
        strokes.append((points - 50 + _wobble(len(points), rng)) @ shear @ rotate)
    low = np.concatenate(strokes).min(axis=0)
    extent = (np.concatenate(strokes).max(axis=0) - low).max()
    return [np.rint((stroke - low) * (EXTENT / extent)).astype(int).tolist() for stroke in strokes]


def _as_a_pen_moves(path: Path, count: int) -> Path:
    """Take `count` points along a path: close together where the pen sets out, stops, or turns."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    at = np.concatenate([[0], np.cumsum(steps)])
    headings = np.unwrap(np.arctan2(*np.diff(path, axis=0).T))
    slowness = np.concatenate([[0], np.cumsum(steps + 6 * np.abs(np.diff(headings, prepend=headings[0])))])
    eased = (1 - np.cos(np.pi * np.linspace(0, 1, count))) / 2
    times = 0.5 * eased + 0.5 * np.linspace(0, 1, count)
    along = np.interp(times * slowness[-1], slowness, at)
    return np.stack([np.interp(along, at, path[:, 0]), np.interp(along, at, path[:, 1])], axis=1)


def _wobble(count: int, rng: np.random.Generator) -> Path:
    """Deviate smoothly, by a few hundredths of the digit's height."""
    knots = rng.normal(0, 1.6, (6, 2))
    at = np.linspace(0, 5, count)
    return np.stack([np.interp(at, np.arange(6), knots[:, axis]) for axis in (0, 1)], axis=1)


if __name__ == "__main__":
    write(EXAMPLES, list(draw_all()))
