"""Canvases as pages and apps save them, made from real pen digits.

Each kind is what some program with a canvas would hand over: its size, its brush, its colours, and how much
of it people fill. `tests.bench.pages` counts how many are read right.
"""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from live.ink import Ink

Colour = tuple[int, int, int, int]
_BLACK, _WHITE, _NOTHING = (0, 0, 0, 255), (255, 255, 255, 255), (0, 0, 0, 0)
_SMOOTH = 4
"""An antialiased canvas is drawn so many times larger."""


class Kind(NamedTuple):
    """One program's way of drawing. Lengths in pixels; fills: of the canvas, from and to."""

    size: tuple[int, int] = (280, 280)
    width: float = 18
    paper: Colour | None = _WHITE
    """None: a light or dark colour at random, and a pen that differs by two fifths of white."""
    pen: Colour = _BLACK
    is_smooth: bool = True
    fills: tuple[float, float] = (0.4, 0.9)


KINDS = {
    "black on white": Kind(),
    "white on black": Kind(paper=_BLACK, pen=_WHITE),
    "coloured": Kind(paper=None, width=12),
    "on nothing, as signature pads save it": Kind((600, 300), 2.5, _NOTHING, fills=(0.5, 0.9)),
    "thin and jagged": Kind((500, 500), 1, is_smooth=False),
    "thick": Kind(width=32, fills=(0.5, 0.9)),
    "jagged": Kind(width=14, is_smooth=False),
    "small on a wide page": Kind((1024, 640), 5, fills=(0.12, 0.4)),
    "as small as an icon": Kind((64, 64), 4),
}


def make_canvas(drawing: Ink, kind: Kind, rng: np.random.Generator) -> bytes:
    """Draw ink anywhere on a canvas, and save it as PNG."""
    scale = _SMOOTH if kind.is_smooth else 1
    size = np.array(kind.size) * scale
    wide = max(round(kind.width * scale), 1)
    points = drawing.points - drawing.points.min(axis=0)
    points = points * (rng.uniform(*kind.fills) * (size.min() - wide) / max(points.max(), 1e-9))
    points += wide / 2 + rng.uniform(0, 1, 2) * np.maximum(size - wide - points.max(axis=0), 0)
    ink = Pillow.new("L", tuple(size.tolist()))
    brush = ImageDraw.Draw(ink)
    for stroke in np.split(points, np.cumsum(drawing.counts)[:-1]):
        brush.line(stroke.ravel().tolist(), 255, wide, "curve")
        for x, y in (stroke[0], stroke[-1]):
            brush.circle((x, y), wide / 2, 255)
    paper, pen = (kind.paper, kind.pen) if kind.paper else _colours(rng)
    canvas = Pillow.new("RGBA", kind.size, paper)
    canvas.paste(pen, mask=ink.reduce(scale) if scale > 1 else ink)
    file = io.BytesIO()
    (canvas if paper == _NOTHING else canvas.convert("RGB")).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _colours(rng: np.random.Generator) -> tuple[Colour, Colour]:
    while True:
        paper, pen = rng.integers(0, 256, (2, 3)).tolist()
        if abs(sum(paper) - sum(pen)) > 0.4 * 3 * 255:
            return (*paper, 255), (*pen, 255)
