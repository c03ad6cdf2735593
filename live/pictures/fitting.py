"""Fitting: the ink of one digit, of any size → MNIST's box, line widths and centre.

A step of `paper.py`, which alone calls it: what `ink.py` does with strokes, done with pixels.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from live.ink import SIDE, Image

Map = NDArray[np.float32]
"""(H, W): 0 is paper, 1 is ink."""

IS_INK = 0.35
"""Of the ink's own contrast: more is ink when its pieces and its box are found."""
_SCALE = 4
"""The digit is worked on at so many times its final size."""
BOX = 20 * _SCALE
"""Longer side of the digit at that size, in pixels."""
_WIDTHS = (1.7 * _SCALE, 3.6 * _SCALE)
"""Line widths left as they are: 84 % of MNIST's digits have them; the middle 96 % have 1.5 to 4.6."""


def normalise(ink: Map) -> Image:
    """Put the digit into MNIST's box, with MNIST's line width, its centre of mass at the centre."""
    ink = _adjust_width(_boxed(ink))
    canvas = np.zeros((SIDE * _SCALE, SIDE * _SCALE), np.float32)
    height, width = ink.shape
    mass = float(ink.sum())
    x = SIDE * _SCALE / 2 - float(ink.sum(axis=0) @ (np.arange(width) + 0.5)) / mass
    y = SIDE * _SCALE / 2 - float(ink.sum(axis=1) @ (np.arange(height) + 0.5)) / mass
    _paste(canvas, ink, round(x), round(y))
    small = canvas.reshape(SIDE, _SCALE, SIDE, _SCALE).mean(axis=(1, 3))
    return np.asarray(small, np.float32)


def _paste(canvas: Map, ink: Map, x: int, y: int) -> None:
    """Copy ink onto a canvas, its corner at x and y; what is outside is cut off."""
    height, width = ink.shape
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, canvas.shape[1]), min(y + height, canvas.shape[0])
    canvas[top:bottom, left:right] = ink[top - y : bottom - y, left - x : right - x]


def _adjust_width(ink: Map) -> Map:
    """Widen or thin lines that are outside MNIST's range."""
    width = _line_width(ink)
    thinnest, widest = _WIDTHS
    if width < thinnest:
        grown = np.pad(ink, _SCALE * 2)
        grown = _spread(grown, round((thinnest - width) / 2 + 0.5))
        return _refit(grown)
    if width > widest:
        steps = min(round((width - widest) / 2), int(width / 2 - 1))
        thinner = 1 - _spread(1 - np.pad(ink, _SCALE * 2), steps)
        return _refit(thinner)
    return ink


def _refit(ink: Map) -> Map:
    """Bring ink back into the box."""
    inked = ink > IS_INK
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size:
        return ink
    return _boxed(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _boxed(ink: Map) -> Map:
    """Resize ink so that its longer side is BOX."""
    scale = BOX / max(ink.shape)
    size = max(round(ink.shape[1] * scale), 1), max(round(ink.shape[0] * scale), 1)
    resized: Map = np.asarray(Pillow.fromarray(ink).resize(size, Pillow.Resampling.BICUBIC), np.float32)
    return np.clip(resized, 0.0, 1.0)


def _line_width(ink: Map) -> float:
    """Estimate the width of the lines in pixels: twice the area over the length of the outline."""
    inked = np.pad(ink > 0.5, 1)
    edges = np.count_nonzero(inked[1:] != inked[:-1]) + np.count_nonzero(inked[:, 1:] != inked[:, :-1])
    # Edges of pixels overstate a slanted outline, on average over all directions by 4/π.
    return 2 * float(np.count_nonzero(inked)) / max(edges * np.pi / 4, 1.0)


def _spread(ink: Map, steps: int) -> Map:
    """Let ink grow by a pixel a step: to the sides, and every other step to the corners too: an octagon."""
    for step in range(steps):
        grown = ink.copy()
        np.maximum(grown[1:], ink[:-1], out=grown[1:])
        np.maximum(grown[:-1], ink[1:], out=grown[:-1])
        source = grown.copy() if step % 2 else ink
        np.maximum(grown[:, 1:], source[:, :-1], out=grown[:, 1:])
        np.maximum(grown[:, :-1], source[:, 1:], out=grown[:, :-1])
        ink = grown
    return ink
