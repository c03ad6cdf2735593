"""Light: how bright and of what colour a page's paper is, everywhere on it.

A step of `paper.py`, which alone calls it. The paper is a smooth surface that starts from the border, so that
neither uneven light nor the polarity matters: what differs from it, to either side, may be ink.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

Page = Pillow.Image
"""Mode L or RGB."""

_GRID = 24
"""Side of the grid that the paper is fitted on."""
_COLOUR_GRID = 64
"""Side of the grid that the ink's colour is found on."""
_FITS = 6
"""Rounds of the robust fit; it has settled by then."""
_SAME = 2 / 255
"""Two levels of grey apart is the same paper."""


def to_grey(page: Page) -> Page:
    """Project a page in colour on the direction in which it differs most from its paper: mode L.

    A red pen on a green page, equally bright, would be lost in what is usually called grey.
    """
    if page.mode == "L":
        return page
    grid = _shrunk(page, _COLOUR_GRID)
    difference = grid - _surface(_fit_paper(page), _COLOUR_GRID, _COLOUR_GRID)
    flat = difference.reshape(-1, 3).astype(np.float64)
    direction = np.linalg.eigh(flat.T @ flat)[1][:, -1]
    # Into 0 … 1, whatever the signs.
    direction /= np.abs(direction).sum()
    shift = -255 * float(np.minimum(direction, 0).sum())
    red, green, blue = map(float, direction)
    return page.convert("L", (red, green, blue, shift))


def measure_difference(page: Page) -> NDArray[np.float32]:
    """Measure how each pixel of a grey page differs from the paper → (H, W), above 0 where it is lighter."""
    pixels = np.asarray(page, np.float32) / np.float32(255)
    difference: NDArray[np.float32] = pixels - _surface(_fit_paper(page), page.width, page.height)[:, :, 0]
    return difference


def _fit_paper(page: Page) -> NDArray[np.float32]:
    """Fit a quadratic surface to the paper, robustly → its coefficients (6, channels), of 0 … 1.

    Iteratively reweighted least squares (Geman-McClure weights), begun with the border alone. Where most of
    the border is the very same, as a program draws it, that is the paper: a surface would bend towards a
    digit that fills the page.
    """
    values = _shrunk(page, _GRID).reshape(_GRID * _GRID, -1)
    surface = np.zeros((6, values.shape[1]), np.float32)
    edge = values[_EDGE]
    surface[0] = np.median(edge, axis=0)
    if np.mean(np.abs(edge - surface[0]).max(axis=1) < _SAME) > 0.5:
        return surface
    weights = _BORDER
    for _ in range(_FITS):
        weighted = _TERMS * weights
        surface = np.linalg.solve(weighted.T @ _TERMS + _RIDGE, weighted.T @ values)
        distance = np.linalg.norm(values - _TERMS @ surface, axis=1, keepdims=True)
        grain = max(float(np.partition(distance.ravel(), _GRID**2 // 2)[_GRID**2 // 2]), 0.01)
        weights = (0.2 + 0.8 * _BORDER) / (1 + (distance / (2 * grain)) ** 2) ** 2
    return surface.astype(np.float32)


def _shrunk(page: Page, side: int) -> NDArray[np.float32]:
    """Shrink a page to a square grid → (side, side, channels) in 0 … 1."""
    grid = page.resize((side, side), Pillow.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grid, np.float32).reshape(side, side, -1) / np.float32(255)


def _surface(coefficients: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Evaluate a quadratic surface at every pixel → (height, width, channels)."""
    one, x1, y1, x2, xy, y2 = coefficients[:, None, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
    surface: NDArray[np.float32] = (one + x * (x1 + x * x2)) + y * (y1 + x * xy) + y * y * y2
    return surface


def _terms() -> NDArray[np.float32]:
    """List 1, x, y, x², xy, y² at every cell of the grid → (_GRID², 6), x and y from -1 to 1."""
    y, x = np.mgrid[-1 : 1 : _GRID * 1j, -1 : 1 : _GRID * 1j].reshape(2, -1)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1).astype(np.float32)


def _border(width: int) -> NDArray[np.float32]:
    """Mark the grid's outer cells → (_GRID², 1)."""
    cells = np.ones((_GRID, _GRID), np.float32)
    cells[width:-width, width:-width] = 0
    return cells.reshape(-1, 1)


_TERMS = _terms()
_BORDER = _border(2)
_EDGE = np.flatnonzero(_border(1))
_RIDGE = np.float32(1e-4) * np.eye(6, dtype=np.float32)
"""Keeps the fit solvable where a page gives too few cells any weight."""
